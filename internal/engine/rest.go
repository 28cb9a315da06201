package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/plan"
	"github.com/ecluster/ecluster/internal/state"
)

// PausedError says that a cluster must be resumed before this can be done.
type PausedError struct {
	Cluster cluster.Name
	Status  state.Status
}

// Error says what the cluster is.
func (e *PausedError) Error() string {
	switch e.Status { //nolint:exhaustive // the others are not paused
	case state.Pausing:
		return fmt.Sprintf("cluster %q is being paused", e.Cluster)
	case state.Resuming:
		return fmt.Sprintf("cluster %q was paused, and is not resumed yet", e.Cluster)
	}
	return fmt.Sprintf("cluster %q is paused: its machines are stopped", e.Cluster)
}

// Hint says how to go on.
func (e *PausedError) Hint() string {
	return fmt.Sprintf("'ecluster resume %s' starts its machines again.", e.Cluster)
}

// CantPauseError says that a provider can't stop machines.
type CantPauseError struct {
	Cluster cluster.Name
	Kind    string // of the provider
}

// Error says so, and what can be done instead.
func (e *CantPauseError) Error() string {
	return fmt.Sprintf("cluster %q can't be paused: the provider %q can't stop machines and start them again. "+
		"'ecluster resize %s -r N:GROUP' removes those that are not needed, and a share with keep = true outlives 'ecluster stop %s'",
		e.Cluster, e.Kind, e.Cluster, e.Cluster)
}

// refuseUnlessActive is for commands that need running machines.
func (w *work) refuseUnlessActive() error {
	if err := w.refuseIfStopping(); err != nil {
		return err
	}
	if err := refuseWithoutKeys(w.session.Snapshot()); err != nil {
		return err
	}
	return refuseIfPaused(w.session.Snapshot())
}

func refuseIfPaused(st *state.State) error {
	if st.Status.Resting() {
		return &PausedError{Cluster: st.Name, Status: st.Status}
	}
	return nil
}

// openResting opens a cluster for pause and resume.
func (e *Engine) openResting(ctx context.Context, name cluster.Name, command string) (context.Context, *work, error) {
	ctx, w, err := e.open(ctx, name, command)
	if err != nil {
		return ctx, nil, err
	}
	err = w.refuseIfStopping()
	if err == nil && !w.cloud.CanPause() {
		err = &CantPauseError{Cluster: name, Kind: w.session.Snapshot().Spec.Provider.Kind}
	}
	if err == nil && w.session.Snapshot().Status.Resting() {
		err = w.cloud.Calm(ctx, w.session.Snapshot().Changed)
	}
	if err != nil {
		_ = w.close() // nothing was changed
		return ctx, nil, err
	}
	return ctx, w, nil
}

// machines are the recorded nodes whose machines the cloud lists.
func (w *work) machines(ctx context.Context) (map[cluster.NodeName]cluster.Instance, error) {
	st := w.session.Snapshot()
	live, err := w.cloud.List(ctx, st.ID)
	if err != nil {
		return nil, fmt.Errorf("list the machines of cluster %q: %w", w.name, err)
	}
	found := map[cluster.NodeName]cluster.Instance{}
	for _, i := range live {
		if n := st.Nodes[i.Node]; n != nil && n.Instance == i.ID && i.State != cluster.InstanceGone {
			found[i.Node] = i
		}
	}
	return found, nil
}

// serving are those of the nodes on which others depend, the frontend first;
// others are the rest. The first start before the rest, and stop after them: a
// node whose file server is away does not shut down by itself.
func serving(spec *cluster.Spec, names []cluster.NodeName) (first, others []cluster.NodeName) {
	for _, name := range names {
		switch {
		case name == spec.FrontendNode():
			first = append([]cluster.NodeName{name}, first...)
		case plan.ServesFiles(spec, name.Group()):
			first = append(first, name)
		default:
			others = append(others, name)
		}
	}
	return first, others
}

// instances are the machines of nodes.
func instances(st *state.State, names []cluster.NodeName) []cluster.InstanceID {
	var ids []cluster.InstanceID
	for _, name := range names {
		if n := st.Nodes[name]; n != nil && n.Instance != "" {
			ids = append(ids, n.Instance)
		}
	}
	return ids
}

// sorted are the names in which nodes are listed.
func sorted[V any](nodes map[cluster.NodeName]V) []cluster.NodeName {
	names := make([]cluster.NodeName, 0, len(nodes))
	for name := range nodes {
		names = append(names, name)
	}
	slices.SortFunc(names, state.CompareNames)
	return names
}
