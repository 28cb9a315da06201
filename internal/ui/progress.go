package ui

import (
	"container/list"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
)

// progress is what is going on now, folded from the events so far. Each event
// costs the same whether the run has ten nodes or ten thousand: the nodes at
// work stand in a list in the order in which they began, so that the slowest
// are at its head. It is not safe for concurrent use.
type progress struct {
	command  string
	cluster  cluster.Name
	started  time.Time
	finished *event.RunFinished

	nodes  map[cluster.NodeName]*nodeView
	order  []*nodeView // as they were announced, or first heard of
	active *list.List  // of *nodeView
	counts map[cluster.Phase]int
	tasks  []*taskView // those that are not done

	ran, unchanged int // steps
}

// nodeView is one node as it is shown.
type nodeView struct {
	name       cluster.NodeName
	phase      cluster.Phase // empty before the first event
	role, step string        // at work now; empty between steps
	waiting    string        // for what
	began      time.Time     // of its work in this run
	since      time.Time     // of what it does now
	ended      time.Time     // when it became ready, failed, gone or paused
	place      *list.Element // in active; nil when it is not there
}

// taskView is work that belongs to no node.
type taskView struct {
	name, message string
	since         time.Time
}

func newProgress() *progress {
	return &progress{
		nodes:  map[cluster.NodeName]*nodeView{},
		active: list.New(),
		counts: map[cluster.Phase]int{},
	}
}

// apply folds one event in.
func (p *progress) apply(e event.Event, now time.Time) {
	switch e := e.(type) {
	case event.RunStarted:
		*p = *newProgress() // one command may be several runs
		p.command, p.cluster, p.started = e.Command, e.Cluster, now
		for _, n := range e.Nodes {
			p.node(n)
		}
	case event.RunFinished:
		p.finished = &e
		p.active.Init()
		p.tasks = nil
	case event.TaskProgress:
		p.task(e, now)
	case event.NodePhase:
		p.phase(p.node(e.Node), e.Phase, now)
	case event.StepStarted:
		n := p.node(e.Node)
		n.role, n.step, n.waiting, n.since = e.Role, e.Step, "", now
		p.activate(n, now)
	case event.StepFinished:
		n := p.node(e.Node)
		n.role, n.step, n.waiting, n.since = "", "", "", now
		switch e.Outcome {
		case event.Changed:
			if n.phase != cluster.Verifying { // a proof runs every time, and changes nothing
				p.ran++
			}
		case event.Unchanged:
			p.unchanged++
		case event.Failed:
		}
	case event.NodeWaiting:
		n := p.node(e.Node)
		if n.waiting != e.For {
			n.waiting, n.since = e.For, now
		}
		if e.For != "" {
			p.activate(n, now)
		}
	case event.Notice:
	}
}

func (p *progress) node(name cluster.NodeName) *nodeView {
	n, known := p.nodes[name]
	if !known {
		n = &nodeView{name: name}
		p.nodes[name] = n
		p.order = append(p.order, n)
	}
	return n
}

func (p *progress) phase(n *nodeView, phase cluster.Phase, now time.Time) {
	if n.phase != "" {
		p.counts[n.phase]--
	}
	p.counts[phase]++
	n.phase, n.role, n.step, n.waiting, n.since = phase, "", "", "", now
	if !settled(phase) {
		p.activate(n, now)
		return
	}
	n.ended = now
	if n.place != nil {
		p.active.Remove(n.place)
		n.place = nil
	}
}

func (p *progress) activate(n *nodeView, now time.Time) {
	if n.place != nil || p.finished != nil {
		return
	}
	n.place = p.active.PushBack(n)
	n.began, n.ended = now, time.Time{}
}

// settled says that a node in this phase has nothing more to do in a run.
func settled(p cluster.Phase) bool {
	return p == cluster.Ready || p == cluster.Failed || p == cluster.Gone || p == cluster.Paused
}

func (p *progress) task(e event.TaskProgress, now time.Time) {
	for i, t := range p.tasks {
		if t.name != e.Task {
			continue
		}
		if e.Done {
			p.tasks = append(p.tasks[:i], p.tasks[i+1:]...)
		} else if e.Message != "" {
			t.message = e.Message
		}
		return
	}
	if !e.Done {
		p.tasks = append(p.tasks, &taskView{name: e.Task, message: e.Message, since: now})
	}
}

// doing says in a few words what a node is at.
func (n *nodeView) doing() string {
	switch {
	case n.waiting != "":
		return "waits for " + sanitize(n.waiting)
	case n.role != "":
		return n.role + "/" + n.step
	}
	return ""
}

// workers calls f with the nodes at work, longest at it first, until f
// returns false.
func (p *progress) workers(f func(*nodeView) bool) {
	for el := p.active.Front(); el != nil; el = el.Next() {
		if n, ok := el.Value.(*nodeView); !ok || !f(n) {
			return
		}
	}
}
