package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/plan"
	"github.com/ecluster/ecluster/internal/state"
)

// clear does what must be done before anything is launched: it takes in
// machines that the state missed, settles what was in flight when an earlier
// run died, and removes what is broken or left over.
func (w *work) clear(ctx context.Context, p *plan.Plan) error {
	err := w.session.Commit(ctx, func(st *state.State) error {
		for _, a := range p.Actions {
			if a.Kind == plan.Adopt {
				adoptNew(st, *a.Machine)
			}
		}
		for _, i := range st.OpenIntents() { // the plan was made after they were settled
			st.Settle(i.Token, time.Now().UTC())
		}
		return nil
	})
	if err != nil {
		return err
	}
	var ids []cluster.InstanceID
	for _, a := range p.Actions {
		if a.Kind == plan.Terminate {
			ids = append(ids, a.Instance)
		}
	}
	if len(ids) > 0 {
		w.notice(event.Info, "", "removing machines that are broken or left over: %d", len(ids))
		if err := w.terminate(ctx, ids); err != nil {
			return err
		}
	}
	return w.session.Commit(ctx, func(st *state.State) error {
		for _, name := range p.Nodes(plan.Forget) {
			st.Forget(name, time.Now())
		}
		return nil
	})
}

// setUps are the nodes of a plan that have a machine and are to be set up;
// those that are launched or started are set up anyway.
func setUps(p *plan.Plan) []cluster.NodeName {
	booted := slices.Concat(p.Nodes(plan.Launch), p.Nodes(plan.Wake))
	return slices.DeleteFunc(p.Nodes(plan.SetUp), func(n cluster.NodeName) bool { return slices.Contains(booted, n) })
}

// present are the nodes that have a machine and are to stay.
func (w *work) present(launched []cluster.NodeName) []cluster.NodeName {
	names, _ := setUpTargets(w.session.Snapshot(), nil) // which fails for named nodes only
	return slices.DeleteFunc(names, func(n cluster.NodeName) bool { return slices.Contains(launched, n) })
}

// notReached are the nodes that have a machine and were never connected to.
func (w *work) notReached(launched []cluster.NodeName) []cluster.NodeName {
	st := w.session.Snapshot()
	return slices.DeleteFunc(st.NodeNames(), func(name cluster.NodeName) bool {
		n := st.Nodes[name]
		booting := n.Phase == cluster.Launching || n.Phase == cluster.Booting
		return !booting || n.Instance == "" || slices.Contains(launched, name)
	})
}

// adoptNew records a machine that the cloud shows and the state did not have.
func adoptNew(st *state.State, i cluster.Instance) {
	n := st.Nodes[i.Node]
	if n == nil {
		n = &cluster.Node{Name: i.Node, Group: i.Node.Group(), Created: i.Created}
		st.Nodes[i.Node] = n
	}
	if n.Instance != i.ID { // another machine has other keys and nothing set up
		n.HostKeys, n.SetUp, n.Held = nil, "", false
		st.Bill.Gone += st.NodeCost(n, i.Created)
		n.Meter = cluster.Meter{PerHour: n.Meter.PerHour}
	}
	n.Meter.Start(i.Created)
	n.Phase, n.Attempt = cluster.Booting, i.Attempt
	adopt(st, i)
}

// terminate deletes machines and waits until the cloud no longer shows them.
func (w *work) terminate(ctx context.Context, ids []cluster.InstanceID) error {
	id := w.session.Snapshot().ID
	refused, err := w.cloud.Terminate(ctx, id, ids)
	for machine, cause := range refused {
		err = errors.Join(err, fmt.Errorf("delete machine %s: %w", machine, cause))
	}
	if err != nil {
		return err
	}
	return w.cloud.WaitGone(ctx, id, ids)
}
