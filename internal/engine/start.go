package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/plan"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers"
)

// StartOptions are the user's words about one start.
type StartOptions struct {
	NoSetUp bool
	Replace []cluster.NodeName        // lost nodes whose data may be given up
	Counts  map[cluster.GroupName]int // sizes that hold against the spec's
	From    string                    // where the spec came from, for people

	phases []role.Phase // nil: all that a running cluster needs
}

// Start makes the cluster that spec describes, or goes on with one that is
// half there, or repairs one that runs.
func (e *Engine) Start(ctx context.Context, spec *cluster.Spec, o StartOptions) (_ *RunResult, err error) {
	if err := plan.CheckCounts(spec, o.Counts); err != nil {
		return nil, err
	}
	ctx, w, err := e.openOrCreate(ctx, spec, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()

	p, err := w.plan(ctx, w.input(spec, w.session.Snapshot(), o))
	if err != nil {
		return nil, err
	}
	if err := w.accept(p); err != nil {
		return nil, err
	}
	if err := w.check(ctx, spec, p); err != nil {
		return nil, err
	}
	if err := w.session.Commit(ctx, func(st *state.State) error {
		st.Spec, st.SpecFrom, st.SpecHash = *spec, o.From, state.HashSpec(spec)
		st.Wanted, st.Tool = p.Wanted, w.opts.Tool
		return nil
	}); err != nil {
		return nil, err
	}
	return w.carryOut(ctx, "start", p, o)
}

// openOrCreate opens the recorded cluster of that name, or records a new one.
// What it records is only an intention: no machine exists yet.
func (e *Engine) openOrCreate(ctx context.Context, spec *cluster.Spec, o StartOptions) (context.Context, *work, error) {
	lock, err := e.store.Lock(ctx, spec.Name, state.NewHolder("start", time.Now()))
	if err != nil {
		return ctx, nil, err
	}
	st, err := e.store.Load(spec.Name)
	switch {
	case err == nil:
		return e.bindTo(ctx, lock, st, spec)
	case !errors.Is(err, state.ErrNotFound):
		return ctx, nil, errors.Join(err, lock.Release())
	}
	st = state.New(spec.Name, *spec, state.Origin{Tool: e.opts.Tool, Now: time.Now().UTC(), Rand: rand.Reader})
	st.SpecFrom = o.From
	return e.bindTo(ctx, lock, st, spec)
}

// bindTo binds to the provider that the spec names now: where that is another
// place than the recorded one, the plan or the realm says so.
func (e *Engine) bindTo(ctx context.Context, lock *state.Lock, st *state.State, spec *cluster.Spec) (context.Context, *work, error) {
	provider := spec.Provider
	if provider.Kind != st.Spec.Provider.Kind {
		provider = st.Spec.Provider // the plan blocks the change
	}
	ctx, w, err := e.bind(ctx, lock, st, provider)
	if err != nil {
		return ctx, nil, err
	}
	if err := w.checkRealm(ctx); err != nil {
		return ctx, nil, errors.Join(err, w.close())
	}
	return ctx, w, nil
}

// plan compares what is wanted, recorded and really there. It first waits
// until no launch of a dead run can have surprises any more.
func (w *work) plan(ctx context.Context, in plan.Input) (*plan.Plan, error) {
	in.Recorded = w.session.Snapshot()
	var live []cluster.Instance
	if in.Recorded.Serial > 0 { // else the ID is new, and no cloud has seen it
		var err error
		if live, err = w.cloud.Settle(ctx, in.Recorded.ID, attempts(in.Recorded)); err != nil {
			return nil, fmt.Errorf("list the machines of cluster %q: %w", w.name, err)
		}
	}
	in.Name, in.Live, in.LiveKnown = w.name, live, true
	_, in.CanWake = providers.Capability[providers.Pauser](w.cloud)
	p := plan.Make(in)
	return &p, nil
}

// input is what a plan depends on besides the record and the cloud.
func (w *work) input(spec *cluster.Spec, st *state.State, o StartOptions) plan.Input {
	replace := make(map[cluster.NodeName]bool, len(o.Replace))
	for _, n := range o.Replace {
		replace[n] = true
	}
	return plan.Input{
		Desired: spec, Fingerprints: w.fingerprints(spec, st), Replace: replace,
		Counts: o.Counts, NoSetup: o.NoSetUp,
	}
}

// fingerprints says which set-up each recorded node should have. A node that
// can't be rendered is left out; its set-up reports why.
func (w *work) fingerprints(spec *cluster.Spec, st *state.State) map[cluster.NodeName]string {
	if len(st.Nodes) == 0 {
		return nil // a cluster that may never come to be gets no keys
	}
	keys, err := openAccess(w.store, w.name)
	if err != nil {
		return nil
	}
	library := w.roles(spec)
	r := &run{work: w, spec: spec, id: st.ID, access: keys, library: library}
	prints := make(map[cluster.NodeName]string, len(st.Nodes))
	for name, n := range st.Nodes {
		group, known := spec.Group(n.Group)
		if !known {
			continue
		}
		uses, err := w.revealed(group.Roles)
		if err != nil {
			continue
		}
		if fingerprint, err := role.Fingerprint(library, r.roleNode(n), uses); err == nil {
			prints[name] = fingerprint
		}
	}
	return prints
}

// accept reports what the plan has to say, and stops at what it may not do.
func (w *work) accept(p *plan.Plan) error {
	for _, c := range p.Changes {
		w.notice(event.Info, "", "%s", c.String())
	}
	for _, warning := range p.Warnings {
		w.notice(event.Warning, "", "%s", warning)
	}
	if len(p.Blocked) == 0 {
		return nil
	}
	blocked := &BlockedError{Cluster: w.name, Reasons: p.Blocked}
	return blocked
}

// check asks the provider whether the launches of a plan can succeed.
func (w *work) check(ctx context.Context, spec *cluster.Spec, p *plan.Plan) error {
	launches := p.Nodes(plan.Launch)
	if len(launches) == 0 {
		return nil
	}
	findings, err := w.cloud.Check(ctx, providers.CheckRequest{Name: w.name, Nodes: nodeRequests(spec, launches)})
	if err != nil {
		return fmt.Errorf("check with provider %q: %w", spec.Provider.Kind, err)
	}
	failed := &CheckError{Kind: spec.Provider.Kind}
	for _, f := range findings {
		if f.Fatal {
			failed.Findings = append(failed.Findings, f)
		} else {
			w.notice(event.Warning, "", "%s. %s", f.Summary, f.Detail)
		}
	}
	if len(failed.Findings) > 0 {
		return failed
	}
	return nil
}

// carryOut does what a plan says.
func (w *work) carryOut(ctx context.Context, command string, p *plan.Plan, o StartOptions) (*RunResult, error) {
	if err := w.clear(ctx, p); err != nil {
		return nil, err
	}
	r, err := w.newRun(command, o)
	if err != nil {
		return nil, err
	}
	j := jobs{launch: p.Nodes(plan.Launch), setUp: setUps(p)}
	switch {
	case o.NoSetUp:
		j.setUp = w.notReached(j.launch)
	case command == "start": // all nodes: what is done is skipped, what stopped is started
		j.setUp = w.present(j.launch)
	}
	if err := r.wake(ctx, p); err != nil {
		return nil, err
	}
	if p.Counts()[plan.Prepare] > 0 {
		if err := r.prepare(ctx); err != nil {
			return nil, err
		}
	}
	if len(j.launch)+len(j.setUp) == 0 {
		r.emit(event.RunStarted{Command: command, Cluster: r.name, ID: r.id})
		return r.result(ctx, nil, time.Now(), r.knownHosts())
	}
	return r.execute(ctx, j)
}

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
			delete(st.Nodes, name)
		}
		return nil
	})
}

// setUps are the nodes of a plan that have a machine and are to be set up;
// those that are launched are set up anyway.
func setUps(p *plan.Plan) []cluster.NodeName {
	booted := p.Nodes(plan.Launch)
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
		n.HostKeys, n.SetUp = nil, ""
	}
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

// prepare makes what the nodes share. It is intended before it is done: from
// then on only stop forgets the cluster.
func (r *run) prepare(ctx context.Context) error {
	realm, err := r.realm(ctx)
	if err != nil {
		return err
	}
	if err := r.session.Commit(ctx, func(st *state.State) error {
		st.Prepared, st.Realm = true, realm
		return nil
	}); err != nil {
		return err
	}
	groups := slices.Clone(r.spec.Groups)
	for i := range groups {
		if groups[i].Image == "" {
			groups[i].Image = r.spec.Image
		}
	}
	started := time.Now()
	var mu sync.Mutex
	var task string // what is being done; a driver does one thing at a time
	done := func(cause error) {
		if task != "" {
			r.emit(event.TaskProgress{Task: task, Done: true, Elapsed: time.Since(started), Err: cause})
		}
	}
	err = r.cloud.Prepare(ctx, providers.PrepareRequest{
		ID: r.id, Name: r.name, Groups: groups, Network: r.spec.Network,
		Volumes: volumes(r.spec, false), Kept: volumes(r.spec, true),
		Progress: func(name, message string) {
			mu.Lock()
			defer mu.Unlock()
			if name != task {
				done(nil)
				task, started = name, time.Now()
			}
			r.emit(event.TaskProgress{Task: task, Message: message, Elapsed: time.Since(started)})
		},
	})
	done(err)
	if err != nil {
		return fmt.Errorf("prepare cluster %q: %w", r.name, err)
	}
	return nil
}

// volumes are the names of the shared volumes of a spec that are kept when the
// cluster goes, or of those that go with it.
func volumes(spec *cluster.Spec, kept bool) []string {
	var names []string
	for _, g := range spec.Groups {
		for _, m := range g.Needs.Mounts {
			if m.Keep == kept && !slices.Contains(names, m.Volume) {
				names = append(names, m.Volume)
			}
		}
	}
	return names
}

// wake starts machines that are stopped; their pipelines wait until they run.
func (r *run) wake(ctx context.Context, p *plan.Plan) error {
	var ids []cluster.InstanceID
	for _, a := range p.Actions {
		if a.Kind == plan.Wake {
			ids = append(ids, a.Instance)
		}
	}
	pauser, can := providers.Capability[providers.Pauser](r.cloud)
	if len(ids) == 0 || !can {
		return nil
	}
	var refused map[cluster.InstanceID]error
	err := r.cloud.Do(ctx, "wake", func(ctx context.Context) (err error) {
		refused, err = pauser.Resume(ctx, r.id, ids)
		return err
	})
	for id, cause := range refused {
		err = errors.Join(err, fmt.Errorf("start machine %s: %w", id, cause))
	}
	if err != nil {
		return err
	}
	return r.session.Commit(ctx, func(st *state.State) error {
		for _, name := range p.Nodes(plan.Wake) {
			// Its addresses may be new: the cloud is asked for them.
			st.Nodes[name].Phase, st.Nodes[name].Endpoints = cluster.Booting, nil
		}
		return nil
	})
}
