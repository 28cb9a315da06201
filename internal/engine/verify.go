package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/scheduler"
)

// proofTime is how long a node that joined may take until a job runs on it.
const proofTime = 60 * time.Second

// verifyJoined proves the nodes that joined, as many at a time as there are,
// by running a job on each through the scheduler.
func (r *run) verifyJoined(ctx context.Context) {
	for name := range r.joined {
		r.prove(ctx, gather(name, r.joined))
	}
}

// prove marks each node ready, or failed with the scheduler's reason.
func (r *run) prove(ctx context.Context, names []cluster.NodeName) {
	client, err := scheduler.New(r.spec.Scheduler.Kind, r.front.Exec)
	if err != nil {
		for _, name := range names {
			r.fail(name, err)
		}
		return
	}
	select { // a frontend that is still busy is not the nodes' fault
	case <-r.front.settled:
	case <-ctx.Done():
	}
	r.reconciled.Do(func() { r.reconcile(ctx, client) })
	left := names
	causes := map[cluster.NodeName]error{}
	r.giveBack(ctx, client, names)
	probe := func() (struct{}, error) {
		results, err := client.Probe(ctx, left)
		var again []cluster.NodeName
		for _, name := range left {
			switch cause := results[name]; {
			case err != nil:
				causes[name] = err
				again = append(again, name)
			case cause != nil && r.heldBack(name, cause):
				r.phase(name, cluster.Ready, "")
			case cause != nil:
				causes[name] = cause
				again = append(again, name)
			default:
				r.phase(name, cluster.Ready, "")
			}
		}
		if left = again; len(left) == 0 {
			return struct{}{}, nil
		}
		if err := r.front.failure(); err != nil {
			return struct{}{}, backoff.Permanent(err)
		}
		return struct{}{}, errors.New("not all nodes are proved yet")
	}
	_, _ = backoff.Retry(ctx, probe, backoff.WithMaxElapsedTime(proofTime)) // what is left tells
	for _, name := range left {
		r.fail(name, fmt.Errorf("verify: no job could run on it: %w", causes[name]))
	}
}

// heldBack reports whether a node works but takes no jobs because its owner
// drained it, or keeps it for somebody; that is told, and not undone.
func (r *run) heldBack(name cluster.NodeName, cause error) bool {
	out, is := errors.AsType[*scheduler.OutOfServiceError](cause)
	switch {
	case !is:
		return false
	case r.wasReady[name]:
		r.notice(event.Warning, name, "it takes no jobs: %v", out)
		return true
	case out.Reserved:
		r.notice(event.Warning, name, "it has joined, but no job could be run on it to prove that it works: %v", out)
		return true
	default:
		return false
	}
}

// reconcile lets the scheduler forget the nodes that the cluster no longer
// has: what a removal that was cut off left.
func (r *run) reconcile(ctx context.Context, client scheduler.Client) {
	listed, err := client.Nodes(ctx)
	if err != nil {
		return // the probe that follows says it
	}
	st := r.session.Snapshot()
	var ghosts []cluster.NodeName
	for _, n := range listed {
		if st.Nodes[n.Name] == nil {
			ghosts = append(ghosts, n.Name)
		}
	}
	if len(ghosts) == 0 {
		return
	}
	if err := client.Remove(ctx, ghosts); err != nil {
		r.notice(event.Warning, "", "the scheduler still lists %s, which no longer exist: %v", joinNames(ghosts), err)
	}
}
