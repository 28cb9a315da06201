package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// inOrder are the phases as the block counts them.
var inOrder = [...]cluster.Phase{
	cluster.Planned, cluster.Launching, cluster.Booting, cluster.Reachable, cluster.Installing,
	cluster.Configuring, cluster.Joining, cluster.Verifying, cluster.Draining, cluster.Deleting,
	cluster.Ready, cluster.Failed, cluster.Gone, cluster.Paused,
}

// block lays out the live view: a headline, the open tasks, and the nodes.
// Where all nodes of the run fit each has its line; else those at work have
// one, longest at it first, and the rest is counted. It looks at no more nodes
// than it shows.
func (p *progress) block(t theme, now time.Time, width, height int) []string {
	room := height - 2 // the headline, and the row on which the cursor rests
	lines := []string{t.fit(p.headline(t, now), width-1)}
	for _, task := range p.tasks[:min(len(p.tasks), max(1, room/2))] {
		lines = append(lines, taskRow(t, task, now, width))
		room--
	}
	if len(p.order) <= room {
		for _, n := range p.order {
			lines = append(lines, nodeRow(t, n, now, width, p.nameWidth(p.order)))
		}
		return lines
	}
	return append(lines, p.crowd(t, now, width, room)...)
}

// crowd shows as many of the nodes at work as there is room for, and counts.
func (p *progress) crowd(t theme, now time.Time, width, room int) []string {
	shown := make([]*nodeView, 0, room)
	p.workers(func(n *nodeView) bool {
		if len(shown) >= room-1 {
			return false
		}
		shown = append(shown, n)
		return true
	})
	var lines []string
	for _, n := range shown {
		lines = append(lines, nodeRow(t, n, now, width, p.nameWidth(shown)))
	}
	return append(lines, t.fit("  "+p.census(t), width-1))
}

// headline is "start local · 1m02s · 3 of 40 ready, 1 failed".
func (p *progress) headline(t theme, now time.Time) string {
	parts := []string{t.bold(p.command + " " + string(p.cluster)), whole(now.Sub(p.started))}
	if n := len(p.order); n > 0 {
		goal := cluster.Ready
		for _, end := range []cluster.Phase{cluster.Gone, cluster.Paused} {
			if p.counts[cluster.Ready] == 0 && p.counts[end] > 0 {
				goal = end
			}
		}
		s := fmt.Sprintf("%d of %d %s", p.counts[goal], n, goal)
		if f := p.counts[cluster.Failed]; f > 0 {
			s += ", " + t.bad(fmt.Sprintf("%d failed", f))
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, t.dot())
}

// census counts nodes by phase: "10000 nodes: 20 booting, 980 installing".
func (p *progress) census(t theme) string {
	var parts []string
	known := 0
	for _, phase := range inOrder {
		if n := p.counts[phase]; n > 0 {
			parts = append(parts, t.phase(phase, fmt.Sprintf("%d %s", n, phase)))
			known += n
		}
	}
	if n := len(p.order) - known; n > 0 {
		parts = append([]string{t.faint(fmt.Sprintf("%d to come", n))}, parts...)
	}
	return count(len(p.order), "node") + ": " + strings.Join(parts, ", ")
}

// outcome is the last line of a run.
func (p *progress) outcome(t theme) string {
	f := p.finished
	mark := t.tick()
	parts := []string{}
	if f.Ready > 0 {
		parts = append(parts, fmt.Sprintf("%s ready", count(f.Ready, "node")))
	}
	for _, end := range []cluster.Phase{cluster.Gone, cluster.Paused} {
		if n := p.counts[end]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", count(n, "node"), end))
		}
	}
	if f.Failed > 0 {
		parts = append(parts, t.bad(fmt.Sprintf("%d failed", f.Failed)))
	}
	switch {
	case p.ran == 0 && p.unchanged > 0:
		parts = append(parts, fmt.Sprintf("nothing to do (%s unchanged)", count(p.unchanged, "step")))
	case p.unchanged > 0:
		parts = append(parts, fmt.Sprintf("%s ran, %d unchanged", count(p.ran, "step"), p.unchanged))
	}
	if f.Err != nil || f.Failed > 0 {
		mark = t.cross()
	}
	if f.Err != nil && len(parts) == 0 {
		parts = append(parts, "failed")
	}
	parts = append(parts, short(f.Duration))
	return fmt.Sprintf("%s %s %s: %s", mark, f.Command, f.Cluster, strings.Join(parts, ", "))
}

func (*progress) nameWidth(nodes []*nodeView) int {
	w := 0
	for _, n := range nodes {
		w = max(w, len(n.name))
	}
	return w
}

func taskRow(t theme, task *taskView, now time.Time, width int) string {
	s := "  " + t.busy(task.name)
	if task.message != "" {
		s += ": " + sanitize(task.message)
	}
	return timed(t, s, whole(now.Sub(task.since)), width)
}

// nodeRow is "  compute001  installing   slurm-worker/start        12s".
func nodeRow(t theme, n *nodeView, now time.Time, width, names int) string {
	const phases = len("configuring")
	const narrow = 60
	s := "  " + pad(string(n.name), names) + "  "
	doing := n.doing()
	if width >= narrow || doing == "" {
		s += t.phase(n.phase, pad(string(n.phase), phases)) + "  "
	}
	if n.place == nil {
		if n.began.IsZero() || n.ended.IsZero() {
			return strings.TrimRight(t.fit(s, width-1), " ")
		}
		return timed(t, s, whole(n.ended.Sub(n.began)), width)
	}
	return timed(t, s+doing, whole(now.Sub(n.since)), width)
}

// timed puts a time at the right edge; the last column stays free, because
// some terminals wrap when it is written.
func timed(t theme, left, time string, width int) string {
	left = t.fit(left, width-len(time)-3)
	return pad(left, width-1-len(time)) + t.faint(time)
}
