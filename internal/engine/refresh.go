package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// Difference is something that the cloud says and the state did not know.
type Difference struct {
	Node    cluster.NodeName `json:"node"`
	Message string           `json:"message"`

	gone bool // there is no machine any more
}

// Refresh asks the cloud what really runs, records it, and returns what was
// different. It changes nothing in the cloud.
func (e *Engine) Refresh(ctx context.Context, name cluster.Name) (_ []Difference, err error) {
	ctx, w, err := e.open(ctx, name, "list-nodes --update")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	st := w.session.Snapshot()
	live, err := w.cloud.Settle(ctx, st.ID, launched(st))
	if err != nil {
		return nil, fmt.Errorf("list the machines of cluster %q: %w", name, err)
	}
	diffs := differences(st, live)
	err = w.session.Commit(ctx, func(st *state.State) error {
		for _, i := range live {
			if n := st.Nodes[i.Node]; n != nil && (n.Instance == i.ID || n.Instance == "") {
				adopt(st, i)
			}
		}
		for _, d := range diffs {
			if n := st.Nodes[d.Node]; n != nil && n.Phase != cluster.Deleting && n.Phase != cluster.Draining && (n.Phase != cluster.Paused || d.gone) {
				n.Phase, n.Error = cluster.Failed, d.Message
				if d.gone {
					n.Meter.Stop(time.Now())
				}
			}
		}
		return nil
	})
	return diffs, errors.Join(err, w.knownHosts())
}

// differences compares the record with what really runs.
func differences(st *state.State, live []cluster.Instance) []Difference {
	byNode := make(map[cluster.NodeName]cluster.Instance, len(live))
	var diffs []Difference
	for _, i := range live {
		byNode[i.Node] = i
		if st.Nodes[i.Node] == nil {
			diffs = append(diffs, Difference{Node: i.Node, Message: fmt.Sprintf("machine %s runs but is not recorded; 'ecluster start %s' takes it in", i.ID, st.Name)})
		}
	}
	for _, name := range st.NodeNames() {
		n := st.Nodes[name]
		if n.Instance == "" || n.Phase == cluster.Deleting {
			continue
		}
		i, there := byNode[name]
		if n.Phase == cluster.Paused && there && i.State != cluster.InstanceGone {
			if instanceTrouble(i) == nil {
				diffs = append(diffs, Difference{Node: name, Message: fmt.Sprintf("its machine runs, although the cluster is paused; 'ecluster resume %s' starts the others, 'ecluster pause %s' stops it", st.Name, st.Name)})
			}
			continue
		}
		switch {
		case !there || i.State == cluster.InstanceGone:
			repair := fmt.Sprintf("'ecluster start %s' replaces it", st.Name)
			if name == st.Spec.FrontendNode() {
				repair = fmt.Sprintf("'ecluster start %s --replace %s' makes a new one without its data", st.Name, name)
			}
			diffs = append(diffs, Difference{Node: name, Message: "its machine was removed from outside; " + repair, gone: true})
		case instanceTrouble(i) != nil:
			diffs = append(diffs, Difference{Node: name, Message: fmt.Sprintf("%v; 'ecluster start %s' repairs it", instanceTrouble(i), st.Name)})
		}
	}
	return diffs
}
