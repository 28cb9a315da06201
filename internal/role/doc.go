// Package role turns roles into work on a node: it loads and validates role
// folders, orders the roles of a node, renders their files, packs everything
// into one bundle, and speaks with the runner that carries the bundle out on
// the node (agent/run.sh) over the one session that a Transport opens.
//
// It knows no cloud, no scheduler, no SSH and no other node: what a node learns
// about the others comes in as facts, and what it has to say goes out as
// messages.
package role
