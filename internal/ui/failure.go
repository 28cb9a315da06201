package ui

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
)

const (
	maxTail      = 20 // lines of a failed step's output that are shown
	maxSameCause = 64 // different failures that are remembered, to be told once
)

// failures turns the events of failing nodes into blocks of lines. A failed
// step is held back until the node's own failure follows, so that both make
// one block; a failure like an earlier one takes a single line, because a
// mistake in a role fails all nodes in the same way. It is not safe for
// concurrent use.
type failures struct {
	before *progress // as it was before the event at hand
	theme  theme
	steps  map[cluster.NodeName]event.StepFinished
	seen   map[string]cluster.NodeName // fingerprint of a failure, its first node
}

func newFailures(before *progress, t theme) *failures {
	return &failures{
		before: before,
		theme:  t,
		steps:  map[cluster.NodeName]event.StepFinished{},
		seen:   map[string]cluster.NodeName{},
	}
}

// apply returns the lines to show for good because of e; often there are none.
func (f *failures) apply(e event.Event) []string {
	switch e := e.(type) {
	case event.StepFinished:
		if e.Outcome == event.Failed {
			f.steps[e.Node] = e
		}
	case event.StepStarted:
		return f.held(e.Node)
	case event.NodePhase:
		if e.Phase == cluster.Failed {
			return f.failed(e)
		}
		return f.held(e.Node)
	case event.RunFinished:
		return f.rest()
	}
	return nil
}

// rest shows what is still held back.
func (f *failures) rest() []string {
	var lines []string
	for _, node := range slices.Sorted(maps.Keys(f.steps)) {
		lines = append(lines, f.held(node)...)
	}
	return lines
}

// held shows a failed step whose node did not fail with it.
func (f *failures) held(node cluster.NodeName) []string {
	if _, ok := f.steps[node]; !ok {
		return nil
	}
	return f.failed(event.NodePhase{Node: node, Phase: cluster.Failed})
}

func (f *failures) failed(e event.NodePhase) []string {
	t := f.theme
	step, inStep := f.steps[e.Node]
	delete(f.steps, e.Node)
	reason := sanitize(e.Reason)

	what := "failed"
	if n := f.before.nodes[e.Node]; inStep {
		what = step.Role + "/" + step.Step + " failed"
	} else if n != nil && n.phase != "" && !settled(n.phase) {
		what = "failed while " + string(n.phase)
	}
	// The engine's reason often begins with what is said already.
	reason = strings.TrimPrefix(reason, strings.TrimSuffix(what, " failed")+": ")
	head := fmt.Sprintf("%s %s: %s", t.cross(), t.bold(string(e.Node)), what)

	cause := what + "\x00" + strings.ReplaceAll(reason, string(e.Node), "")
	if first, known := f.seen[cause]; known && first != e.Node {
		return []string{head + " like " + string(first) + logNote(step.Log)}
	}
	if len(f.seen) < maxSameCause {
		f.seen[cause] = e.Node
	}

	if inStep && step.Duration > 0 {
		head += " after " + short(step.Duration)
	}
	if reason != "" {
		head += ": " + reason
	}
	lines := append([]string{head}, tail(step.Tail, t)...)
	if step.Log != "" {
		lines = append(lines, "    log   "+step.Log)
	}
	return append(lines, f.next(e.Node, inStep)...)
}

// tail is the indented end of a step's output.
func tail(output []string, t theme) []string {
	var lines []string
	for _, l := range output[max(0, len(output)-maxTail):] {
		lines = append(lines, outputLead(t)+sanitize(l))
	}
	return lines
}

// next says what the user can do about one node.
func (f *failures) next(node cluster.NodeName, inStep bool) []string {
	t, name := f.theme, f.before.cluster
	if name == "" || f.before.command == "stop" {
		return nil
	}
	if !inStep {
		return []string{nextTo + "repeat the command: it goes on from here, and keeps the other nodes"}
	}
	try := fmt.Sprintf("ecluster setup %s -- %s", name, node)
	look := fmt.Sprintf("ecluster ssh %s -n %s --admin", name, node)
	w := max(len(try), len(look))
	return []string{
		nextTo + pad(try, w) + t.faint(comment+"tries again; others stay"),
		alsoTo + pad(look, w) + t.faint(comment+"to look around"),
	}
}

func logNote(path string) string {
	if path == "" {
		return ""
	}
	return " (log " + path + ")"
}
