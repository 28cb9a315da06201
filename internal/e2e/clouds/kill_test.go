package clouds

import (
	"slices"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// killing is an instant at which the real program is killed, and whether the
// cloud resets the connection of the request that is out then and carries it
// out all the same.
type killing struct {
	name   string
	moment func(s *site, seen []eventLine) bool
	landed bool
	short  map[string]bool // what is not only for make e2e: "cloud/after"
}

// asked is the moment when the cloud has received the request that makes the
// first compute node; it is not answered yet.
func asked(s *site, _ []eventLine) bool {
	for _, e := range s.requests(createOps[s.kind]) {
		if e.Code != "DryRunOperation" && slices.Contains(e.Nodes, "compute001") {
			return true
		}
	}
	return false
}

func phase(node, phase string) func(*site, []eventLine) bool {
	return func(_ *site, seen []eventLine) bool {
		return slices.ContainsFunc(seen, func(e eventLine) bool { return e.Type == "node" && e.Node == node && e.Phase == phase })
	}
}

func step(node, role string) func(*site, []eventLine) bool {
	return func(_ *site, seen []eventLine) bool {
		return slices.ContainsFunc(seen, func(e eventLine) bool { return e.Type == "step_started" && e.Node == node && e.Role == role })
	}
}

var killings = []killing{
	{name: "asked", moment: asked, short: map[string]bool{"aws/stop": true}},
	{name: "asked and reset", moment: asked, landed: true},
	{name: "booting", moment: phase("compute002", "booting"), short: map[string]bool{"aws/start": true}},
	{name: "set-up", moment: step("frontend001", "slurm-controller"), short: map[string]bool{"aws/start": true}},
	{name: "first node ready", moment: phase("frontend001", "ready")},
}

// killFlags make a cloud slow enough to be caught at a moment.
var killFlags = []string{"--latency", "100ms", "--boot-time", "1s", "--step-time", "50ms", "--create-lag", "500ms", "--delete-lag", "500ms"}

// killsAtOnce bounds how many clouds and programs run beside each other: what
// they do is real work, unlike what other tests of this package wait for.
var killsAtOnce = make(chan struct{}, 4)

// TestKill kills the real program while it starts a cluster. Another start
// makes it whole, with one machine a node, or a stop leaves nothing.
func TestKill(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, k := range killings {
			for _, after := range []string{"start", "stop"} {
				t.Run(kind+"/"+k.name+"/"+after, func(t *testing.T) {
					if !k.short[kind+"/"+after] {
						needFull(t)
					}
					t.Parallel()
					k.run(t, kind, after)
				})
			}
		}
	}
}

func (k killing) run(t *testing.T, kind, after string) {
	t.Helper()
	killsAtOnce <- struct{}{}
	defer func() { <-killsAtOnce }()
	s := newSite(t, kind, killFlags...)
	s.write(3)
	if k.landed {
		err := s.cloud.Inject(t.Context(), sim.Fault{
			Op: createOps[kind], Node: "compute001", Reset: true, Lands: true, Delay: sim.Duration(300 * time.Millisecond),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.killWhen(k.moment, "start", "c")
	if after == "start" {
		s.run("start", "c")
		s.whole("frontend001", "compute001", "compute002", "compute003")
	}
	s.stop()
}

// whole checks that these nodes are ready and have one machine each.
func (s *site) whole(nodes ...string) {
	s.Helper()
	phases, machines := s.phases(), s.machines()
	for _, n := range nodes {
		if phases[n] != "ready" || machines[n] != 1 {
			s.Errorf("%s is %s and has %d machines", n, phases[n], machines[n])
		}
	}
	if len(phases) != len(nodes) || len(machines) != len(nodes) {
		s.Errorf("there are %v with %v machines", phases, machines)
	}
}

// TestKillStop kills a stop when the first machine goes; another finishes it.
func TestKillStop(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			needFull(t)
			t.Parallel()
			killsAtOnce <- struct{}{}
			defer func() { <-killsAtOnce }()
			s := newSite(t, kind, killFlags...)
			s.write(3)
			s.run("start", "c")
			s.killWhen(func(s *site, _ []eventLine) bool { return len(s.requests(deleteOps[kind])) > 0 }, "stop", "c", "--yes")
			s.stop()
		})
	}
}

// deleteOps are the requests that delete machines.
var deleteOps = map[string]string{
	"google": "compute.instances.delete",
	"aws":    "TerminateInstances",
	"azure":  "VirtualMachinesClient.BeginDelete",
}
