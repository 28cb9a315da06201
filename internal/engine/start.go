package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
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
	// Approve is asked when the cluster would cost more an hour than the user
	// lets pass; its error ends the start before anything is made.
	Approve func(Quote) error

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

	if err := refuseWithoutKeys(w.session.Snapshot()); err != nil {
		return nil, err
	}
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
	if err := w.price(ctx, spec, p, o.Approve); err != nil {
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
// until no launch of a dead run can have surprises any more, and what was just
// launched is listed: what is missing there would be made again.
func (w *work) plan(ctx context.Context, in plan.Input) (*plan.Plan, error) {
	in.Recorded = w.session.Snapshot()
	var live []cluster.Instance
	if in.Recorded.Serial > 0 { // else the ID is new, and no cloud has seen it
		var err error
		made := slices.Concat(attempts(in.Recorded), launched(in.Recorded))
		if live, err = w.cloud.Settle(ctx, in.Recorded.ID, made); err != nil {
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
	keys, err := openAccess(w.store, st)
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
	findings, err := w.cloud.Check(ctx, providers.CheckRequest{Name: w.own, Nodes: nodeRequests(spec, launches), TTL: spec.Limits.TTL})
	if err != nil {
		return fmt.Errorf("provider %q: %w", spec.Provider.Kind, err)
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
	j := jobs{launch: p.Nodes(plan.Launch), wake: p.Nodes(plan.Wake), setUp: setUps(p)}
	booting := slices.Concat(j.launch, j.wake)
	switch {
	case o.NoSetUp:
		j.setUp = w.notReached(booting)
	case command == "start": // all nodes: what is done is skipped, what stopped is started
		j.setUp = w.present(booting)
	}
	if p.Counts()[plan.Prepare] > 0 {
		if err := r.prepare(ctx); err != nil {
			return nil, err
		}
	} else if err := w.admit(ctx); err != nil {
		return nil, err
	}
	if len(booting)+len(j.setUp) == 0 {
		r.emit(event.RunStarted{Command: command, Cluster: r.name, ID: r.id})
		return r.result(ctx, nil, time.Now(), r.knownHosts())
	}
	return r.execute(ctx, j)
}
