// Package cluster holds the domain types that every other package speaks:
// what a cluster, a node group, a node and its life are. It does no I/O,
// imports no sibling, and knows no cloud, no scheduler and no file format.
package cluster
