package ui

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
)

const (
	// stillEvery is how often Plain says what takes long, and from which age.
	stillEvery = 15 * time.Second
	// maxStill is how many nodes it names when it does.
	maxStill = 5
	// chatty is the number of nodes up to which Plain tells of each phase and
	// step; beyond, of nodes that are ready, failed or gone.
	chatty = 32
)

// Plain is the sink for a log or a pipe: one line with a time of day for each
// event that means something, on s.Err. A step that had nothing to do is none;
// what takes long is repeated every 15 seconds. It is safe for concurrent use.
type Plain struct {
	theme   theme
	now     func() time.Time
	out     *outbox
	verbose bool // tell of each step of all nodes, and once where the log is

	mu       sync.Mutex
	logs     map[string]bool // that were told of
	progress *progress
	failures *failures

	once sync.Once
	stop chan struct{}
	done chan struct{}
}

// NewPlain starts a plain sink; Close ends it.
func NewPlain(s Streams, now func() time.Time) *Plain { return newPlain(s, now, false) }

func newPlain(s Streams, now func() time.Time, verbose bool) *Plain {
	prog := newProgress()
	p := &Plain{
		theme:    s.errTheme(),
		now:      now,
		out:      newOutbox(s.Err),
		verbose:  verbose,
		logs:     map[string]bool{},
		progress: prog,
		failures: newFailures(prog, s.errTheme()),
		stop:     make(chan struct{}),
		done:     make(chan struct{}),
	}
	go p.run()
	return p
}

// Emit queues the lines of e.
func (p *Plain) Emit(e event.Event) {
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.print(now, p.failures.apply(e))
	known := len(p.progress.tasks)
	p.progress.apply(e, now)
	p.print(now, p.lines(e, now, len(p.progress.tasks) > known))
}

// Close writes what is left and returns the first error of writing.
func (p *Plain) Close() error {
	p.once.Do(func() {
		close(p.stop)
		<-p.done
		p.mu.Lock()
		defer p.mu.Unlock()
		p.print(p.now(), p.failures.rest())
	})
	return p.out.close()
}

func (p *Plain) run() {
	defer close(p.done)
	tick := time.NewTicker(stillEvery)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-tick.C:
			p.mu.Lock()
			now := p.now()
			p.print(now, p.still(now))
			p.mu.Unlock()
		}
	}
}

// print gives the first of the lines the time, and indents the others.
func (p *Plain) print(now time.Time, lines []string) {
	for i, l := range lines {
		stamp := "         "
		if i == 0 || !strings.HasPrefix(l, "    ") {
			stamp = now.Format("15:04:05 ")
		}
		p.out.add([]byte(stamp + l + "\n")...)
	}
}

// lines returns what e is worth saying, failures of nodes aside. It runs
// after progress has seen e.
func (p *Plain) lines(e event.Event, now time.Time, opened bool) []string {
	t, few := p.theme, p.verbose || len(p.progress.order) <= chatty
	switch e := e.(type) {
	case event.RunStarted:
		s := e.Command + " " + string(e.Cluster)
		if n := len(e.Nodes); n > 0 {
			s += ": " + count(n, "node")
		}
		return []string{s + " (" + now.Format("2006-01-02 MST") + ")"}
	case event.RunFinished:
		return []string{p.progress.outcome(t)}
	case event.Notice:
		return []string{noticeLine(e, t)}
	case event.TaskProgress:
		switch {
		case e.Done:
			return []string{taskLine(e, t)}
		case opened:
			return []string{joined(e.Task, sanitize(e.Message))}
		}
	case event.NodePhase:
		if e.Phase != cluster.Failed && (few || settled(e.Phase)) {
			return []string{joined(string(e.Node)+": "+string(e.Phase), sanitize(e.Reason))}
		}
	case event.StepFinished:
		if p.verbose {
			return p.step(e)
		}
		proof := p.progress.node(e.Node).phase == cluster.Verifying && e.Duration < time.Second
		if few && e.Outcome == event.Changed && !proof {
			return []string{fmt.Sprintf("%s: %s/%s done in %s", e.Node, e.Role, e.Step, short(e.Duration))}
		}
	case event.NodeWaiting:
		if few && e.For != "" {
			return []string{fmt.Sprintf("%s: waits for %s", e.Node, sanitize(e.For))}
		}
	case event.StepStarted:
	}
	return nil
}

// step is the whole truth about a step that ended.
func (p *Plain) step(e event.StepFinished) []string {
	how := "done"
	if e.Outcome != event.Changed {
		how = string(e.Outcome)
	}
	lines := []string{fmt.Sprintf("%s: %s/%s %s in %s", e.Node, e.Role, e.Step, how, short(e.Duration))}
	if e.Log != "" && !p.logs[e.Log] {
		p.logs[e.Log] = true
		lines = append([]string{fmt.Sprintf("%s: log %s", e.Node, e.Log)}, lines...)
	}
	return lines
}

// still says what has been going on for long.
func (p *Plain) still(now time.Time) []string {
	var lines []string
	for _, task := range p.progress.tasks {
		if d := now.Sub(task.since); d >= stillEvery {
			lines = append(lines, fmt.Sprintf("still %s (%s)", joined(task.name, sanitize(task.message)), whole(d)))
		}
	}
	more := 0
	p.progress.workers(func(n *nodeView) bool {
		d := now.Sub(n.since)
		if d < stillEvery {
			return true
		}
		if more++; more > maxStill {
			return true
		}
		verb := "still at " + n.doing()
		switch {
		case n.waiting != "":
			verb = "still waiting for " + sanitize(n.waiting)
		case n.role == "":
			verb = "still " + string(n.phase)
		}
		lines = append(lines, fmt.Sprintf("%s: %s (%s)", n.name, verb, whole(d)))
		return true
	})
	if more > maxStill {
		lines = append(lines, fmt.Sprintf("and %s more; %s", count(more-maxStill, "node"), p.progress.census(p.theme)))
	}
	return lines
}

func joined(a, b string) string {
	if b == "" {
		return a
	}
	return a + ": " + b
}
