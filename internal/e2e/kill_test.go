package e2e

import (
	"testing"
)

// moment is an instant of a start at which ecluster is killed.
type moment struct {
	name string
	when func(eventLine) bool
	full bool // only make e2e
}

func phase(node, phase string) func(eventLine) bool {
	return func(e eventLine) bool { return e.Type == "node" && e.Node == node && e.Phase == phase }
}

func step(node, role string) func(eventLine) bool {
	return func(e eventLine) bool { return e.Type == "step_started" && e.Node == node && e.Role == role }
}

var moments = []moment{
	{"before the first launch", func(e eventLine) bool { return e.Type == "run_started" }, true},
	{"frontend launching", phase("frontend001", "launching"), true},
	{"compute launching", phase("compute002", "launching"), false},
	{"booting", phase("compute001", "booting"), true},
	{"reachable", phase("frontend001", "reachable"), true},
	{"packages", step("compute001", "os"), false},
	{"accounting", step("frontend001", "slurm-accounting"), true},
	{"controller", step("frontend001", "slurm-controller"), false},
	{"joining", phase("compute001", "joining"), true},
	{"first node ready", phase("compute001", "ready"), true},
}

// TestKill kills ecluster at many instants. Each time another start makes a
// working cluster, and stop leaves nothing.
func TestKill(t *testing.T) {
	needEngine(t)
	for _, m := range moments {
		t.Run(m.name, func(t *testing.T) {
			if m.full {
				needFull(t)
			}
			u := newUser(t, "kill")
			u.killAt(m.when, "start", "local", "-n", "kill")
			u.run("start", "local", "-n", "kill")
			u.proveWorking(2)
			u.run("stop", "kill", "--yes")
		})
	}
}

// TestKillThenStop kills ecluster while it launches, and stops at once: what
// was in flight may still land, and must go too.
func TestKillThenStop(t *testing.T) {
	needEngine(t)
	for _, m := range moments[1:4] {
		t.Run(m.name, func(t *testing.T) {
			if m.full {
				needFull(t)
			}
			u := newUser(t, "killstop")
			u.killAt(m.when, "start", "local", "-n", "killstop")
			u.run("stop", "killstop", "--yes")
		})
	}
}
