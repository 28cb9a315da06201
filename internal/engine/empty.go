package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/scheduler"
	"github.com/ecluster/ecluster/internal/state"
)

// pauseReason is what users read at a node that a pause drained.
const pauseReason = "the cluster is being paused"

// empty keeps new jobs off all nodes, lets running ones end or puts them back
// into the queue, and finishes removals, which only waited for jobs.
func (l *schedulerLine) empty(ctx context.Context, o PauseOptions) error {
	if l.client != nil {
		if err := l.hold(ctx); err != nil {
			return err
		}
		if o.Wait {
			if err := l.awaitJobs(ctx, o.DrainTimeout); err != nil {
				return err
			}
		}
		_, busy, err := l.split(ctx, l.known())
		if err != nil {
			return fmt.Errorf("ask for running jobs: %w", err)
		}
		if err := l.client.Requeue(ctx, busy); err != nil {
			return err
		}
	}
	var leaving []cluster.NodeName
	l.session.View(func(st *state.State) {
		for _, name := range st.NodeNames() {
			if p := st.Nodes[name].Phase; p == cluster.Draining || p == cluster.Deleting {
				leaving = append(leaving, name)
			}
		}
	})
	return l.remove(ctx, leaving)
}

// known are all recorded nodes.
func (l *schedulerLine) known() []cluster.NodeName {
	var names []cluster.NodeName
	l.session.View(func(st *state.State) { names = st.NodeNames() })
	return names
}

// hold drains the nodes that take jobs. They are marked first: those that
// somebody else drained stay so when the cluster is resumed.
func (l *schedulerLine) hold(ctx context.Context) error {
	nodes, err := l.client.Nodes(ctx)
	if err != nil {
		return fmt.Errorf("ask the scheduler for its nodes: %w", err)
	}
	var held []cluster.NodeName
	err = l.session.Commit(ctx, func(st *state.State) error {
		for _, status := range nodes {
			n := st.Nodes[status.Name]
			if n == nil || n.Phase == cluster.Draining || n.Phase == cluster.Deleting {
				continue
			}
			if status.State == scheduler.Idle || status.State == scheduler.Busy {
				n.Held = true
			}
			if n.Held {
				held = append(held, n.Name)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return l.client.Drain(ctx, held, pauseReason)
}

// awaitJobs returns when no node runs a job any more.
func (l *schedulerLine) awaitJobs(ctx context.Context, limit time.Duration) error {
	var deadline <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		deadline = timer.C
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	failures := 0
	var told []cluster.NodeName
	for {
		_, busy, err := l.split(ctx, l.known())
		switch {
		case err == nil && len(busy) == 0:
			return nil
		case err == nil:
			failures = 0
		default:
			if failures++; failures == unanswered || ctx.Err() != nil {
				return fmt.Errorf("ask the scheduler for running jobs: %w", err)
			}
		}
		for _, name := range busy {
			if !slices.Contains(told, name) {
				told = append(told, name)
				l.emit(event.NodeWaiting{Node: name, For: "its running jobs to end"})
			}
		}
		select {
		case <-tick.C:
		case <-deadline:
			return &JobsRunningError{Cluster: l.name, Nodes: busy, Waited: limit}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// JobsRunningError says that a pause waited in vain for jobs to end.
type JobsRunningError struct {
	Cluster cluster.Name
	Nodes   []cluster.NodeName
	Waited  time.Duration
}

// Error names the nodes and the ways to go on.
func (e *JobsRunningError) Error() string {
	return strings.Join([]string{
		fmt.Sprintf("cluster %q: jobs still run on %s after %s; the nodes run on and take no new jobs.", e.Cluster, joinNames(e.Nodes), e.Waited),
		fmt.Sprintf("Run 'ecluster pause %s --wait' again, or without --wait: the jobs are then requeued. 'ecluster resume %s' takes it back.", e.Cluster, e.Cluster),
	}, "\n")
}

// giveBack lets those of the nodes take jobs again that a pause drained.
func (r *run) giveBack(ctx context.Context, client scheduler.Client, names []cluster.NodeName) {
	var held []cluster.NodeName
	for _, name := range names {
		if r.node(name).Held {
			held = append(held, name)
		}
	}
	if len(held) == 0 {
		return
	}
	if err := client.Resume(ctx, held); err != nil {
		r.notice(event.Warning, "", "%v", err) // the proof that follows tells of each
		return
	}
	for _, name := range held {
		r.session.Node(name, func(n *cluster.Node) { n.Held = false })
	}
}
