package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/plan"
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
	// Approve is asked about the price of new nodes, as in StartOptions.
	Approve func(Quote) error
}

// Resize adds nodes to a running cluster and removes others. What it is asked
// for is recorded as the wanted size. Nodes that stay because jobs run on them
// keep no others from coming; they are the *StillBusyError at the end.
func (e *Engine) Resize(ctx context.Context, name cluster.Name, o ResizeOptions) (_ *RunResult, err error) {
	ctx, w, err := e.open(ctx, name, "resize")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.refuseUnlessActive(); err != nil {
		return nil, err
	}
	if len(o.Add) > 0 { // what can't be added is said before anything is removed
		if _, err := plan.Grow(w.session.Snapshot(), o.Add); err != nil {
			return nil, err
		}
	}
	if err := w.settle(ctx); err != nil {
		return nil, err
	}
	var stay *StillBusyError
	if len(o.Remove)+len(o.Nodes) > 0 {
		if err := w.shrink(ctx, o); err != nil && !errors.As(err, &stay) {
			return nil, err
		}
	}
	var result *RunResult
	if len(o.Add) > 0 {
		result, err = w.grow(ctx, o)
	}
	if stay != nil {
		err = errors.Join(err, stay)
	}
	return result, err
}

func (w *work) refuseIfStopping() error {
	if w.session.Snapshot().Status == state.Stopping {
		return &BlockedError{Cluster: w.name, Reasons: []plan.Blocked{
			{Why: fmt.Sprintf("It is being stopped; finish that with 'ecluster stop %s'.", w.name)},
		}}
	}
	return nil
}

// settle takes in the machines of launches that a dead run left open.
func (w *work) settle(ctx context.Context) error {
	st := w.session.Snapshot()
	open := attempts(st)
	if len(open) == 0 {
		return nil
	}
	live, err := w.cloud.Settle(ctx, st.ID, open)
	if err != nil {
		return fmt.Errorf("list the machines of cluster %q: %w", w.name, err)
	}
	return w.session.Commit(ctx, func(st *state.State) error {
		for _, i := range live {
			if n := st.Nodes[i.Node]; n != nil && n.Instance == "" {
				adoptNew(st, i)
			}
		}
		for _, a := range open {
			st.Settle(a.Token, time.Now().UTC())
		}
		return nil
	})
}

// grow records the new size and launches what is missing. It works on the new
// nodes and the frontend, whatever the size of the cluster.
func (w *work) grow(ctx context.Context, o ResizeOptions) (*RunResult, error) {
	before := w.session.Snapshot()
	counts, err := plan.Grow(before, o.Add)
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
		return a.Kind != plan.Prepare && !isFree(before, a.Node) // repairs are start's
	})
	if err := w.check(ctx, &before.Spec, p); err != nil {
		return nil, err
	}
	if err := w.price(ctx, &before.Spec, p, o.Approve); err != nil {
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

// isFree reports whether no node has that name, or only one whose deletion
// was cut off: to finish that belongs to giving the name away again.
func isFree(st *state.State, name cluster.NodeName) bool {
	n := st.Nodes[name]
	return n == nil || n.Phase == cluster.Deleting || n.Phase == cluster.Gone
}

// shrink takes nodes out of the scheduler and then away. Idle nodes go before
// busy ones, and busy ones only when their jobs have ended, or by force.
func (w *work) shrink(ctx context.Context, o ResizeOptions) error {
	if err := w.admit(ctx); err != nil {
		return err
	}
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
	busy, err := line.takeAway(ctx, names, o)
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

// StillBusyError says that nodes were left draining because jobs run on them.
type StillBusyError struct {
	Cluster cluster.Name
	Nodes   []cluster.NodeName
	Waited  time.Duration
}

// Error names the nodes and the ways to go on.
func (e *StillBusyError) Error() string {
	words := make([]string, len(e.Nodes))
	for i, n := range e.Nodes {
		words[i] = string(n)
	}
	return fmt.Sprintf("cluster %q: jobs still run on %v after %s; the nodes take no new jobs and stay.\n"+
		"Run 'ecluster remove-node %s %s' again when the jobs have ended, or with --force: the jobs are then requeued.",
		e.Cluster, joinNames(e.Nodes), e.Waited, e.Cluster, strings.Join(words, " "))
}
