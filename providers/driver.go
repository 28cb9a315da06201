// Package providers is the contract between ecluster and a cloud. A Driver is
// the small part that differs from cloud to cloud; Cloud, in this package, is
// the portable part around it: batching, overlapping, retries by error kind,
// waiting, eventual consistency. Every driver passes the suite in
// providers/providertest.
//
// No role, no scheduler and no SDK type belongs here.
package providers

import (
	"context"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

// Driver is one cloud, opened with the settings of one provider block. It is
// safe for concurrent use, and every method returns promptly when its ctx
// ends. Its errors are the cloud's own; ErrorKind classifies them. It neither
// retries nor waits for consistency, except that Prepare and Cleanup may wait
// for the operations that they started.
type Driver interface {
	// Check finds everything that would make the request fail, before
	// anything is created: credentials, quota for the whole request, images,
	// machine types. It changes nothing. A finding that forbids the launch has
	// Fatal set; err is for a check that could not be made.
	Check(ctx context.Context, req CheckRequest) ([]Finding, error)

	// Prepare creates what the nodes of a cluster share (network, firewall,
	// volumes, image, key) and returns when it is usable. It is idempotent.
	Prepare(ctx context.Context, req PrepareRequest) error

	// Launch asks for at most BatchSize machines in one call to the cloud, or
	// in as many concurrent ones as there are nodes, and returns as soon as the
	// cloud has accepted or refused each. Cloud sends nodes of one group and
	// one image in one request. The result has one entry a node, in the order
	// of the request. The same request with the same Token makes the same
	// machines, however often it is sent. err is for a refusal of the request
	// as a whole; then results may be nil and nothing was created that List
	// does not show.
	Launch(ctx context.Context, req LaunchRequest) ([]LaunchResult, error)

	// List returns every machine that carries the tag of the cluster, in any
	// state but long gone. A nil error with no instances means that none exist.
	List(ctx context.Context, id cluster.ID) ([]cluster.Instance, error)

	// Terminate asks for the deletion of machines with all that is theirs
	// alone (disks, addresses). It returns when the cloud accepted; a machine
	// that does not exist is no error, and one of another cluster is never
	// touched. The map holds an error for each machine that was refused.
	Terminate(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error)

	// Cleanup deletes what Prepare made and everything else that carries the
	// tag of the cluster, except machines and what keep names. It is
	// idempotent, and it fails with kind Conflict while machines still exist.
	Cleanup(ctx context.Context, id cluster.ID, keep Keep) error

	// ErrorKind classifies an error of this driver; Unknown when it can't.
	ErrorKind(err error) Kind
}

// Plugin is what a provider's package hands to main: how to name it, what its
// settings are, and how to open it. Plugins are data: opening talks to nobody
// that the settings don't name.
type Plugin struct {
	Kind     string        // "docker"; what stands in `provider "docker" {}`
	Doc      string        // one sentence
	Settings schema.Schema // of the provider block
	Group    schema.Schema // of a node group's own attributes
	// ConsistencyDelay is for how long after a call List may not show its
	// effect; it becomes Options.ConsistencyDelay.
	ConsistencyDelay time.Duration
	// Budget is for how long a call that stumbled is worth trying again; it
	// becomes Options.Budget. 0 is its default.
	Budget time.Duration
	// Open returns a driver for one provider block.
	Open func(settings schema.Values) (Driver, error)
	// AdminUser is who ecluster logs in as to set up nodes: "root" for
	// containers, the image's sudoer on clouds.
	AdminUser string
	// Shape says what a node of the group will offer, as far as the settings
	// tell; zero fields are unknown. nil when they never tell.
	Shape func(g cluster.Group) cluster.Shape
	// SharedVolumes says whether a share of type "volume" works.
	SharedVolumes bool
	// NamesResolve says that nodes find each other by their names without help.
	// Where they don't, the frontend answers for them.
	NamesResolve bool
	// IgnoresTTL says that nothing ends machines when their time is over, so that
	// limits.ttl means nothing here.
	IgnoresTTL bool
	// NoPrices says, in a sentence for people, why a provider that is no Pricer
	// tells no prices although its machines cost money.
	NoPrices string
}

// Tags that every resource of ours carries where the cloud can hold tags.
const (
	TagCluster = "ecluster-cluster" // the cluster.ID
	TagName    = "ecluster-name"    // the cluster.Name, for people
	TagNode    = "ecluster-node"    // the cluster.NodeName; of several, their NodeList
	TagGroup   = "ecluster-group"   // the cluster.GroupName
	TagAttempt = "ecluster-attempt" // the launch token
)

// NodeRequest is one machine that is wanted.
type NodeRequest struct {
	Name  cluster.NodeName
	Group cluster.Group // Roles are none of the driver's business
	Image string        // the group's, or the cluster's
	// Frontend says that users log in to this node from outside.
	Frontend bool
}

// CheckRequest is everything that a plan would launch.
type CheckRequest struct {
	ID    cluster.ID // empty when the cluster does not exist yet
	Name  cluster.Name
	Nodes []NodeRequest
	// TTL is for how long the machines are wanted; zero is until they are
	// deleted.
	TTL time.Duration
}

// Finding is one result of a check.
type Finding struct {
	Fatal   bool              `json:"fatal"`
	Group   cluster.GroupName `json:"group,omitempty"`  // the group whose attribute is wrong, or empty
	Attr    string            `json:"attr,omitempty"`   // the attribute, where there is one: "image"
	Summary string            `json:"summary"`          // one line
	Detail  string            `json:"detail,omitempty"` // what to do next
}

// PrepareRequest describes what is shared.
type PrepareRequest struct {
	ID     cluster.ID
	Name   cluster.Name
	Groups []cluster.Group // with Image filled in
	// Network has networks only in SSHFrom ("192.0.2.7/32"), no "auto".
	Network cluster.Network
	// Volumes are the shared volumes that nodes will mount and that go with
	// the cluster.
	Volumes []string
	// Kept are those that stay when it goes. They are found again by the Name
	// of the cluster and carry no tag of its ID; Cleanup never deletes them.
	Kept []string
	// Progress is called with what takes long; never nil.
	Progress func(task, message string)
}

// Access is how a machine must let us in: it is placed before the machine's
// sshd starts.
type Access struct {
	AuthorizedKey string         // one line, for the admin user
	HostKey       cluster.Secret // the cluster's bootstrap host key, OpenSSH PEM, ed25519
	// HostKeyPublic is its public half, in authorized_keys form.
	HostKeyPublic string
}

// LaunchRequest is one batch.
type LaunchRequest struct {
	ID     cluster.ID
	Name   cluster.Name
	Token  string // idempotency token of this attempt: at most 40 of [a-z0-9-]
	Nodes  []NodeRequest
	Access Access
	// Expires is when the machines must be gone even if nobody tells them: a
	// driver lets the cloud or the machine itself see to it. Zero is never.
	Expires time.Time
	// Place is which of the places of the group to use, from 0 (see Placer);
	// always 0 for a driver without places.
	Place int
}

// LaunchResult is the outcome for one node: an instance, or why there is none.
type LaunchResult struct {
	Node     cluster.NodeName
	Instance cluster.InstanceID
	Err      error
}

// Keep names what Cleanup must leave.
type Keep struct {
	Volumes []string
}
