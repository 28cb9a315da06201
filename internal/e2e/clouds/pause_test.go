package clouds

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// The requests that stop machines and start them again.
var (
	haltOps = map[string]string{"google": "compute.instances.stop", "aws": "StopInstances", "azure": "VirtualMachinesClient.BeginDeallocate"}
	wakeOps = map[string]string{"google": "compute.instances.start", "aws": "StartInstances", "azure": "VirtualMachinesClient.BeginStart"}
)

// fullCodes are the clouds' words for having no machine free.
var fullCodes = map[string]string{"google": "ZONE_RESOURCE_POOL_EXHAUSTED", "aws": "InsufficientInstanceCapacity", "azure": "AllocationFailed"}

// lives are the states of the machines of the cloud, in its own words.
func (l *lab) lives() map[string]string {
	states := map[string]string{}
	for _, r := range l.cloud.Inventory() {
		if r.Kind == machineKinds[l.kind] {
			states[r.Node] = strings.ToLower(r.State)
		}
	}
	return states
}

// halted fails the test unless exactly these machines are stopped.
func (l *lab) halted(nodes ...string) {
	l.Helper()
	var got []string
	for node, state := range l.lives() {
		if !strings.Contains(state, "running") {
			got = append(got, node)
		}
	}
	slices.Sort(got)
	slices.Sort(nodes)
	if !slices.Equal(got, nodes) {
		l.Errorf("stopped are %v and not %v: %v", got, nodes, l.lives())
	}
}

// phases are the names of the nodes with their phases.
func (l *lab) phases() map[string]string {
	l.Helper()
	var list struct {
		Nodes []struct{ Name, Phase string }
	}
	if err := json.Unmarshal([]byte(l.run("list-nodes", "c", "--output", "json")), &list); err != nil {
		l.Fatal(err)
	}
	phases := map[string]string{}
	for _, n := range list.Nodes {
		phases[n.Name] = n.Phase
	}
	return phases
}

// allAre fails the test unless all nodes are in a phase.
func (l *lab) allAre(phase string) {
	l.Helper()
	for node, is := range l.phases() {
		if is != phase {
			l.Errorf("%s is %s, not %s", node, is, phase)
		}
	}
}

// newPauseLab is a started cluster of three nodes in a cloud where nothing
// happens at once.
func newPauseLab(t *testing.T, kind string) *lab {
	t.Helper()
	l := newLab(t, kind, sim.Options{OperationTime: 200 * time.Millisecond, BootTime: 200 * time.Millisecond, CreateLag: lag, DeleteLag: lag})
	l.write(l.provider(nil) + l.cluster(2, "", ""))
	l.run("start", "c")
	return l
}

func TestPause(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			l := newPauseLab(t, kind)
			defer l.stop()
			l.run("pause", "c", "--yes")
			l.halted("frontend001", "compute001", "compute002")
			l.allAre("paused")
			l.run("list-nodes", "c", "--update")
			l.allAre("paused")
			l.run("resume", "c")
			l.halted()
			l.allAre("ready")
			l.run("start", "c")
			l.run("pause", "c", "--yes") // a paused cluster can be stopped
		})
	}
}

// A machine that the cloud does not stop runs on, and is named; one for which it
// has no room is too. Both commands can be repeated.
func TestPauseFaults(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			l := newPauseLab(t, kind)
			defer l.stop()
			refusal := map[string]string{"google": "invalid", "aws": "UnsupportedOperation", "azure": "OperationNotAllowed"}[kind]
			l.script.Inject(sim.Fault{Op: haltOps[kind], Node: "compute001", Code: refusal, Message: "this machine is not to be stopped", Times: -1})
			status, out, errs := l.try("pause", "c", "--yes")
			if words := strings.Join(strings.Fields(out+errs), " "); status != 4 || !strings.Contains(words, "the machines of compute001 could not be stopped") ||
				!strings.Contains(words, "this machine is not to be stopped") {
				t.Errorf("pause ended with status %d:\n%s%s", status, out, errs)
			}
			l.halted("frontend001", "compute002")
			l.script.Mend()
			l.run("pause", "c", "--yes")
			l.halted("frontend001", "compute001", "compute002")

			l.script.Inject(sim.Fault{Op: wakeOps[kind], Node: "compute002", Code: fullCodes[kind], Message: "no room for it now", Times: -1})
			status, out, errs = l.try("resume", "c")
			if words := strings.Join(strings.Fields(out+errs), " "); status == 0 || !strings.Contains(words, "1 of 3 nodes failed (compute002)") ||
				!strings.Contains(words, "no room for it now") {
				t.Errorf("resume ended with status %d:\n%s%s", status, out, errs)
			}
			l.halted("compute002")
			if p := l.phases(); p["frontend001"] != "ready" || p["compute001"] != "ready" || p["compute002"] != "failed" {
				t.Errorf("the nodes are %v", p)
			}
			l.script.Mend()
			l.run("resume", "c")
			l.allAre("ready")
		})
	}
}

// A start that was accepted and came to nothing is told as well.
func TestResumeFailsLater(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"google", "azure"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			l := newPauseLab(t, kind)
			defer l.stop()
			l.run("pause", "c", "--yes")
			l.script.Inject(sim.Fault{Op: wakeOps[kind], Node: "compute002", Code: fullCodes[kind], Message: "no room for it now", Later: true, Times: -1})
			status, out, errs := l.try("resume", "c")
			if status == 0 || !strings.Contains(out+errs, "1 of 3 nodes failed (compute002)") || !strings.Contains(errs, "'ecluster resume c' asks again") {
				t.Errorf("resume ended with status %d:\n%s%s", status, out, errs)
			}
			l.script.Mend()
			l.run("resume", "c")
			l.allAre("ready")
		})
	}
}

// TestKillPause kills the real program in the middle of a pause and of a
// resume. Either command makes the cluster whole, and a stop leaves nothing.
func TestKillPause(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, command := range []string{"pause", "resume"} {
			for _, after := range []string{"pause", "resume", "stop"} {
				t.Run(kind+"/"+command+"/"+after, func(t *testing.T) {
					needFull(t)
					t.Parallel()
					killPause(t, kind, command, after)
				})
			}
		}
	}
}

func killPause(t *testing.T, kind, command, after string) {
	t.Helper()
	killsAtOnce <- struct{}{}
	defer func() { <-killsAtOnce }()
	s := newSite(t, kind, killFlags...)
	s.write(3)
	s.run("start", "c")
	args, op := []string{"pause", "c", "--yes"}, haltOps[kind]
	if command == "resume" {
		s.run("pause", "c", "--yes")
		args, op = []string{"resume", "c"}, wakeOps[kind]
	}
	before := len(s.requests(op))
	s.killWhen(func(s *site, _ []eventLine) bool { return len(s.requests(op)) > before }, args...)
	switch after {
	case "pause":
		s.run("pause", "c", "--yes")
		for node, phase := range s.phases() {
			if phase != "paused" {
				t.Errorf("%s is %s", node, phase)
			}
		}
		s.run("resume", "c")
		s.whole("frontend001", "compute001", "compute002", "compute003")
	case "resume":
		s.run("resume", "c")
		s.whole("frontend001", "compute001", "compute002", "compute003")
	}
	s.stop()
}
