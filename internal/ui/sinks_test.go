package ui

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
)

func TestLiveStory(t *testing.T) {
	c := newClock()
	term := newTerminal(80, 24)
	live := newLive(Streams{Err: term, ErrTTY: true, Unicode: true}, c.now)
	var film strings.Builder
	for i, m := range story() {
		c.advance(m.after)
		live.Emit(m.event)
		live.frame(true)
		if m.after > 0 || i == len(story())-1 {
			fmt.Fprintf(&film, "--- after %s: %s\n%s", m.after, m.event.Type(), term)
		}
	}
	live.frame(false)
	fmt.Fprintf(&film, "--- closed\n%s", term)
	golden(t, "live.txt", film.String())
	atRest(t, term)
}

func TestLiveNarrow(t *testing.T) {
	c := newClock()
	term := newTerminal(40, 8)
	live := newLive(Streams{Err: term, ErrTTY: true, Width: func() int { return 40 }, Height: func() int { return 8 }}, c.now)
	moments := story()
	for _, m := range moments[:len(moments)-6] {
		c.advance(m.after)
		live.Emit(m.event)
		live.frame(true)
	}
	golden(t, "live-narrow.txt", term.String())
	for _, m := range moments[len(moments)-6:] {
		live.Emit(m.event)
	}
	live.frame(false)
	golden(t, "live-narrow-end.txt", term.String())
	atRest(t, term)
}

// TestLiveShrinks makes the terminal narrower between frames: the old block
// wraps and must still be replaced whole.
func TestLiveShrinks(t *testing.T) {
	c := newClock()
	term := newTerminal(80, 24)
	width := 80
	live := newLive(Streams{Err: term, ErrTTY: true, Width: func() int { return width }}, c.now)
	live.Emit(event.RunStarted{Command: "start", Cluster: "local", Nodes: []cluster.NodeName{"compute001"}})
	live.Emit(event.NodePhase{Node: "compute001", Phase: cluster.Booting})
	live.frame(true)

	// What a terminal does to lines of 79 columns when it gets 50 wide.
	width = 50
	narrow := newTerminal(50, 24)
	for _, l := range live.screen.block {
		fmt.Fprintf(narrow, "%s\r\n", l)
	}
	live.streams.Err = narrow
	c.advance(time.Second)
	live.frame(true)
	if got := strings.Count(narrow.String(), "compute001"); got != 1 {
		t.Errorf("the node stands there %d times:\n%s", got, narrow)
	}
}

func TestLiveCrowd(t *testing.T) {
	c := newClock()
	term := newTerminal(80, 12)
	live := newLive(Streams{Err: term, ErrTTY: true, Unicode: true, Height: func() int { return 12 }}, c.now)
	nodes := crowdNames(10_000)
	live.Emit(event.RunStarted{Command: "start", Cluster: "big", Nodes: nodes})
	for i, n := range nodes[:4000] {
		live.Emit(event.NodePhase{Node: n, Phase: cluster.Launching})
		if i < 2000 {
			live.Emit(event.NodePhase{Node: n, Phase: cluster.Booting})
		}
		if i < 1000 && i%100 != 0 {
			live.Emit(event.NodePhase{Node: n, Phase: cluster.Ready})
		}
	}
	c.advance(90 * time.Second)
	live.frame(true)
	golden(t, "live-crowd.txt", term.String())
	atRest(t, term)
}

// TestLiveAgain shows a second run through the same sink from its beginning.
func TestLiveAgain(t *testing.T) {
	c := newClock()
	term := newTerminal(80, 24)
	live := newLive(Streams{Err: term, ErrTTY: true, Unicode: true}, c.now)
	live.Emit(event.RunStarted{Command: "resize", Cluster: "local", Nodes: crowdNames(1)})
	live.Emit(event.NodePhase{Node: "compute001", Phase: cluster.Gone})
	live.Emit(event.RunFinished{Command: "resize", Cluster: "local", Duration: time.Minute})
	live.Emit(event.RunStarted{Command: "setup", Cluster: "local", Nodes: []cluster.NodeName{"frontend001"}})
	live.Emit(event.StepFinished{Node: "frontend001", Role: "base", Step: "users", Outcome: event.Unchanged})
	live.Emit(event.NodePhase{Node: "frontend001", Phase: cluster.Verifying})
	live.Emit(event.StepFinished{Node: "frontend001", Role: "munge", Step: "verify", Outcome: event.Changed})
	live.frame(true)
	want := "✓ resize local: 1 node gone, 1m00s\nsetup local · 0s · 0 of 1 ready\n  frontend001  verifying"
	if !strings.HasPrefix(term.String(), want) {
		t.Errorf("%s", term)
	}
	live.Emit(event.RunFinished{Command: "setup", Cluster: "local", Duration: time.Second, Ready: 1})
	live.frame(true)
	if got := term.String(); !strings.HasSuffix(got, "✓ setup local: 1 node ready, nothing to do (1 step unchanged), 1.0s\n") {
		t.Error(got)
	}
}

// TestLiveIsQuiet draws nothing when nothing changed.
func TestLiveIsQuiet(t *testing.T) {
	var out bytes.Buffer
	c := newClock()
	live := newLive(Streams{Err: &out, ErrTTY: true}, c.now)
	live.Emit(event.RunStarted{Command: "start", Cluster: "local"})
	live.frame(true)
	n := out.Len()
	live.frame(true)
	if out.Len() != n {
		t.Errorf("a frame without news wrote %q", out.String()[n:])
	}
}

// atRest checks that a terminal was left as it was found.
func atRest(t *testing.T, term *terminal) {
	t.Helper()
	if term.err != nil {
		t.Error(term.err)
	}
	if !term.modes["?25"] || term.modes["?2026"] {
		t.Errorf("modes left behind: %v", term.modes)
	}
	if term.col != 0 {
		t.Errorf("the cursor rests in column %d", term.col)
	}
}

func TestPlainStory(t *testing.T) {
	s, _, errw := buffers()
	c := newClock()
	p := NewPlain(s, c.now)
	for _, m := range story() {
		for left := m.after; left >= stillEvery; left -= stillEvery {
			c.advance(stillEvery)
			p.mu.Lock()
			p.print(c.now(), p.still(c.now()))
			p.mu.Unlock()
			m.after -= stillEvery
		}
		c.advance(m.after)
		p.Emit(m.event)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	golden(t, "plain.txt", errw.String())
}

func TestPlainStill(t *testing.T) {
	s, _, _ := buffers()
	c := newClock()
	p := NewPlain(s, c.now)
	defer p.Close()
	p.Emit(event.RunStarted{Command: "start", Cluster: "local", Nodes: crowdNames(8)})
	for _, n := range crowdNames(8) {
		p.Emit(event.NodePhase{Node: n, Phase: cluster.Booting})
	}
	p.Emit(event.NodeWaiting{Node: "compute001", For: "the controller on frontend001"})
	p.Emit(event.StepStarted{Node: "compute002", Role: "base", Step: "users"})
	p.Emit(event.TaskProgress{Task: "build node image", Message: "unpacking"})
	c.advance(75 * time.Second)
	p.mu.Lock()
	defer p.mu.Unlock()
	golden(t, "still.txt", strings.Join(p.still(c.now()), "\n")+"\n")
}

// TestPlainCrowd keeps the log of a big run short.
func TestPlainCrowd(t *testing.T) {
	s, _, errw := buffers()
	p := NewPlain(s, newClock().now)
	nodes := crowdNames(100)
	p.Emit(event.RunStarted{Command: "start", Cluster: "big", Nodes: nodes})
	for _, n := range nodes {
		p.Emit(event.NodePhase{Node: n, Phase: cluster.Booting})
		p.Emit(event.StepStarted{Node: n, Role: "base", Step: "users"})
		p.Emit(event.StepFinished{Node: n, Role: "base", Step: "users", Outcome: event.Changed})
		p.Emit(event.NodePhase{Node: n, Phase: cluster.Ready})
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(errw.String(), "\n"); got != 101 {
		t.Errorf("%d lines for 100 nodes", got)
	}
}

func TestVerboseTellsAll(t *testing.T) {
	s, _, errw := buffers()
	s.ErrTTY = true // no live view all the same
	sink := NewSink(s, SinkOptions{Verbose: true, Now: newClock().now})
	sink.Emit(event.RunStarted{Command: "setup", Cluster: "big", Nodes: crowdNames(100)})
	for _, outcome := range []event.Outcome{event.Unchanged, event.Changed} {
		sink.Emit(event.StepFinished{
			Node: "compute001", Role: "base", Step: "users", Outcome: outcome, Duration: time.Second, Log: "/logs/compute001.log",
		})
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"log /logs/compute001.log\n", "compute001: base/users unchanged in 1.0s\n", "compute001: base/users done in 1.0s\n"} {
		if strings.Count(errw.String(), want) != 1 {
			t.Errorf("%q is not in it once:\n%s", want, errw.String())
		}
	}
}

func TestJSONStory(t *testing.T) {
	s, out, _ := buffers()
	c := newClock()
	j := NewJSONSink(s, c.now)
	for _, m := range story() {
		c.advance(m.after)
		j.Emit(m.event)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(out.String()) {
		var v struct {
			Time time.Time
			Type string
		}
		if err := json.Unmarshal([]byte(l), &v); err != nil || v.Time.IsZero() || v.Type == "" {
			t.Errorf("%v: %s", err, l)
		}
	}
	golden(t, "json.txt", out.String())
}

// TestHeldFailure shows a failed step also when its node never fails.
func TestHeldFailure(t *testing.T) {
	failed := event.StepFinished{Node: "compute001", Role: "script", Step: "run", Outcome: event.Failed, Tail: []string{"no"}}
	for name, later := range map[string]event.Event{
		"next step": event.StepStarted{Node: "compute001", Role: "a", Step: "b"},
		"ready":     event.NodePhase{Node: "compute001", Phase: cluster.Ready},
		"the end":   event.RunFinished{},
		"close":     nil,
	} {
		s, _, errw := buffers()
		p := NewPlain(s, newClock().now)
		p.Emit(failed)
		if later != nil {
			p.Emit(later)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(errw.String(), "script/run failed"); n != 1 {
			t.Errorf("%s: shown %d times:\n%s", name, n, errw)
		}
	}
}

// TestSinksInParallel has many emitters at once; -race judges.
func TestSinksInParallel(t *testing.T) {
	for _, tty := range []bool{true, false} {
		for _, f := range []Format{Text, JSON} {
			s, _, _ := buffers()
			s.ErrTTY = tty
			sink := NewSink(s, SinkOptions{Format: f})
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for _, m := range story() {
						sink.Emit(m.event)
					}
				})
			}
			wg.Wait()
			if err := sink.Close(); err != nil {
				t.Error(err)
			}
			if err := sink.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestStuckReader: a reader that reads nothing stops no emitter.
func TestStuckReader(t *testing.T) {
	w := &stuck{release: make(chan struct{})}
	j := NewJSONSink(Streams{Out: w}, newClock().now)
	for range 1000 {
		j.Emit(event.Notice{Message: "on"})
	}
	close(w.release)
	if err := j.Close(); !errors.Is(err, errBroken) {
		t.Errorf("close: %v", err)
	}
	j.Emit(event.Notice{Message: "late"})
}

var errBroken = errors.New("broken pipe")

type stuck struct{ release chan struct{} }

func (s *stuck) Write([]byte) (int, error) { <-s.release; return 0, errBroken }

func crowdNames(n int) []cluster.NodeName {
	names := make([]cluster.NodeName, n)
	for i := range names {
		names[i] = cluster.NewNodeName("compute", i+1)
	}
	return names
}

// BenchmarkLive is the cost of one event with 10,000 nodes, with a frame for
// each hundred events.
func BenchmarkLive(b *testing.B) {
	var out discard
	live := newLive(Streams{Err: &out, ErrTTY: true, Unicode: true}, newClock().now)
	nodes := crowdNames(10_000)
	live.Emit(event.RunStarted{Command: "start", Cluster: "big", Nodes: nodes})
	phases := []cluster.Phase{cluster.Launching, cluster.Booting, cluster.Reachable, cluster.Installing, cluster.Ready}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		live.Emit(event.NodePhase{Node: nodes[i%len(nodes)], Phase: phases[i/len(nodes)%len(phases)]})
		if i++; i%100 == 0 {
			live.frame(true)
		}
	}
}

// BenchmarkJSON is the cost of one event for a program.
func BenchmarkJSON(b *testing.B) {
	var out discard
	j := NewJSONSink(Streams{Out: &out}, newClock().now)
	defer j.Close()
	b.ReportAllocs()
	for b.Loop() {
		j.Emit(event.NodePhase{Node: "compute001", Group: "compute", Phase: cluster.Ready})
	}
}

type discard struct{}

func (*discard) Write(b []byte) (int, error) { return len(b), nil }
