package local

import (
	"context"
	"slices"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/scheduler"
)

// TestScheduler asks a pretended frontend as the engine does.
func TestScheduler(t *testing.T) {
	s := &slurms{clusters: map[string]*slurm{}}
	for _, name := range []string{"compute002", "compute001", "compute003"} {
		s.join("c-1", name, worker{machine: "vm-" + name, group: "compute", cpus: "4", memory: "8000"})
	}
	s.join("c-2", "compute009", worker{machine: "other", group: "compute", cpus: "1", memory: "1"})
	client, err := scheduler.New("slurm", func(_ context.Context, script string) ([]byte, error) {
		return []byte(s.answer("c-1", script)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	states := func() (out []string) {
		t.Helper()
		nodes, err := client.Nodes(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range nodes {
			out = append(out, string(n.Name)+" "+string(n.State))
		}
		return out
	}
	expect := func(want ...string) {
		t.Helper()
		if got := states(); !slices.Equal(got, want) {
			t.Errorf("nodes %q, want %q", got, want)
		}
	}
	expect("compute001 idle", "compute002 idle", "compute003 idle")
	if q, err := client.Queue(ctx); err != nil || q.Running+q.Pending > 0 {
		t.Errorf("queue %+v, %v", q, err)
	}
	if err := client.Drain(ctx, []cluster.NodeName{"compute001", "nobody"}, "it's time"); err != nil {
		t.Error(err)
	}
	s.down("vm-compute002")
	expect("compute001 drained", "compute002 down", "compute003 idle")
	causes, err := client.Probe(ctx, []cluster.NodeName{"compute001", "compute002", "compute003"})
	if err != nil || len(causes) != 2 || causes["compute003"] != nil {
		t.Errorf("probe: %v, %v", causes, err)
	}
	if err := client.Resume(ctx, []cluster.NodeName{"compute001"}); err != nil {
		t.Error(err)
	}
	s.boot("vm-compute002")
	expect("compute001 idle", "compute002 idle", "compute003 idle")
	s.leave("c-1", "compute003")
	s.boot("vm-compute003")
	expect("compute001 idle", "compute002 idle", "compute003 down")
	if err := client.Remove(ctx, []cluster.NodeName{"compute003", "compute002"}); err != nil {
		t.Error(err)
	}
	expect("compute001 idle")
	// A new machine of an old name is a new node.
	if err := client.Drain(ctx, []cluster.NodeName{"compute001"}, "again"); err != nil {
		t.Error(err)
	}
	s.join("c-1", "compute001", worker{machine: "vm-compute001", group: "compute", cpus: "4", memory: "8000"})
	expect("compute001 drained")
	s.join("c-1", "compute001", worker{machine: "new", group: "compute", cpus: "4", memory: "8000"})
	expect("compute001 idle")
}
