// Package aws boots nodes as instances of Amazon EC2, through
// aws-sdk-go-v2 and nothing else; no type of the SDK leaves the package.
//
// One RunInstances call makes a whole batch, with the launch token as its
// ClientToken and MinCount 1: what EC2 has no capacity for comes back as a
// refusal of some nodes, not of the batch. All machines of a call have the
// same tags, so no tag can hold the name of one of them without a request a
// node. Instead TagNode holds the names of the batch in their order
// (providers.NodeList) and EC2 numbers the machines of a call itself
// (AmiLaunchIndex): the node of a machine is the name at its index. That is
// true from the moment at which the machine exists, for partial batches and
// after a crash, and costs no request at all. A list that is longer than a tag
// may be goes on in "ecluster-node-2" and so on.
//
// What a cluster has besides machines carries its tag from its creation
// (TagSpecifications), so that Cleanup finds it with one DescribeTags,
// whatever it is.
//
// The SDK's own retries are off: providers.Cloud retries, by the kind of the
// error.
package aws
