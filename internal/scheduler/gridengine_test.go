package scheduler

import (
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
)

func gridClient(t *testing.T, f *frontend) Client {
	t.Helper()
	c, err := New("gridengine", f.exec)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGridEngineNodes(t *testing.T) {
	f := &frontend{answers: []string{captured(t, "gridengine-hosts.xml")}}
	got, err := gridClient(t, f).Nodes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	queues := []string{"long", "short"}
	want := []NodeStatus{
		{Name: "compute001", State: Busy, CPUs: 1, AllocCPUs: 1, Memory: 909 * cluster.MiB, Jobs: 1, Queues: queues},
		{
			Name: "compute002", State: Draining, CPUs: 1, AllocCPUs: 1, Memory: 909 * cluster.MiB, Jobs: 1, Queues: queues,
			Reason: "its queues are disabled or suspended",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong nodes (-want +got):\n%s", diff)
	}
}

func TestGridEngineQueue(t *testing.T) {
	f := &frontend{answers: []string{captured(t, "gridengine-jobs.xml")}}
	got, err := gridClient(t, f).Queue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Queue{Running: 2, Pending: 9, Reasons: map[string]int{"free slots": 8, "held": 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong queue (-want +got):\n%s", diff)
	}
}

func TestGridEngineAnswersThatAreNone(t *testing.T) {
	for _, answer := range []string{"", "error: commlib error: got select error (Connection refused)\n", "<qhost><host name='a'>"} {
		f := &frontend{answers: []string{answer, answer}}
		if nodes, err := gridClient(t, f).Nodes(t.Context()); err == nil {
			t.Errorf("%q was read as %v", answer, nodes)
		}
		if q, err := gridClient(t, f).Queue(t.Context()); err == nil {
			t.Errorf("%q was read as %v", answer, q)
		}
	}
}

func TestGridState(t *testing.T) {
	for _, c := range []struct {
		queues      []string
		busy, heard bool
		want        NodeState
	}{
		{[]string{""}, false, true, Idle},
		{[]string{"", "d"}, true, true, Busy},
		{[]string{"d", "d"}, true, true, Draining},
		{[]string{"d", "ds"}, false, true, Drained},
		{[]string{"au", "du"}, true, true, Down},
		{[]string{"E"}, false, true, Down},
		{[]string{"E", ""}, false, true, Idle},
		{[]string{"a"}, false, true, Idle},
		{nil, false, true, Unknown},
		{[]string{""}, false, false, Down},
	} {
		if got, _ := gridState(c.queues, c.busy, c.heard); got != c.want {
			t.Errorf("queues %q, busy %v, heard %v: %s, want %s", c.queues, c.busy, c.heard, got, c.want)
		}
	}
}

func TestTaskCount(t *testing.T) {
	for list, want := range map[string]int{
		"": 1, "7": 1, "1-20:1": 20, "8-20:3": 5, "1-2:1,9": 3, "4,5": 2, "x-y:z": 1, "1-99999999:1": maxTasks,
	} {
		if got := taskCount(list); got != want {
			t.Errorf("taskCount(%q) = %d, want %d", list, got, want)
		}
	}
}

func TestGridBytes(t *testing.T) {
	for s, want := range map[string]cluster.Bytes{
		"": 0, "-": 0, "909.000M": 909 << 20, "1.500G": 3 << 29, "2k": 2000, "512": 512, "-1M": 0, "NaN": 0, "9e30T": 0,
	} {
		if got := gridBytes(s); got != want {
			t.Errorf("gridBytes(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestGridEngineProbe(t *testing.T) {
	idle := strings.NewReplacer("<queuevalue qname='short' name='state_string'>d<", "<queuevalue qname='short' name='state_string'><",
		"name='slots_used'>1<", "name='slots_used'>0<").Replace(captured(t, "gridengine-hosts.xml"))
	for i := strings.Index(idle, "<job "); i >= 0; i = strings.Index(idle, "<job ") {
		idle = idle[:i] + idle[strings.Index(idle, "</job>")+len("</job>"):]
	}
	f := &frontend{answers: []string{idle, "compute001 proved\ncompute002 ada has no home /home/ada on it\n"}}
	got, err := gridClient(t, f).Probe(t.Context(), []cluster.NodeName{"compute001", "compute002", "compute003"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got["compute002"].Error() != "a job for it did not run: ada has no home /home/ada on it" ||
		got["compute003"].Error() != "qmaster does not know the node: it has not joined" {
		t.Errorf("wrong causes: %v", slices.Collect(maps.Values(got)))
	}

	f = &frontend{answers: []string{captured(t, "gridengine-hosts.xml")}}
	got, err = gridClient(t, f).Probe(t.Context(), []cluster.NodeName{"compute001"})
	if err != nil || len(got) != 0 || len(f.scripts) != 1 {
		t.Errorf("a busy node counts as proved without a job: %v, %v, %d scripts", got, err, len(f.scripts))
	}
}

func TestGridEngineScriptsAreShell(t *testing.T) {
	f := &frontend{}
	c, nodes := gridClient(t, f), []cluster.NodeName{"compute001", "compute002"}
	admitter, is := c.(Admitter)
	if !is {
		t.Fatal("it admits no nodes")
	}
	for verb, err := range map[string]error{
		"admit": admitter.Admit(t.Context(), nodes), "drain": c.Drain(t.Context(), nodes, "it's \"why\""),
		"resume": c.Resume(t.Context(), nodes), "remove": c.Remove(t.Context(), nodes), "requeue": c.Requeue(t.Context(), nodes),
	} {
		if err != nil {
			t.Errorf("%s: %v", verb, err)
		}
	}
	if len(f.scripts) != 5 {
		t.Errorf("%d scripts for five calls", len(f.scripts))
	}
	for _, script := range append(f.scripts, gridEnvironment+gridProbeScript) {
		cmd := exec.CommandContext(t.Context(), "sh", "-n")
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s\n%s", err, out, script)
		}
	}
}

// TestGridEngineJobsLeft: which jobs and tasks qstat still has on a node,
// whatever they are called.
func TestGridEngineJobsLeft(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sh")
	cmd.Stdin = strings.NewReader(vacateScript + `qstat() {
    cat <<END
job-ID  prior   name       user         state submit/start at     queue                          master ja-task-ID
------------------------------------------------------------------------------------------------------------------
     12 0.55500 my job     ada          r     11/23/2026 04:00:00 all.q@compute001               MASTER
     12 0.55500 my job     ada          r     11/23/2026 04:00:00 all.q@compute001               SLAVE
     13 0.55500 a 7 b      ada          r     11/23/2026 04:00:00 all.q@compute001               MASTER        2
     14 0.55500 plain      ada          s     11/23/2026 04:00:00 all.q@compute001               SLAVE
     15 0.55500 plain      ada          r     11/23/2026 04:00:00 all.q@compute001               MASTER        10
END
}
left compute001
`)
	out, err := cmd.CombinedOutput()
	if want := "12\n13.2\n14\n15.10\n"; err != nil || string(out) != want {
		t.Errorf("left %q (%v), want %q", out, err, want)
	}
}

func FuzzParseGridEngine(f *testing.F) {
	f.Add(captured(f, "gridengine-hosts.xml"))
	f.Add(captured(f, "gridengine-jobs.xml"))
	f.Fuzz(func(t *testing.T, out string) {
		nodes, err := parseHosts([]byte(out))
		if err == nil && slices.ContainsFunc(nodes, func(n NodeStatus) bool { return n.CPUs < 0 || n.Jobs < 0 || n.Memory < 0 }) {
			t.Errorf("nonsense nodes: %+v", nodes)
		}
		if q, err := parseJobs([]byte(out)); err == nil && (q.Running < 0 || q.Pending < 0) {
			t.Errorf("nonsense queue: %+v", q)
		}
	})
}
