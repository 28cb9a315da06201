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
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/scheduler"
	"github.com/ecluster/ecluster/internal/state"
)

// schedulerLine is a session with the frontend for talking to the scheduler
// outside a set-up. It knows nothing of jobs where there is no scheduler or no
// frontend to be asked.
type schedulerLine struct {
	*run
	line   *role.Session
	client scheduler.Client
	close  func()
}

// openLine connects to the frontend. The line that it returns is usable even
// with an error: it then knows nothing of jobs.
func (r *run) openLine(ctx context.Context) (*schedulerLine, error) {
	line := &schedulerLine{run: r, close: func() {}}
	if r.spec.Scheduler == nil {
		return line, nil
	}
	frontend := r.spec.FrontendNode()
	n := r.node(frontend)
	if n.Instance == "" {
		return line, fmt.Errorf("%s does not exist", frontend)
	}
	conn, err := r.dial(ctx, frontend, time.Now().Add(30*time.Second))
	if err != nil {
		return line, err
	}
	bundle, err := role.Assemble(r.library, r.roleNode(&n), nil, r.secret)
	if err != nil {
		return line, errors.Join(err, r.pool.Close())
	}
	s, err := role.StartSession(ctx, transport{conn}, bundle, role.Options{
		Sudo: r.plugin.AdminUser != "root", Serve: true, Phases: []role.Phase{}, Handle: func(role.Message) {},
	})
	if err != nil {
		return line, errors.Join(err, r.pool.Close())
	}
	line.line = s
	line.close = func() {
		_ = errors.Join(s.End(), s.Wait(), r.pool.Close()) // all that was asked has been answered
	}
	line.client, err = scheduler.New(r.spec.Scheduler.Kind, s.Exec)
	return line, err
}

// choose decides which nodes go.
func (l *schedulerLine) choose(ctx context.Context, o ResizeOptions) ([]plan.Removal, error) {
	busy := map[cluster.NodeName]int{}
	if l.client != nil {
		nodes, err := l.client.Nodes(ctx)
		if err != nil {
			return nil, fmt.Errorf("ask the scheduler which nodes are idle: %w", err)
		}
		for _, n := range nodes {
			busy[n.Name] = n.Jobs
		}
	}
	st := l.session.Snapshot()
	var chosen []plan.Removal
	for group, n := range o.Remove {
		removals, err := plan.PickRemovals(st, busy, group, n)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, removals...)
	}
	for _, name := range o.Nodes {
		removal, err := plan.CheckRemoval(st, busy, name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, removal)
	}
	slices.SortFunc(chosen, func(a, b plan.Removal) int { return state.CompareNames(a.Node, b.Node) })
	return slices.CompactFunc(chosen, func(a, b plan.Removal) bool { return a.Node == b.Node }), nil
}

// unanswered is how often in a row the scheduler may fail to say which nodes
// are busy.
const unanswered = 3

// takeAway drains nodes and removes each as soon as it is free, or all at once
// by force. It returns the ones that are left because jobs run on them.
func (l *schedulerLine) takeAway(ctx context.Context, names []cluster.NodeName, o ResizeOptions) ([]cluster.NodeName, error) {
	if err := l.drain(ctx, names); err != nil {
		return nil, err
	}
	if o.Force || l.client == nil {
		return nil, l.remove(ctx, names)
	}
	deadline := time.NewTimer(o.DrainTimeout)
	defer deadline.Stop()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	failures := 0
	told := map[cluster.NodeName]bool{}
	for {
		free, busy, err := l.split(ctx, names)
		if err == nil {
			failures = 0
			if err := l.remove(ctx, free); err != nil {
				return busy, err
			}
			names = busy
		} else if failures++; failures == unanswered || ctx.Err() != nil {
			return names, fmt.Errorf("ask the scheduler for running jobs: %w; %s are drained and stay", err, joinNames(names))
		}
		if len(names) == 0 {
			return nil, nil
		}
		for _, name := range names {
			if !told[name] {
				told[name] = true
				l.emit(event.NodeWaiting{Node: name, For: "its running jobs to end"})
			}
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return names, nil
		case <-ctx.Done():
			return names, context.Cause(ctx)
		}
	}
}

// drain keeps new jobs off nodes. The intention and the smaller size are
// recorded first: a node that dies while it drains is not brought back.
func (l *schedulerLine) drain(ctx context.Context, names []cluster.NodeName) error {
	err := l.session.Commit(ctx, func(st *state.State) error {
		st.Wanted = plan.Shrink(st, names)
		for _, name := range names {
			if n := st.Nodes[name]; n != nil && n.Phase != cluster.Deleting {
				n.Phase = cluster.Draining
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		l.emitPhase(name, cluster.Draining, "")
	}
	if l.client == nil {
		return nil
	}
	if err := l.client.Drain(ctx, names, "ecluster removes this node"); err != nil {
		return fmt.Errorf("drain %s: %w", joinNames(names), err)
	}
	return nil
}

// split tells the nodes without jobs from the others; a node that the
// scheduler does not know has none.
func (l *schedulerLine) split(ctx context.Context, names []cluster.NodeName) (free, busy []cluster.NodeName, err error) {
	nodes, err := l.client.Nodes(ctx)
	if err != nil {
		return nil, nil, err
	}
	jobs := map[cluster.NodeName]int{}
	for _, n := range nodes {
		jobs[n.Name] = n.Jobs
	}
	for _, name := range names {
		if jobs[name] > 0 {
			busy = append(busy, name)
		} else {
			free = append(free, name)
		}
	}
	return free, busy, nil
}

// remove takes nodes away: it records the intention, lets the nodes say
// goodbye, deletes the machines, and then lets the scheduler forget them, in
// that order: a machine that still ran would register again.
func (l *schedulerLine) remove(ctx context.Context, names []cluster.NodeName) error {
	if len(names) == 0 {
		return nil
	}
	var ids []cluster.InstanceID
	err := l.session.Commit(ctx, func(st *state.State) error {
		st.Wanted = plan.Shrink(st, names)
		for _, name := range names {
			n := st.Nodes[name]
			if n == nil {
				continue
			}
			n.Phase = cluster.Deleting
			if n.Instance != "" {
				ids = append(ids, n.Instance)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		l.emitPhase(name, cluster.Deleting, "")
	}
	l.leave(ctx, names)
	if err := l.terminate(ctx, ids); err != nil {
		return err
	}
	if l.client != nil {
		if err := l.client.Remove(ctx, names); err != nil {
			l.notice(event.Warning, "", "the scheduler still lists %s: %v", joinNames(names), err)
		}
	}
	for _, name := range names {
		l.emitPhase(name, cluster.Gone, "")
	}
	return l.session.Commit(ctx, func(st *state.State) error {
		for _, name := range names {
			st.Forget(name, time.Now())
		}
		return nil
	})
}
