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

// ResizeOptions are the user's words about one resize.
type ResizeOptions struct {
	Add    map[cluster.GroupName]int
	Remove map[cluster.GroupName]int
	Nodes  []cluster.NodeName // to remove, by name
	// DrainTimeout is how long running jobs may take to end.
	DrainTimeout time.Duration
	// Force removes nodes whose jobs did not end; the jobs are requeued.
	Force bool
	// Confirm is asked before nodes are removed; it sees what was chosen.
	Confirm func([]plan.Removal) error
}

// Resize adds nodes to a running cluster and removes others. What it is asked
// for is recorded as the wanted size.
func (e *Engine) Resize(ctx context.Context, name cluster.Name, o ResizeOptions) (_ *RunResult, err error) {
	ctx, w, err := e.open(ctx, name, "resize")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.refuseIfStopping(); err != nil {
		return nil, err
	}
	if len(o.Remove)+len(o.Nodes) > 0 {
		if err := w.shrink(ctx, o); err != nil {
			return nil, err
		}
	}
	if len(o.Add) == 0 {
		return nil, nil
	}
	return w.grow(ctx, o.Add)
}

func (w *work) refuseIfStopping() error {
	if w.session.Snapshot().Status == state.Stopping {
		return &BlockedError{Cluster: w.name, Reasons: []plan.Blocked{
			{Why: fmt.Sprintf("It is being stopped; finish that with 'ecluster stop %s'.", w.name)},
		}}
	}
	return nil
}

// grow records the new size and launches what is missing. It works on the new
// nodes and the frontend, whatever the size of the cluster.
func (w *work) grow(ctx context.Context, add map[cluster.GroupName]int) (*RunResult, error) {
	before := w.session.Snapshot()
	counts, err := plan.Grow(before, add)
	if err != nil {
		return nil, err
	}
	p, err := w.plan(ctx, plan.Input{Counts: counts})
	if err != nil {
		return nil, err
	}
	if err := w.accept(p); err != nil {
		return nil, err
	}
	p.Actions = slices.DeleteFunc(p.Actions, func(a plan.Action) bool {
		isNew := a.Kind == plan.Launch && before.Nodes[a.Node] == nil
		return a.Kind != plan.Prepare && !isNew // repairs are start's
	})
	if err := w.check(ctx, &before.Spec, p); err != nil {
		return nil, err
	}
	if err := w.session.Commit(ctx, func(st *state.State) error {
		st.Wanted = p.Wanted
		return nil
	}); err != nil {
		return nil, err
	}
	return w.carryOut(ctx, "resize", p, StartOptions{})
}

// shrink takes nodes out of the scheduler and then away. Idle nodes go before
// busy ones, and busy ones only when their jobs have ended, or by force.
func (w *work) shrink(ctx context.Context, o ResizeOptions) error {
	r, err := w.newRun("resize", StartOptions{})
	if err != nil {
		return err
	}
	line, err := r.openLine(ctx)
	if err != nil {
		if !o.Force {
			return fmt.Errorf("ask the frontend which nodes are idle: %w; with --force nodes are removed without asking it", err)
		}
		w.notice(event.Warning, "", "the frontend can't be asked which nodes are idle: %v", err)
	}
	defer line.close()

	removals, err := line.choose(ctx, o)
	if err != nil {
		return err
	}
	if o.Confirm != nil {
		if err := o.Confirm(removals); err != nil {
			return err
		}
	}
	names := make([]cluster.NodeName, len(removals))
	for i, removal := range removals {
		names[i] = removal.Node
	}
	r.emit(event.RunStarted{Command: "resize", Cluster: r.name, ID: r.id, Nodes: names})
	started := time.Now()
	busy, err := line.takeAway(ctx, removals, o)
	r.emit(event.RunFinished{
		Command: "resize", Cluster: r.name, Duration: time.Since(started),
		Sessions: r.dialer.Stats().Sessions, Err: err,
	})
	if err != nil {
		return err
	}
	if len(busy) > 0 {
		return &StillBusyError{Cluster: w.name, Nodes: busy, Waited: o.DrainTimeout}
	}
	return nil
}

// takeAway drains nodes and removes those that are free, or all by force. It
// returns the ones that are left because jobs run on them.
func (l *schedulerLine) takeAway(ctx context.Context, removals []plan.Removal, o ResizeOptions) (busy []cluster.NodeName, err error) {
	names := make([]cluster.NodeName, len(removals))
	for i, removal := range removals {
		names[i] = removal.Node
	}
	if err := l.drain(ctx, names); err != nil {
		return nil, err
	}
	free := names
	if !o.Force {
		free, busy = l.awaitIdle(ctx, names, o.DrainTimeout)
	}
	if ctx.Err() != nil {
		return busy, context.Cause(ctx)
	}
	return busy, l.remove(ctx, free)
}

// StillBusyError says that nodes were left draining because jobs run on them.
type StillBusyError struct {
	Cluster cluster.Name
	Nodes   []cluster.NodeName
	Waited  time.Duration
}

// Error names the nodes and the ways to go on.
func (e *StillBusyError) Error() string {
	return fmt.Sprintf("cluster %q: jobs still run on %v after %s; the nodes take no new jobs and stay.\n"+
		"Run 'ecluster remove-node %s %s' again when the jobs have ended, or with --force: the jobs are then requeued.",
		e.Cluster, joinNames(e.Nodes), e.Waited, e.Cluster, joinNames(e.Nodes))
}

// schedulerLine is a session with the frontend for talking to the scheduler
// outside a set-up. Its methods do nothing where there is no scheduler or no
// frontend to be asked.
type schedulerLine struct {
	*run
	session *role.Session
	client  scheduler.Client
	close   func()
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
	line.session = s
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
	st := l.run.session.Snapshot()
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

// drain keeps new jobs off nodes.
func (l *schedulerLine) drain(ctx context.Context, names []cluster.NodeName) error {
	if l.client != nil {
		if err := l.client.Drain(ctx, names, "ecluster removes this node"); err != nil {
			return fmt.Errorf("drain %s: %w", joinNames(names), err)
		}
	}
	// The size goes down with the first word of the removal: a node that dies
	// while it drains is not brought back.
	err := l.run.session.Commit(ctx, func(st *state.State) error {
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
	return nil
}

// awaitIdle waits until no job runs on the nodes, and returns those that are
// free and those that are not.
func (l *schedulerLine) awaitIdle(ctx context.Context, names []cluster.NodeName, patience time.Duration) (free, busy []cluster.NodeName) {
	if l.client == nil {
		return names, nil
	}
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		free, busy = l.split(ctx, names)
		if len(busy) == 0 {
			return free, nil
		}
		for _, name := range busy {
			l.emit(event.NodeWaiting{Node: name, For: "its running jobs to end"})
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return free, busy
		case <-ctx.Done():
			return free, busy
		}
	}
}

// split tells the nodes without jobs from the others; a node that the
// scheduler does not know has none.
func (l *schedulerLine) split(ctx context.Context, names []cluster.NodeName) (free, busy []cluster.NodeName) {
	nodes, err := l.client.Nodes(ctx)
	if err != nil {
		l.notice(event.Warning, "", "ask the scheduler for running jobs: %v", err)
		return nil, names
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
	return free, busy
}

// remove takes nodes away: it records the intention and the new size, deletes
// the machines, and then lets the scheduler forget them, in that order: a
// machine that still ran would register again.
func (l *schedulerLine) remove(ctx context.Context, names []cluster.NodeName) error {
	if len(names) == 0 {
		return nil
	}
	var ids []cluster.InstanceID
	err := l.run.session.Commit(ctx, func(st *state.State) error {
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
	return l.run.session.Commit(ctx, func(st *state.State) error {
		for _, name := range names {
			delete(st.Nodes, name)
		}
		return nil
	})
}
