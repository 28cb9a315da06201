package engine_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/plan"
	"github.com/ecluster/ecluster/internal/remote/remotetest"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
)

// machines puts an SSH server behind each machine of the fake cloud.
type machines struct {
	t       *testing.T
	mu      sync.Mutex
	servers map[cluster.InstanceID]*remotetest.Server
}

func (m *machines) Boot(f fake.Machine) (cluster.Endpoint, error) {
	s, err := remotetest.New(remotetest.Options{HostKey: f.Access.HostKey, AuthorizedKey: f.Access.AuthorizedKey})
	if err != nil {
		return cluster.Endpoint{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.servers[f.ID] = s
	return s.Endpoint(), nil
}

func (m *machines) Halt(id cluster.InstanceID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.servers[id]; s != nil {
		_ = s.Close()
		delete(m.servers, id)
	}
}

// lab is a fake cloud and a home for the states of one test.
type lab struct {
	*testing.T
	world *fake.World
	home  string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	m := &machines{t: t, servers: map[cluster.InstanceID]*remotetest.Server{}}
	t.Cleanup(func() {
		for id := range m.servers {
			m.Halt(id)
		}
	})
	return &lab{T: t, world: fake.NewWorld(fake.Options{Machines: m}), home: t.TempDir()}
}

// engine is a new process, as it were.
func (l *lab) engine() *engine.Engine {
	return l.engineOf(func(d providers.Driver) providers.Driver { return d })
}

// engineOf is a new process whose provider is changed.
func (l *lab) engineOf(change func(providers.Driver) providers.Driver) *engine.Engine {
	plugin := fake.Plugin(l.world)
	plugin.Open = func(schema.Values) (providers.Driver, error) { return change(l.world.Driver()), nil }
	return engine.New(engine.Options{
		Home: l.home, Tool: "test", Roles: fstest.MapFS{},
		Plugins: map[string]providers.Plugin{"fake": plugin},
		Sink:    event.Discard,
	})
}

func spec(compute, least int) *cluster.Spec {
	return &cluster.Spec{
		Name: "lab", Provider: cluster.ProviderSpec{Kind: "fake", Alias: "fake"},
		BatchSize: 10, Frontend: "frontend",
		Login: cluster.Login{User: "someone", UID: 2000},
		Groups: []cluster.Group{
			{Name: "frontend", Count: 1, MinCount: 1},
			{Name: "compute", Count: compute, MinCount: least},
		},
		Limits: cluster.Limits{MaxNodes: 1000},
	}
}

func (l *lab) start(s *cluster.Spec) (*engine.RunResult, error) {
	return l.engine().Start(l.Context(), s, engine.StartOptions{NoSetUp: true})
}

func (l *lab) state() *state.State {
	l.Helper()
	st, err := l.engine().Store().Load("lab")
	if err != nil {
		l.Fatal(err)
	}
	return st
}

// markReady records that a node was set up and may hold data.
func (l *lab) markReady(name cluster.NodeName) {
	l.Helper()
	l.change(func(st *state.State) { st.Nodes[name].Phase, st.Nodes[name].SetUp = cluster.Ready, "done" })
}

// change changes the record.
func (l *lab) change(f func(*state.State)) {
	l.Helper()
	store := l.engine().Store()
	lock, err := store.Lock(l.Context(), "lab", state.Holder{})
	if err != nil {
		l.Fatal(err)
	}
	session, err := store.OpenSession(lock, l.state())
	if err != nil {
		l.Fatal(err)
	}
	session.Update(f)
	if err := errors.Join(session.Close(), lock.Release()); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) stop(id cluster.ID) {
	l.Helper()
	if err := l.engine().Stop(l.Context(), "lab"); err != nil {
		l.Fatal(err)
	}
	if left := l.world.Leftovers(id); len(left) > 0 {
		l.Errorf("after stop there is still %v", left)
	}
	if _, err := l.engine().Store().Load("lab"); !errors.Is(err, state.ErrNotFound) {
		l.Errorf("after stop the state is still there: %v", err)
	}
}

func TestStartLaunchesInBatchesAndStopLeavesNothing(t *testing.T) {
	l := newLab(t)
	r, err := l.start(spec(24, 24))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Ready) != 25 || len(l.world.Machines(r.ID)) != 25 {
		t.Errorf("%d nodes are there, and %d machines", len(r.Ready), len(l.world.Machines(r.ID)))
	}
	if n := l.world.Count(fake.OpLaunch); n != 4 { // one frontend; 10, 10 and 4 compute nodes
		t.Errorf("%d launch calls", n)
	}
	st := l.state()
	for name, n := range st.Nodes {
		if n.Phase != cluster.Reachable || n.Instance == "" || len(n.Endpoints) == 0 {
			t.Errorf("%s is recorded as %+v", name, *n)
		}
	}
	if open := st.OpenIntents(); len(open) > 0 {
		t.Errorf("these intents are still open: %v", open)
	}
	l.stop(r.ID)
}

func TestStartTwiceDoesNothing(t *testing.T) {
	l := newLab(t)
	r, err := l.start(spec(2, 2))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.start(spec(2, 2)); err != nil {
		t.Fatal(err)
	}
	if n := l.world.Count(fake.OpLaunch); n != 2 {
		t.Errorf("%d launch calls for one frontend and one batch", n)
	}
	l.stop(r.ID)
}

func TestRefusedNodesComeBackWithTheirReasons(t *testing.T) {
	for _, c := range []struct {
		least  int
		usable bool
	}{{3, false}, {2, true}} {
		l := newLab(t)
		l.world.Inject(fake.Fault{Op: fake.OpLaunch, Node: "compute002", Kind: providers.Quota, Message: "3 CPUs are left, 4 are asked for", Times: -1})
		r, err := l.start(spec(3, c.least))
		var incomplete *engine.IncompleteError
		if !errors.As(err, &incomplete) {
			t.Fatalf("start ended with %v", err)
		}
		if len(incomplete.Failed) != 1 || incomplete.Failed[0].Node != "compute002" || providers.KindOf(incomplete.Failed[0]) != providers.Quota {
			t.Errorf("failed: %v", incomplete.Failed)
		}
		if len(r.Ready) != 3 {
			t.Errorf("ready: %v", r.Ready)
		}
		if n := l.state().Nodes["compute002"]; n.Phase != cluster.Failed || !strings.Contains(n.Error, "3 CPUs") {
			t.Errorf("compute002 is recorded as %+v", *n)
		}
		l.stop(r.ID)
	}
}

func TestLostAnswerMakesNoSecondMachine(t *testing.T) {
	l := newLab(t)
	l.world.Inject(fake.Fault{Op: fake.OpLaunch, Call: 2, Kind: providers.Transient, Message: "connection reset", Lands: true})
	r, err := l.start(spec(3, 3))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(l.world.Machines(r.ID)); n != 4 {
		t.Errorf("%d machines for 4 nodes", n)
	}
	l.stop(r.ID)
}

// TestCutOffAtLaunch ends the run while a launch is on its way to the cloud,
// and lets the launch take effect all the same.
func TestCutOffAtLaunch(t *testing.T) {
	for _, again := range []bool{true, false} {
		l := newLab(t)
		ctx, cancel := context.WithCancel(t.Context())
		l.world.Inject(fake.Fault{Op: fake.OpLaunch, Call: 2, Hang: true, Lands: true})
		go func() {
			for l.world.Count(fake.OpLaunch) < 2 {
				select {
				case <-t.Context().Done():
					return
				default:
				}
			}
			cancel()
		}()
		if _, err := l.engine().Start(ctx, spec(3, 3), engine.StartOptions{NoSetUp: true}); err == nil {
			t.Fatal("the run was not cut off")
		}
		id := l.state().ID
		if again {
			if _, err := l.start(spec(3, 3)); err != nil {
				t.Fatal(err)
			}
			if n := len(l.world.Machines(id)); n != 4 {
				t.Errorf("%d machines for 4 nodes", n)
			}
		}
		l.stop(id)
	}
}

func TestVanishedNodeIsSeenAndReplaced(t *testing.T) {
	l := newLab(t)
	r, err := l.start(spec(2, 2))
	if err != nil {
		t.Fatal(err)
	}
	l.world.Vanish(r.ID, "compute001")
	diffs, err := l.engine().Refresh(t.Context(), "lab")
	if err != nil {
		t.Fatal(err)
	}
	if len(diffs) != 1 || diffs[0].Node != "compute001" || !strings.Contains(diffs[0].Message, "removed from outside") {
		t.Errorf("differences: %v", diffs)
	}
	if _, err := l.start(spec(2, 2)); err != nil {
		t.Fatal(err)
	}
	if n := len(l.world.Machines(r.ID)); n != 3 {
		t.Errorf("%d machines after the repair", n)
	}
	l.stop(r.ID)
}

func TestLostFrontendIsNotReplacedUnasked(t *testing.T) {
	l := newLab(t)
	r, err := l.start(spec(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	l.markReady("frontend001")
	l.world.Vanish(r.ID, "frontend001")
	_, err = l.start(spec(1, 1))
	var blocked *engine.BlockedError
	if !errors.As(err, &blocked) || !strings.Contains(err.Error(), "--replace frontend001") {
		t.Fatalf("start ended with %v", err)
	}
	if _, err := l.engine().Start(t.Context(), spec(1, 1), engine.StartOptions{
		NoSetUp: true, Replace: []cluster.NodeName{"frontend001"},
	}); err != nil {
		t.Fatal(err)
	}
	l.stop(r.ID)
}

func TestTwoAtOnce(t *testing.T) {
	l := newLab(t)
	lock, err := l.engine().Store().Lock(t.Context(), "lab", state.Holder{PID: 4711, Host: "elsewhere", User: "ada", Command: "start"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.start(spec(1, 1))
	var locked *state.LockedError
	if !errors.As(err, &locked) || !strings.Contains(err.Error(), "4711") {
		t.Errorf("the second start ended with %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestRemoveNodeWithoutScheduler(t *testing.T) {
	l := newLab(t)
	r, err := l.start(spec(3, 1))
	if err != nil {
		t.Fatal(err)
	}
	var asked []plan.Removal
	_, err = l.engine().Resize(t.Context(), "lab", engine.ResizeOptions{
		Remove:  map[cluster.GroupName]int{"compute": 2},
		Confirm: func(chosen []plan.Removal) error { asked = chosen; return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(asked) != 2 || len(l.world.Machines(r.ID)) != 2 {
		t.Errorf("asked about %v; %d machines are left", asked, len(l.world.Machines(r.ID)))
	}
	if _, err := l.start(spec(3, 1)); err != nil { // resize's word holds
		t.Fatal(err)
	}
	if n := len(l.world.Machines(r.ID)); n != 2 {
		t.Errorf("start brought removed nodes back: %d machines", n)
	}
	l.stop(r.ID)
}

func TestUnknownNode(t *testing.T) {
	l := newLab(t)
	r, err := l.start(spec(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	var unknown *engine.UnknownNodeError
	if _, err := l.engine().SetUp(t.Context(), "lab", []cluster.NodeName{"compute009"}); !errors.As(err, &unknown) {
		t.Errorf("setup of an unknown node ended with %v", err)
	}
	if _, err := l.engine().Connect(t.Context(), "lab", "compute009", false); !errors.As(err, &unknown) {
		t.Errorf("connecting to an unknown node ended with %v", err)
	}
	l.stop(r.ID)
}
