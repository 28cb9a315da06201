// Package state is the memory of a cluster: what was accepted, intended and
// done, kept in $ECLUSTER_HOME/clusters/<name>/state.json. It owns the schema
// and its versions, the store with its atomic writes, the lock that names its
// holder, the secrets of a cluster, and the Session through which one running
// command changes all of it.
//
// The cloud is the truth and the state is the memory: nothing here asks a
// cloud, decides what to do (internal/plan) or does it (internal/engine), and
// nothing here prints.
package state
