package scheduler

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
)

// captured returns what SLURM 24.11.5 of Debian 13 printed.
func captured(tb testing.TB, name string) string {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

func worker(name cluster.NodeName, state NodeState, alloc, jobs int, reason string) NodeStatus {
	return NodeStatus{
		Name: name, State: state, CPUs: 2, AllocCPUs: alloc, Memory: 22836 * cluster.MiB,
		Jobs: jobs, Queues: []string{"compute"}, Reason: reason,
	}
}

func reservedNode(name cluster.NodeName, reason string) NodeStatus {
	return NodeStatus{
		Name: name, State: Drained, CPUs: 2, Memory: 909 * cluster.MiB,
		Queues: []string{"short"}, Reason: reason,
	}
}

func TestNodes(t *testing.T) {
	tests := []struct {
		file string
		want []NodeStatus
	}{
		{"slurm-nodes-none.txt", nil},
		{"slurm-nodes.txt", []NodeStatus{
			worker("compute001", Busy, 2, 2, ""),
			worker("compute002", Busy, 2, 2, ""),
			worker("compute003", Drained, 0, 0, "ecluster: a | b = c State=x"),
		}},
		{"slurm-nodes-mixed.txt", []NodeStatus{
			worker("compute001", Draining, 1, 1, "ecluster: it goes"),
			worker("compute003", Busy, 1, 1, ""),
		}},
		{"slurm-nodes-lost.txt", []NodeStatus{
			worker("compute001", Draining, 1, 1, "ecluster: it goes"),
			worker("compute002", Down, 1, 0, "SLURM calls it mixed+dynamic_norm+not_responding"),
			worker("compute003", Down, 0, 0, "broken disk (RMA 7)"),
		}},
		{"slurm-nodes-reserved.txt", []NodeStatus{
			reservedNode("compute001", "reservation maint"),
			reservedNode("compute002", "reservation maint"), // with what was said before
			reservedNode("compute003", "broken disk"),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			f := &frontend{answers: []string{captured(t, tt.file)}}
			got, err := f.client(t).Nodes(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("wrong nodes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNodesRefusesWhatItCantRead(t *testing.T) {
	good := "NodeName=a State=IDLE CPUTot=1 CPUAlloc=0 RealMemory=1\n"
	for name, out := range map[string]string{
		"cut short":   good,
		"no state":    "NodeName=a CPUTot=1 CPUAlloc=0 RealMemory=1\n%%\n",
		"no name":     "NodeName= State=IDLE CPUTot=1 CPUAlloc=0 RealMemory=1\n%%\n",
		"no number":   "NodeName=a State=IDLE CPUTot=two CPUAlloc=0 RealMemory=1\n%%\n",
		"less than 0": "NodeName=a State=IDLE CPUTot=-1 CPUAlloc=0 RealMemory=1\n%%\n",
	} {
		t.Run(name, func(t *testing.T) {
			f := &frontend{answers: []string{out}}
			if nodes, err := f.client(t).Nodes(t.Context()); err == nil {
				t.Errorf("read as %+v", nodes)
			}
		})
	}
}

func TestNodeState(t *testing.T) {
	for s, want := range map[string]NodeState{
		"IDLE":                                   Idle,
		"IDLE+DYNAMIC_NORM":                      Idle,
		"IDLE+CLOUD+PLANNED":                     Idle,
		"MIXED+DYNAMIC_NORM":                     Busy,
		"ALLOCATED":                              Busy,
		"IDLE+COMPLETING":                        Busy,
		"IDLE+DRAIN":                             Drained,
		"IDLE+MAINTENANCE":                       Drained,
		"IDLE+INVALID_REG":                       Drained,
		"MIXED+DRAIN":                            Draining,
		"IDLE+COMPLETING+DRAIN":                  Draining,
		"DOWN":                                   Down,
		"DOWN*":                                  Down,
		"IDLE*":                                  Down,
		"IDLE+DYNAMIC_NORM+NOT_RESPONDING":       Down,
		"IDLE+DRAIN+DYNAMIC_NORM+NOT_RESPONDING": Down,
		"FUTURE":                                 Unknown,
		"IDLE+CLOUD+POWERED_DOWN":                Unknown,
		"ALLOCATED+CLOUD+POWERING_UP":            Unknown,
		"UNKNOWN":                                Unknown,
		"":                                       Unknown,
	} {
		if got := nodeState(s); got != want {
			t.Errorf("nodeState(%q) = %s, want %s", s, got, want)
		}
	}
}

func TestQueue(t *testing.T) {
	f := &frontend{answers: []string{captured(t, "slurm-queue.txt")}}
	got, err := f.client(t).Queue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Queue{Running: 2, Pending: 4, Reasons: map[string]int{"Resources": 3, "JobHeldUser": 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong queue (-want +got):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"slurm-nodes.txt", "slurm-nodes-mixed.txt", "slurm-nodes-lost.txt", "slurm-queue.txt"} {
		f.Add(captured(f, name))
	}
	f.Fuzz(func(t *testing.T, out string) {
		nodes, err := parseNodes(out)
		if err == nil && slices.ContainsFunc(nodes, func(n NodeStatus) bool { return n.Name == "" || n.CPUs < 0 }) {
			t.Errorf("nonsense nodes: %+v", nodes)
		}
		if q := parseQueue(out); q.Pending < 0 || q.Running < 0 {
			t.Errorf("nonsense queue: %+v", q)
		}
		parseProbes(out)
		jobsByNode(out)
	})
}
