package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/state"
)

// Reach is the way to the nodes of one cluster as its record knows them. It
// needs no lock: a cluster can be used while it is worked on. It is safe for
// concurrent use.
type Reach struct {
	engine *Engine
	st     *state.State
	keys   *access
	user   string
	pool   *remote.Pool

	first  sync.Once
	settle func() // ends the search for our own address
}

// Reach opens the way to a cluster for the login user, or for the admin user
// of its machines. Nothing is dialed yet.
func (e *Engine) Reach(name cluster.Name, admin bool) (*Reach, error) {
	st, err := e.store.Load(name)
	if err != nil {
		return nil, err
	}
	return e.reach(st, admin)
}

func (e *Engine) reach(st *state.State, admin bool) (*Reach, error) {
	if front := st.Nodes[st.Spec.FrontendNode()]; front == nil || len(front.Endpoints) == 0 { // a pause takes them away
		if err := refuseIfPaused(st); err != nil {
			return nil, err
		}
	}
	keys, err := openAccess(e.store, st)
	if err != nil {
		return nil, err
	}
	user, err := e.userOf(st, admin)
	if err != nil {
		return nil, err
	}
	pool := remote.NewPool(&remote.Dialer{Key: keys.user.PrivatePEM})
	return &Reach{engine: e, st: st, keys: keys, user: user, pool: pool, settle: func() {}}, nil
}

// Cluster is the name of the cluster.
func (r *Reach) Cluster() cluster.Name { return r.st.Name }

// Frontend is the node that "" stands for.
func (r *Reach) Frontend() cluster.NodeName { return r.st.Spec.FrontendNode() }

// Has reports whether the cluster has a node of that name.
func (r *Reach) Has(node cluster.NodeName) bool { return r.st.Nodes[node] != nil }

// Select returns the nodes that are meant by words, each the name of a node, a
// set as in compute[001-004], or the name of a group; without any it returns
// all nodes. Each comes once, in the order of the words.
func (r *Reach) Select(words ...string) ([]cluster.NodeName, error) {
	if len(words) == 0 {
		return r.st.NodeNames(), nil
	}
	var chosen []cluster.NodeName
	seen := map[cluster.NodeName]bool{}
	add := func(names ...cluster.NodeName) {
		for _, n := range names {
			if !seen[n] {
				seen[n] = true
				chosen = append(chosen, n)
			}
		}
	}
	for _, name := range cluster.ExpandNodes(strings.Join(words, ",")) {
		if _, group := r.st.Spec.Group(cluster.GroupName(name)); group {
			nodes, err := r.Group(cluster.GroupName(name))
			if err != nil {
				return nil, err
			}
			add(nodes...)
			continue
		}
		if !r.Has(name) {
			return nil, unknownNode(r.st, name)
		}
		add(name)
	}
	return chosen, nil
}

// Group returns the nodes of a group. A group without nodes is an error.
func (r *Reach) Group(name cluster.GroupName) ([]cluster.NodeName, error) {
	var names []cluster.NodeName
	for _, n := range r.st.GroupNodes(name) {
		names = append(names, n.Name)
	}
	if len(names) == 0 {
		return nil, &UnknownGroupError{Cluster: r.st.Name, Group: name, Known: r.st.Spec.Groups}
	}
	return names, nil
}

// Dial returns the connection to a node ("" is the frontend), which Drop or
// Close ends. One that has died is made anew.
func (r *Reach) Dial(ctx context.Context, node cluster.NodeName) (*remote.Conn, error) {
	if node == "" {
		node = r.Frontend()
	}
	n := r.st.Nodes[node]
	if n == nil {
		return nil, unknownNode(r.st, node)
	}
	if len(n.Endpoints) == 0 && n.PrivateIP == "" {
		return nil, fmt.Errorf("connect to %s: it has no address (it is %s); 'ecluster list-nodes %s' says more, and 'ecluster start %s' goes on with it",
			node, n.Phase, r.st.Name, r.st.Name)
	}
	r.first.Do(func() { r.follow(ctx) })
	ctx, cancel := context.WithTimeoutCause(ctx, connectTime, fmt.Errorf("no answer within %s", connectTime))
	defer cancel()
	var way remote.GetOptions
	if frontend := r.st.Nodes[r.Frontend()]; node != r.Frontend() {
		way.Jump = r.keys.jumpTo(func() *cluster.Node { return frontend }, r.user)
	}
	conn, err := r.pool.Get(ctx, r.keys.target(n, r.user), way)
	if _, refused := errors.AsType[*remote.AuthError](err); refused && n.SetUp == "" && r.user == r.st.Spec.Login.User {
		return nil, fmt.Errorf("connect to %s: it is still %s and has no user %s yet; wait until 'ecluster list-nodes %s' calls it ready, or look around with 'ecluster ssh %s -n %s --admin'",
			node, n.Phase, r.user, r.st.Name, r.st.Name, node)
	}
	if err != nil {
		return nil, &ConnectError{Cluster: r.st.Name, Err: err}
	}
	return conn, nil
}

// Drop closes the connection to a node, unless it is the frontend, which may
// be the way to others.
func (r *Reach) Drop(node cluster.NodeName) {
	if node != "" && node != r.Frontend() {
		r.pool.Forget(node)
	}
}

// Close ends all connections.
func (r *Reach) Close() {
	r.first.Do(func() {}) // from now on nothing is begun
	r.settle()
	_ = r.pool.Close() // which can't fail
}

// follow lets the cloud's firewall know where we are, beside the first dial.
func (r *Reach) follow(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTime)
	var followed sync.WaitGroup
	followed.Go(func() { _ = r.engine.follow(ctx, r.st) }) // it shows as a dial that fails
	r.settle = func() {
		cancel()
		followed.Wait()
	}
}

// UnknownGroupError says that a cluster has no nodes in a group of that name.
type UnknownGroupError struct {
	Cluster cluster.Name
	Group   cluster.GroupName
	Known   []cluster.Group
}

// Error names the groups that exist.
func (e *UnknownGroupError) Error() string {
	names := make([]string, len(e.Known))
	for i, g := range e.Known {
		if names[i] = string(g.Name); g.Name == e.Group {
			return fmt.Sprintf("cluster %q has no nodes in its group %q", e.Cluster, e.Group)
		}
	}
	return fmt.Sprintf("cluster %q has no node group %q; its groups are %s", e.Cluster, e.Group, strings.Join(names, ", "))
}

// Is lets errors.Is know it as a thing that does not exist.
func (e *UnknownGroupError) Is(target error) bool {
	return target == state.ErrNotFound
}
