package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// SetUp applies the roles of all nodes, or of the named ones, again. Steps
// whose stamps are there are skipped, so that it is quick and harmless.
func (e *Engine) SetUp(ctx context.Context, name cluster.Name, only []cluster.NodeName) (_ *RunResult, err error) {
	ctx, w, err := e.open(ctx, name, "setup")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.refuseUnlessActive(); err != nil {
		return nil, err
	}
	st := w.session.Snapshot()
	targets, err := setUpTargets(st, only)
	if err != nil {
		return nil, err
	}
	if err := w.admit(ctx); err != nil {
		return nil, err
	}
	r, err := w.newRun("setup", StartOptions{})
	if err != nil {
		return nil, err
	}
	return r.execute(ctx, jobs{setUp: targets})
}

// setUpTargets are the nodes that have a machine, or the named ones of them.
func setUpTargets(st *state.State, only []cluster.NodeName) ([]cluster.NodeName, error) {
	for _, name := range only {
		n := st.Nodes[name]
		if n == nil {
			return nil, unknownNode(st, name)
		}
		if n.Phase == cluster.Deleting || n.Phase == cluster.Draining {
			return nil, fmt.Errorf("set up %s: it is being removed; 'ecluster remove-node %s %s' finishes that", name, st.Name, name)
		}
		if n.Instance == "" {
			return nil, fmt.Errorf("set up %s: it has no machine; 'ecluster start %s' makes one", name, st.Name)
		}
	}
	var names []cluster.NodeName
	for name, n := range st.Nodes {
		leaving := n.Phase == cluster.Deleting || n.Phase == cluster.Draining
		if n.Instance != "" && !leaving && (len(only) == 0 || slices.Contains(only, name)) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, state.CompareNames)
	return names, nil
}

// UnknownNodeError says that a cluster has no node of that name.
type UnknownNodeError struct {
	Cluster cluster.Name
	Node    cluster.NodeName
	Known   []cluster.NodeName
}

// Error names some of the nodes that exist.
func (e *UnknownNodeError) Error() string {
	return fmt.Sprintf("cluster %q has no node %q; it has %s", e.Cluster, e.Node, joinNames(e.Known))
}

func unknownNode(st *state.State, name cluster.NodeName) error {
	return &UnknownNodeError{Cluster: st.Name, Node: name, Known: st.NodeNames()}
}

// joinNames lists nodes for a sentence; a long list is cut.
func joinNames(names []cluster.NodeName) string {
	const most = 8
	words := make([]string, 0, most+1)
	for i, n := range names {
		if i == most {
			words = append(words, fmt.Sprintf("and %d more", len(names)-most))
			break
		}
		words = append(words, string(n))
	}
	return strings.Join(words, " ")
}
