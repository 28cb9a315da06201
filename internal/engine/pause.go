package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/state"
)

// PauseOptions are the user's words about one pause.
type PauseOptions struct {
	// Wait lets running jobs end first, for at most DrainTimeout; 0 is as long
	// as they take. Else they go back into the queue.
	Wait         bool
	DrainTimeout time.Duration
	// Force pauses although the scheduler can't be asked for running jobs.
	Force bool
	// Confirm is asked before anything is done.
	Confirm func(PausePreview) error
}

// PausePreview is what a pause would do.
type PausePreview struct {
	Cluster cluster.Name
	Nodes   int // machines that would be stopped
	Running int // jobs
	Wait    bool
	// Expires is when the cluster's time ends, paused or not; zero is never.
	Expires time.Time
}

// Pause stops the machines of a cluster, and keeps their disks. No job is lost:
// running ones end first, or go back into the queue. It can be interrupted and
// called again at any point, and Resume takes it back.
func (e *Engine) Pause(ctx context.Context, name cluster.Name, o PauseOptions) (_ *RunResult, err error) {
	ctx, w, err := e.openResting(ctx, name, "pause")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.settle(ctx); err != nil {
		return nil, err
	}
	live, err := w.machines(ctx)
	if err != nil {
		return nil, err
	}
	running := 0
	for _, i := range live {
		if i.State != cluster.InstanceStopped {
			running++
		}
	}
	st := w.session.Snapshot()
	if st.Status == state.Paused && running == 0 {
		w.notice(event.Info, "", "cluster %q is paused already", name)
		return &RunResult{Cluster: name, ID: st.ID}, nil
	}
	r, err := w.newRun("pause", StartOptions{})
	if err != nil {
		return nil, err
	}
	r.cut = ctx.Done()
	p := &pausing{run: r, o: o, live: live}
	return p.carryOut(ctx, running)
}

// pausing is one pause.
type pausing struct {
	*run
	o    PauseOptions
	live map[cluster.NodeName]cluster.Instance
}

func (p *pausing) carryOut(ctx context.Context, running int) (*RunResult, error) {
	line, err := p.askFrontend(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { line.close() }()
	preview := PausePreview{Cluster: p.name, Nodes: running, Wait: p.o.Wait, Expires: p.session.Snapshot().Expires}
	if line.client != nil {
		queue, err := line.client.Queue(ctx)
		if err := p.unlessForced(ctx, err); err != nil {
			return nil, err
		}
		if preview.Running = queue.Running; err != nil {
			line.client = nil // it can't be asked for anything else either
		}
	}
	if p.o.Confirm != nil {
		if err := p.o.Confirm(preview); err != nil {
			return nil, err
		}
	}
	if err := p.session.Commit(ctx, func(st *state.State) error {
		st.Status = state.Pausing
		return nil
	}); err != nil {
		return nil, err
	}
	started := time.Now()
	names := sorted(p.live)
	for _, name := range names {
		p.board.join(name, nil)
	}
	p.emit(event.RunStarted{Command: "pause", Cluster: p.name, ID: p.id, Nodes: names})
	err = line.empty(ctx, p.o)
	line.close()
	line.close = func() {}
	if err == nil {
		err = p.halt(ctx)
	}
	return p.summary(ctx, started, err)
}

// askFrontend opens a line to the scheduler, if jobs can run at all: not before
// the frontend was set up, nor while its machine is stopped, as in a pause that
// was cut off.
func (p *pausing) askFrontend(ctx context.Context) (*schedulerLine, error) {
	silent := &schedulerLine{run: p.run, close: func() {}}
	st := p.session.Snapshot()
	frontend, there := p.live[p.spec.FrontendNode()]
	if p.spec.Scheduler == nil || !there || frontend.State != cluster.InstanceRunning || p.node(frontend.Node).SetUp == "" {
		return silent, nil
	}
	err := p.admit(ctx)
	if err == nil {
		var line *schedulerLine
		if line, err = p.openLine(ctx); err == nil {
			return line, nil
		}
	}
	if st.Status.Resting() && ctx.Err() == nil { // jobs start only on nodes that were proved
		p.notice(event.Info, "", "the scheduler is not asked for running jobs: %v", err)
		return silent, nil
	}
	return silent, p.unlessForced(ctx, err)
}

// unlessForced makes a warning of a scheduler that does not answer, where the
// user wants that.
func (p *pausing) unlessForced(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !p.o.Force:
		return fmt.Errorf("ask the scheduler for running jobs: %w; with --force the cluster is paused without asking it, and jobs may be lost", err)
	}
	p.notice(event.Warning, "", "the scheduler can't be asked for running jobs: %v", err)
	return nil
}

// halt stops the machines: those on which others depend last.
func (p *pausing) halt(ctx context.Context) error {
	p.live = p.remaining()
	first, others := serving(p.spec, sorted(p.live))
	for _, names := range [][]cluster.NodeName{others, first} {
		if err := p.haltThese(ctx, names); err != nil {
			return err
		}
	}
	if len(p.failed) > 0 {
		return nil
	}
	return p.session.Commit(ctx, func(st *state.State) error {
		st.Status = state.Paused
		return nil
	})
}

// remaining are the machines of nodes that are still recorded.
func (p *pausing) remaining() map[cluster.NodeName]cluster.Instance {
	left := map[cluster.NodeName]cluster.Instance{}
	p.session.View(func(st *state.State) {
		for name, i := range p.live {
			if st.Nodes[name] != nil {
				left[name] = i
			}
		}
	})
	return left
}

func (p *pausing) haltThese(ctx context.Context, names []cluster.NodeName) error {
	refused, err := p.cloud.Pause(ctx, p.id, instances(p.session.Snapshot(), names))
	if err != nil {
		return err
	}
	var stopped []cluster.NodeName
	for _, name := range names {
		if cause := refused[p.live[name].ID]; cause != nil {
			p.fail(name, fmt.Errorf("it runs on: %w", cause))
			continue
		}
		stopped = append(stopped, name)
	}
	err = p.session.Commit(ctx, func(st *state.State) error {
		now := time.Now()
		for _, name := range stopped {
			n := st.Nodes[name]
			n.Phase, n.Error, n.Changed = cluster.Paused, "", now.UTC()
			n.Endpoints, n.PublicIP = nil, "" // they may belong to others now
			n.Meter.Stop(now)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range stopped {
		p.emitPhase(name, cluster.Paused, "")
	}
	return nil
}

// summary tells how the pause ended; machines that run on are its error.
func (p *pausing) summary(ctx context.Context, started time.Time, err error) (*RunResult, error) {
	res := &RunResult{
		Cluster: p.name, ID: p.id, Changed: true, Duration: time.Since(started),
		Sessions: p.dialer.Stats().Sessions, LogDir: p.logDir,
	}
	for _, name := range sorted(p.failed) {
		res.Failed = append(res.Failed, &NodeError{Node: name, Err: p.failed[name]})
	}
	if err == nil && len(res.Failed) > 0 {
		err = &StillRunningError{Cluster: p.name, Failed: res.Failed}
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	p.emit(event.RunFinished{
		Command: "pause", Cluster: p.name, Duration: res.Duration,
		Failed: len(res.Failed), Sessions: res.Sessions, Err: err,
	})
	return res, err
}

// StillRunningError says that a pause could not stop all machines.
type StillRunningError struct {
	Cluster cluster.Name
	Failed  []*NodeError
}

// Error names the nodes and says how to go on.
func (e *StillRunningError) Error() string {
	names := make([]cluster.NodeName, len(e.Failed))
	for i, f := range e.Failed {
		names[i] = f.Node
	}
	return fmt.Sprintf("cluster %q: the machines of %s could not be stopped and go on to cost; all others are stopped. "+
		"Run 'ecluster pause %s' again, or 'ecluster resume %s' to go back", e.Cluster, joinNames(names), e.Cluster, e.Cluster)
}

// Unwrap gives the nodes' errors to errors.Is and errors.As.
func (e *StillRunningError) Unwrap() []error {
	errs := make([]error, len(e.Failed))
	for i, f := range e.Failed {
		errs[i] = f
	}
	return errs
}
