package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
)

func (l *lab) pause() (*engine.RunResult, error) {
	return l.engine().Pause(l.Context(), "lab", engine.PauseOptions{})
}

func (l *lab) resume() (*engine.RunResult, error) {
	return l.engine().Resume(l.Context(), "lab", engine.ResumeOptions{NoSetUp: true})
}

// begun is a lab with a cluster of three nodes.
func begun(t *testing.T) (*lab, cluster.ID) {
	t.Helper()
	l := newLab(t)
	r, err := l.start(spec(2, 1))
	if err != nil {
		t.Fatal(err)
	}
	return l, r.ID
}

// are checks the status of the cluster and the phase of each of its nodes.
func (l *lab) are(status state.Status, want map[cluster.NodeName]cluster.Phase) {
	l.Helper()
	st := l.state()
	if st.Status != status {
		l.Errorf("the cluster is %s, not %s", st.Status, status)
	}
	for name, phase := range want {
		if n := st.Nodes[name]; n.Phase != phase {
			l.Errorf("%s is %s (%s), not %s", name, n.Phase, n.Error, phase)
		}
	}
}

func all(p cluster.Phase) map[cluster.NodeName]cluster.Phase {
	return map[cluster.NodeName]cluster.Phase{"frontend001": p, "compute001": p, "compute002": p}
}

func TestPauseAndResume(t *testing.T) {
	l, id := begun(t)
	before := map[cluster.NodeName]cluster.InstanceID{}
	for name, n := range l.state().Nodes {
		before[name] = n.Instance
	}
	if _, err := l.pause(); err != nil {
		t.Fatal(err)
	}
	l.are(state.Paused, all(cluster.Paused))
	for name, n := range l.state().Nodes {
		if !n.Meter.Since.IsZero() || len(n.Endpoints) > 0 {
			t.Errorf("%s costs, or can be reached, while it is paused: %+v", name, *n)
		}
	}
	calls := l.world.Calls(fake.OpPause)
	if last := calls[len(calls)-1]; !slices.Equal(last.Nodes, []cluster.NodeName{"frontend001"}) {
		t.Errorf("the frontend was stopped before others: %v", calls)
	}
	if r, err := l.pause(); err != nil || r.Changed { // again: nothing to do
		t.Errorf("the second pause ended with %+v, %v", r, err)
	}
	if _, err := l.resume(); err != nil {
		t.Fatal(err)
	}
	l.are(state.Active, all(cluster.Reachable))
	if first := l.world.Calls(fake.OpResume)[0]; !slices.Equal(first.Nodes, []cluster.NodeName{"frontend001"}) {
		t.Errorf("the frontend was not started first: %v", first.Nodes)
	}
	for name, n := range l.state().Nodes {
		if n.Instance != before[name] || n.Meter.Since.IsZero() {
			t.Errorf("%s is another machine, or costs nothing: %+v", name, *n)
		}
	}
	if r, err := l.resume(); err != nil || r.Changed {
		t.Errorf("the second resume ended with %+v, %v", r, err)
	}
	l.stop(id)
}

// Every other command says what a paused cluster needs, and changes nothing.
func TestPausedClusterIsLeftAlone(t *testing.T) {
	l, id := begun(t)
	if _, err := l.pause(); err != nil {
		t.Fatal(err)
	}
	e := l.engine()
	for name, command := range map[string]func() error{
		"setup":  func() error { _, err := e.SetUp(t.Context(), "lab", nil); return err },
		"resize": func() error { return resize(t.Context(), e) },
		"ssh":    func() error { _, err := e.Connect(t.Context(), "lab", "", false); return err },
	} {
		var paused *engine.PausedError
		if err := command(); !errors.As(err, &paused) || !strings.Contains(paused.Hint(), "ecluster resume lab") {
			t.Errorf("%s ended with %v", name, err)
		}
	}
	var blocked *engine.BlockedError
	if _, err := l.start(spec(5, 1)); !errors.As(err, &blocked) || !strings.Contains(err.Error(), "ecluster resume lab") {
		t.Errorf("start ended with %v", err)
	}
	if diffs, err := e.Refresh(t.Context(), "lab"); err != nil || len(diffs) > 0 {
		t.Errorf("list-nodes --update finds %v, %v", diffs, err)
	}
	l.are(state.Paused, all(cluster.Paused))
	l.stop(id) // which works all the same
}

func TestMachinesThatRunAlthoughPaused(t *testing.T) {
	l, id := begun(t)
	if _, err := l.pause(); err != nil {
		t.Fatal(err)
	}
	one := l.state().Nodes["compute001"].Instance
	if _, err := l.world.Driver().Resume(t.Context(), id, []cluster.InstanceID{one}); err != nil {
		t.Fatal(err)
	}
	diffs, err := l.engine().Refresh(t.Context(), "lab")
	if err != nil || len(diffs) != 1 || !strings.Contains(diffs[0].Message, "its machine runs, although the cluster is paused") {
		t.Errorf("differences: %v, %v", diffs, err)
	}
	if _, err := l.pause(); err != nil {
		t.Fatal(err)
	}
	l.are(state.Paused, all(cluster.Paused))
	l.world.Vanish(id, "compute002")
	if _, err := l.resume(); err == nil || !strings.Contains(err.Error(), "compute002") {
		t.Errorf("nothing was said of the machine that is gone: %v", err)
	}
	l.are(state.Active, map[cluster.NodeName]cluster.Phase{"frontend001": cluster.Reachable, "compute002": cluster.Failed})
	if _, err := l.start(spec(2, 1)); err != nil { // which replaces it
		t.Fatal(err)
	}
	l.stop(id)
}

func TestMachineThatCantBeStopped(t *testing.T) {
	l, id := begun(t)
	l.world.Inject(fake.Fault{Op: fake.OpPause, Node: "compute002", Kind: providers.Permission, Message: "spot machines can't be stopped"})
	var running *engine.StillRunningError
	if _, err := l.pause(); !errors.As(err, &running) || len(running.Failed) != 1 || running.Failed[0].Node != "compute002" {
		t.Fatalf("pause ended with %v", err)
	}
	l.are(state.Pausing, map[cluster.NodeName]cluster.Phase{
		"frontend001": cluster.Paused, "compute001": cluster.Paused, "compute002": cluster.Failed,
	})
	if _, err := l.pause(); err != nil {
		t.Fatal(err)
	}
	l.are(state.Paused, all(cluster.Paused))
	l.stop(id)
}

func TestNoCapacityAtResume(t *testing.T) {
	l, id := begun(t)
	if _, err := l.pause(); err != nil {
		t.Fatal(err)
	}
	l.world.Inject(fake.Fault{Op: fake.OpResume, Node: "compute001", Kind: providers.Capacity, Message: "no machine is free"})
	_, err := l.resume()
	var incomplete *engine.IncompleteError
	if !errors.As(err, &incomplete) || len(incomplete.Failed) != 1 || providers.KindOf(incomplete.Failed[0]) != providers.Capacity {
		t.Fatalf("resume ended with %v", err)
	}
	l.are(state.Active, map[cluster.NodeName]cluster.Phase{
		"frontend001": cluster.Reachable, "compute001": cluster.Failed, "compute002": cluster.Reachable,
	})
	if _, err := l.resume(); err != nil {
		t.Fatal(err)
	}
	l.are(state.Active, all(cluster.Reachable))
	l.stop(id)
}

func TestNoCapacityForTheFrontend(t *testing.T) {
	l, id := begun(t)
	if _, err := l.pause(); err != nil {
		t.Fatal(err)
	}
	l.world.Inject(fake.Fault{Op: fake.OpResume, Node: "frontend001", Kind: providers.Capacity, Message: "no machine is free"})
	if _, err := l.resume(); err == nil {
		t.Fatal("resume went well")
	}
	for _, c := range l.world.Calls(fake.OpResume) {
		if !slices.Equal(c.Nodes, []cluster.NodeName{"frontend001"}) {
			t.Errorf("machines were started that nobody can use: %v", c.Nodes)
		}
	}
	l.are(state.Resuming, all(cluster.Failed))
	if _, err := l.resume(); err != nil {
		t.Fatal(err)
	}
	l.are(state.Active, all(cluster.Reachable))
	l.stop(id)
}

// A run that dies in the middle of a pause or a resume leaves a record with
// which each of pause, resume and stop can go on.
func TestCutOffWhilePausing(t *testing.T) {
	for _, cut := range []struct {
		command func(*lab, context.Context) error
		op      fake.Op
	}{
		{func(l *lab, ctx context.Context) error {
			_, err := l.engine().Pause(ctx, "lab", engine.PauseOptions{})
			return err
		}, fake.OpPause},
		{func(l *lab, ctx context.Context) error {
			_, err := l.engine().Resume(ctx, "lab", engine.ResumeOptions{NoSetUp: true})
			return err
		}, fake.OpResume},
	} {
		for _, then := range []string{"pause", "resume", "stop"} {
			t.Run(string(cut.op)+" then "+then, func(t *testing.T) {
				l, id := begun(t)
				if cut.op == fake.OpResume {
					if _, err := l.pause(); err != nil {
						t.Fatal(err)
					}
				}
				l.world.Inject(fake.Fault{Op: cut.op, Call: l.world.Count(cut.op) + 1, Hang: true, Lands: true})
				ctx, cancel := context.WithCancel(t.Context())
				before := l.world.Count(cut.op)
				go func() {
					tick := time.NewTicker(time.Millisecond)
					defer tick.Stop()
					for l.world.Count(cut.op) == before && t.Context().Err() == nil {
						<-tick.C
					}
					cancel()
				}()
				if err := cut.command(l, ctx); err == nil {
					t.Fatal("it was not cut off")
				}
				if !l.state().Status.Resting() {
					t.Errorf("it is recorded as %s", l.state().Status)
				}
				switch then {
				case "pause":
					if _, err := l.pause(); err != nil {
						t.Fatal(err)
					}
					l.are(state.Paused, all(cluster.Paused))
				case "resume":
					if _, err := l.resume(); err != nil {
						t.Fatal(err)
					}
					l.are(state.Active, nil)
					for name, n := range l.state().Nodes {
						if n.Phase == cluster.Paused || n.Phase == cluster.Failed {
							t.Errorf("%s is %s: %s", name, n.Phase, n.Error)
						}
					}
				}
				l.stop(id)
			})
		}
	}
}

func TestPauseNeedsAProviderThatCan(t *testing.T) {
	l, id := begun(t)
	e := l.engineOf(func(d providers.Driver) providers.Driver { return struct{ providers.Driver }{d} })
	var cant *engine.CantPauseError
	if _, err := e.Pause(t.Context(), "lab", engine.PauseOptions{}); !errors.As(err, &cant) {
		t.Errorf("pause ended with %v", err)
	}
	l.are(state.Active, nil)
	l.stop(id)
}

// Machines that would end themselves as soon as they boot are not started
// unasked.
func TestResumeAfterTheEnd(t *testing.T) {
	l, id := begun(t)
	if _, err := l.pause(); err != nil {
		t.Fatal(err)
	}
	l.change(func(st *state.State) { st.Expires = time.Now().Add(-time.Hour) })
	var expired *engine.ExpiredError
	if _, err := l.resume(); !errors.As(err, &expired) || l.world.Count(fake.OpResume) > 0 {
		t.Errorf("resume ended with %v", err)
	}
	l.are(state.Paused, all(cluster.Paused))
	if _, err := l.engine().Resume(t.Context(), "lab", engine.ResumeOptions{Force: true, NoSetUp: true}); err != nil {
		t.Fatal(err)
	}
	l.stop(id)
}
