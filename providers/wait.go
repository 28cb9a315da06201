package providers

import (
	"context"
	"fmt"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// WaitRunning waits for the machines of the nodes in want and reports each
// once: as soon as it runs and has an address, or when it never will because
// it is in error, stopped or gone; then State and Reason say why, and a node
// that is not listed at all is reported as an instance without an ID. It
// returns nil when every node was reported.
//
// A machine may be missing, or shown in a state of the past, for the
// consistency delay after the call. All calls for one cluster share one
// listing at a time. How long a machine may take to boot is the caller's
// business: ctx. report runs in the caller's goroutine.
func (c *Cloud) WaitRunning(ctx context.Context, id cluster.ID, want []cluster.NodeName, report func(cluster.Instance)) error {
	if len(want) == 0 {
		return nil
	}
	w := &waiter{c: c, want: want, since: make(map[cluster.NodeName]time.Time, len(want))}
	now := c.o.Now()
	for _, n := range want {
		w.since[n] = now
	}
	listings, unsubscribe := c.subscribe(ctx, id)
	defer unsubscribe()
	for len(w.since) > 0 {
		select {
		case s := <-listings:
			if s.err != nil {
				return s.err
			}
			w.look(s, report)
		case <-ctx.Done():
			return &Error{Op: "wait for machines", Kind: Canceled, Err: fmt.Errorf("%d of %d are not running yet: %w", len(w.since), len(want), context.Cause(ctx))}
		}
	}
	return nil
}

// WaitDown watches the machine of one node and returns it when it won't run
// any more, as WaitRunning would report it; else it returns the error of ctx.
// A listing that fails says nothing of the machine and is passed over.
func (c *Cloud) WaitDown(ctx context.Context, id cluster.ID, node cluster.NodeName) (cluster.Instance, error) {
	w := &waiter{
		c: c, want: []cluster.NodeName{node}, down: true,
		since: map[cluster.NodeName]time.Time{node: c.o.Now()},
	}
	listings, unsubscribe := c.subscribe(ctx, id)
	defer unsubscribe()
	var found cluster.Instance
	for len(w.since) > 0 {
		select {
		case s := <-listings:
			if s.err == nil {
				w.look(s, func(i cluster.Instance) { found = i })
			}
		case <-ctx.Done():
			return cluster.Instance{}, context.Cause(ctx)
		}
	}
	return found, nil
}

// waiter is one call of WaitRunning or of WaitDown.
type waiter struct {
	c    *Cloud
	want []cluster.NodeName
	down bool // machines that run are not waited for
	// since holds, for each node that was not reported, when its machine was
	// last seen alive, or when the wait began.
	since map[cluster.NodeName]time.Time
}

func (w *waiter) look(s snapshot, report func(cluster.Instance)) {
	best := make(map[cluster.NodeName]cluster.Instance, len(w.since))
	for _, i := range s.list {
		if _, wanted := w.since[i.Node]; !wanted {
			continue
		}
		if b, seen := best[i.Node]; !seen || better(i, b) {
			best[i.Node] = i
		}
	}
	for _, n := range w.want {
		since, waiting := w.since[n]
		if !waiting {
			continue
		}
		i, seen := best[n]
		if !seen {
			i = cluster.Instance{Node: n, State: cluster.InstanceGone, Reason: ReasonGone}
		}
		switch i.State {
		case cluster.InstanceRunning:
			w.since[n] = s.began
			if w.down || len(i.Endpoints) == 0 && i.PrivateIP == "" {
				continue
			}
		case cluster.InstancePending:
			w.since[n] = s.began
			continue
		case cluster.InstanceError:
		case cluster.InstanceStopped, cluster.InstanceStopping, cluster.InstanceGone:
			if s.began.Sub(since) < w.c.o.ConsistencyDelay {
				continue
			}
		}
		delete(w.since, n)
		report(i)
	}
}

// ReasonGone is all that is known of a machine that no listing shows any more.
const ReasonGone = "the provider lists none for this node; it was deleted from outside or, if it was a spot machine, taken back"

// better reports whether a, of two machines of one node, is the one that
// counts: one that lives, else the newer.
func better(a, b cluster.Instance) bool {
	if alive(a) != alive(b) {
		return alive(a)
	}
	return a.Created.After(b.Created)
}

func alive(i cluster.Instance) bool {
	return i.State == cluster.InstanceRunning || i.State == cluster.InstancePending
}
