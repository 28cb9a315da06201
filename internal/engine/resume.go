package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/state"
)

// ResumeOptions are the user's words about one resume.
type ResumeOptions struct {
	// Force starts machines although the cluster's time has ended.
	Force bool
	// NoSetUp only starts the machines.
	NoSetUp bool
}

// ExpiredError says that machines would end themselves as soon as they boot.
type ExpiredError struct {
	Cluster cluster.Name
	Expires time.Time
}

// Error says when the time ended, and what can be done.
func (e *ExpiredError) Error() string {
	return fmt.Sprintf("cluster %q: its time (limits.ttl) ends or ended at %s, also while it is paused: its machines would switch themselves off as soon as they boot, "+
		"and on some clouds they would be deleted with their disks. Nothing was started. 'ecluster stop %s' takes it away; with --force it is started all the same",
		e.Cluster, e.Expires.Local().Format(time.DateTime), e.Cluster)
}

// Resume starts the machines of a paused cluster, sets them up as far as that
// is needed, and proves that they work. Nodes that can't be started are the
// error, and don't keep the others from coming back; it can be called again.
func (e *Engine) Resume(ctx context.Context, name cluster.Name, o ResumeOptions) (_ *RunResult, err error) {
	ctx, w, err := e.openResting(ctx, name, "resume")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	live, err := w.machines(ctx)
	if err != nil {
		return nil, err
	}
	st := w.session.Snapshot()
	if live, err = w.finishHalt(ctx, st, live); err != nil {
		return nil, err
	}
	halted := asleep(st, live)
	if !st.Status.Resting() && len(halted) == 0 {
		w.notice(event.Info, "", "cluster %q is not paused: its machines run", name)
		return &RunResult{Cluster: name, ID: st.ID}, nil
	}
	if !o.Force && len(halted) > 0 && !st.Expires.IsZero() && st.Expires.Before(time.Now().Add(leastLife)) {
		return nil, &ExpiredError{Cluster: name, Expires: st.Expires}
	}
	r, err := w.newRun("resume", StartOptions{NoSetUp: o.NoSetUp})
	if err != nil {
		return nil, err
	}
	if err := w.session.Commit(ctx, func(st *state.State) error {
		st.Status = state.Resuming
		return nil
	}); err != nil {
		return nil, err
	}
	if err := w.admit(ctx); err != nil {
		return nil, err
	}
	j := jobs{wake: halted, setUp: w.present(halted)}
	if o.NoSetUp {
		j.setUp = w.notReached(halted)
	}
	result, err := r.execute(ctx, j)
	if ctx.Err() != nil {
		return result, err
	}
	return result, errors.Join(err, w.awake(ctx))
}

// finishHalt stops what runs where a pause was cut off while it stopped machines:
// some of them may be on their way down and not show it yet.
func (w *work) finishHalt(ctx context.Context, st *state.State, live map[cluster.NodeName]cluster.Instance) (map[cluster.NodeName]cluster.Instance, error) {
	stopped := func(i cluster.Instance) bool {
		return i.State == cluster.InstanceStopped || i.State == cluster.InstanceStopping
	}
	if st.Status != state.Pausing || !slices.ContainsFunc(slices.Collect(maps.Values(live)), stopped) {
		return live, nil
	}
	if _, err := w.cloud.Pause(ctx, st.ID, instances(st, sorted(live))); err != nil { // what is refused runs on, which is no harm here
		return nil, err
	}
	return w.machines(ctx)
}

// asleep are the nodes whose machines are to be started: those that are stopped,
// and those that should be, which may run already, or be gone.
func asleep(st *state.State, live map[cluster.NodeName]cluster.Instance) []cluster.NodeName {
	return slices.DeleteFunc(st.NodeNames(), func(name cluster.NodeName) bool {
		switch s := live[name].State; st.Nodes[name].Phase {
		case cluster.Paused:
			return false
		case cluster.Draining, cluster.Deleting: // remove-node and start finish that
			return true
		default:
			return s != cluster.InstanceStopped && s != cluster.InstanceStopping
		}
	})
}

// awake ends the pause, unless the frontend could not be started: then the
// cluster can't be used, and only another resume helps.
func (w *work) awake(ctx context.Context) error {
	live, err := w.machines(ctx)
	if err != nil {
		return err
	}
	frontend, there := live[w.session.Snapshot().Spec.FrontendNode()]
	if there && (frontend.State == cluster.InstanceStopped || frontend.State == cluster.InstanceStopping) {
		return nil
	}
	return w.session.Commit(ctx, func(st *state.State) error {
		st.Status = state.Active
		return nil
	})
}

// rouse starts machines that are stopped, and begins the pipeline of each as
// soon as the cloud has accepted that: first of those on which others depend.
// Without its frontend no node is worth its price.
func (r *run) rouse(ctx context.Context, names []cluster.NodeName, begin func(cluster.NodeName)) error {
	first, others := serving(r.spec, names)
	refused, err := r.rouseThese(ctx, first, begin)
	if _, lost := refused[r.spec.FrontendNode()]; lost {
		for _, name := range others {
			r.refuse(name, errors.New("its machine was not started, because that of the frontend could not be"))
		}
		return err
	}
	if err == nil {
		nodes := r.session.Snapshot().Nodes
		slices.SortStableFunc(others, func(a, b cluster.NodeName) int { return byAddress(nodes[a], nodes[b]) })
		_, err = r.rouseThese(ctx, others, begin)
		return err
	}
	for _, name := range others { // nobody must wait for them
		r.refuse(name, err)
	}
	return err
}

// rouseThese returns which machines could not be started, and why; err is for
// what concerns all of them.
func (r *run) rouseThese(ctx context.Context, names []cluster.NodeName, begin func(cluster.NodeName)) (map[cluster.NodeName]error, error) {
	causes := map[cluster.NodeName]error{}
	accepted, err := r.askToStart(ctx, names, causes)
	if err != nil {
		for _, name := range names {
			causes[name] = err
		}
		accepted = nil
	}
	for name, cause := range causes {
		r.refuse(name, fmt.Errorf("start its machine: %w", cause))
	}
	for _, name := range accepted {
		r.emitPhase(name, cluster.Booting, "")
		begin(name)
	}
	return causes, err
}

// askToStart returns the nodes whose machines the cloud starts, as recorded.
func (r *run) askToStart(ctx context.Context, names []cluster.NodeName, causes map[cluster.NodeName]error) ([]cluster.NodeName, error) {
	if len(names) == 0 {
		return nil, nil
	}
	st := r.session.Snapshot()
	refused, err := r.cloud.Resume(ctx, r.id, instances(st, names))
	if err != nil {
		return nil, err
	}
	var accepted []cluster.NodeName
	for _, name := range names {
		if cause := refused[st.Nodes[name].Instance]; cause != nil {
			causes[name] = cause
		} else {
			accepted = append(accepted, name)
		}
	}
	return accepted, r.session.Commit(ctx, func(st *state.State) error {
		for _, name := range accepted {
			n := st.Nodes[name]
			n.Phase, n.Endpoints = cluster.Booting, nil // the cloud is asked for its addresses
			n.Meter.Start(time.Now())
		}
		return nil
	})
}

// byAddress orders nodes by the addresses that they had.
func byAddress(a, b *cluster.Node) int {
	at := func(n *cluster.Node) (ip netip.Addr) {
		if n != nil {
			ip, _ = netip.ParseAddr(n.PrivateIP) // none comes first
		}
		return ip
	}
	return at(a).Compare(at(b))
}
