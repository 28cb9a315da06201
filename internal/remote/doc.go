// Package remote reaches nodes over SSH: it dials them directly or through
// the frontend, proves their host keys, runs commands in sessions, joins a
// terminal to a remote one, and notices a node that falls silent.
//
// It is the only package that imports x/crypto/ssh. What is run on a node is
// decided elsewhere: roles, schedulers and states of nodes don't belong here.
package remote
