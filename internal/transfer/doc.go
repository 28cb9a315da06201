// Package transfer copies files and folders between this computer and nodes:
// from one source to many targets at once, each file under a temporary name
// until it is whole. How a node is reached, and what the user is told, is
// decided elsewhere.
package transfer
