package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/plan"
	"github.com/ecluster/ecluster/internal/state"
)

func fails(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("error is %v; it should say %q", err, part)
	}
}

func TestGrow(t *testing.T) {
	t.Parallel()
	st := readySmall(withMax(spec("frontend", 1, "compute", 2, "gpu", 0), 6))
	type add = map[cluster.GroupName]int

	got, err := plan.Grow(st, add{"compute": 1, "gpu": 2})
	if diff := cmp.Diff(add{"compute": 3, "gpu": 2}, got); err != nil || diff != "" {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
	_, err = plan.Grow(st, add{"compute": 4})
	fails(t, err, "it would have 7 nodes, and limits.max_nodes allows 6")
	_, err = plan.Grow(st, add{"computer": 1})
	fails(t, err, `there is no node group "computer"; its groups are frontend, compute, gpu`)
	_, err = plan.Grow(st, add{"frontend": 1})
	fails(t, err, "the group of the frontend")
	_, err = plan.Grow(st, add{"compute": 0})
	fails(t, err, "it must be at least 1")

	// Nodes beyond the wanted size count: one more is one more than there are.
	st.Wanted["compute"] = state.Wanted{Count: 1, SpecCount: 2}
	if got, err := plan.Grow(st, add{"compute": 1}); err != nil || got["compute"] != 3 {
		t.Errorf("%v, %v", got, err)
	}

	st.Spec.Shares = []cluster.Share{{Path: "/data", Type: "glusterfs", Server: "gpu"}}
	_, err = plan.Grow(st, add{"gpu": 1})
	fails(t, err, "the nodes of gpu serve /data together")
}

// What Grow says, Make does: only the new nodes are touched.
func TestGrowThenMake(t *testing.T) {
	t.Parallel()
	st := readySmall(small())
	sizes, err := plan.Grow(st, map[cluster.GroupName]int{"compute": 2})
	if err != nil {
		t.Fatal(err)
	}
	in := plan.Input{Recorded: st, Live: running("frontend001", "compute001", "compute002"), LiveKnown: true, Counts: sizes}
	p := plan.Make(in)
	want := []string{
		"prepare: for launch", "launch compute003: new", "launch compute004: new",
		"set up compute003: new", "set up compute004: new",
	}
	if diff := cmp.Diff(want, short(p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if p.Wanted["compute"] != (state.Wanted{Count: 4, SpecCount: 2}) {
		t.Errorf("wanted is %v", p.Wanted)
	}
}

func TestPickRemovals(t *testing.T) {
	t.Parallel()
	s := spec("frontend", 1, "compute", 6, "storage", 2)
	st := recorded(withShare(s, "storage"), node("frontend001", cluster.Ready), node("storage001", cluster.Ready),
		node("compute001", cluster.Failed), node("compute002", cluster.Ready), node("compute003", cluster.Ready),
		node("compute004", cluster.Ready), node("compute005", cluster.Ready), node("compute006", cluster.Deleting),
		node("compute007", cluster.Booting))
	busy := map[cluster.NodeName]int{"compute005": 1, "compute003": 2}
	for n, want := range [][]plan.Removal{
		1: {{Node: "compute001", Why: "failed"}},
		3: {{Node: "compute001", Why: "failed"}, {Node: "compute007", Why: "booting"}, {Node: "compute004", Why: "idle"}},
		6: {
			{Node: "compute001", Why: "failed"},
			{Node: "compute007", Why: "booting"},
			{Node: "compute004", Why: "idle"},
			{Node: "compute002", Why: "idle"},
			{Node: "compute005", Running: 1, Why: "runs 1 job"},
			{Node: "compute003", Running: 2, Why: "runs 2 jobs"},
		},
	} {
		if want == nil {
			continue
		}
		got, err := plan.PickRemovals(st, busy, "compute", n)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%d: %v, (-want +got):\n%s", n, err, diff)
		}
	}
	_, err := plan.PickRemovals(st, busy, "compute", 7)
	fails(t, err, "7 nodes of compute can't be removed: there are only 6")
	_, err = plan.PickRemovals(st, busy, "compute", 0)
	fails(t, err, "at least 1")
	_, err = plan.PickRemovals(st, busy, "frontend", 1)
	fails(t, err, "frontend001 is the frontend")
	_, err = plan.PickRemovals(st, busy, "storage", 1)
	fails(t, err, "storage001 serves /data to all nodes")
	_, err = plan.PickRemovals(st, busy, "gpu", 1)
	fails(t, err, `no node group "gpu"`)

	st.Nodes["compute003"].Phase = cluster.Draining
	got, err := plan.PickRemovals(st, busy, "compute", 1)
	if err != nil || got[0].Node != "compute003" {
		t.Errorf("a removal that waits is finished first: %v, %v", got, err)
	}
}

func TestCheckRemoval(t *testing.T) {
	t.Parallel()
	st := readySmall(small())
	got, err := plan.CheckRemoval(st, map[cluster.NodeName]int{"compute001": 3}, "compute001")
	if err != nil || got != (plan.Removal{Node: "compute001", Running: 3, Why: "runs 3 jobs"}) {
		t.Errorf("%v, %v", got, err)
	}
	_, err = plan.CheckRemoval(st, nil, "frontend001")
	fails(t, err, "`ecluster stop local` removes the whole cluster")
	_, err = plan.CheckRemoval(st, nil, "compute009")
	fails(t, err, "there is no node compute009")
}

// After a removal no start brings the nodes back, wherever it is interrupted.
func TestShrinkThenMake(t *testing.T) {
	t.Parallel()
	for _, phase := range []cluster.Phase{cluster.Ready, cluster.Draining, cluster.Deleting} {
		st := readySmall(spec("frontend", 1, "compute", 2))
		st.Nodes["compute001"].Phase = phase
		if phase != cluster.Deleting {
			st.Wanted = plan.Shrink(st, []cluster.NodeName{"compute001"})
			if st.Wanted["compute"] != (state.Wanted{Count: 1, SpecCount: 2}) {
				t.Fatalf("wanted is %v", st.Wanted)
			}
		} else {
			st.Wanted["compute"] = state.Wanted{Count: 1, SpecCount: 2}
		}
		p := plan.Make(plan.Input{
			Desired: spec("frontend", 1, "compute", 2), Recorded: st,
			Live: running("frontend001", "compute001", "compute002"), LiveKnown: true,
		})
		if p.Counts()[plan.Launch] > 0 {
			t.Errorf("%s: %q", phase, short(p))
		}
	}
}

func TestShrinkBelowASurplus(t *testing.T) {
	t.Parallel()
	st := readySmall(spec("frontend", 1, "compute", 1)) // two run, one is wanted
	if got := plan.Shrink(st, []cluster.NodeName{"compute002"}); got["compute"].Count != 1 {
		t.Errorf("wanted is %v", got)
	}
	if got := plan.Shrink(st, nil); len(got) != 0 {
		t.Errorf("wanted is %v", got)
	}
}

func TestUsable(t *testing.T) {
	t.Parallel()
	s := spec("frontend", 1, "compute", 2)
	s.Groups[1].MinCount = 2
	st := readySmall(s)
	if !plan.Usable(st) {
		t.Error("a ready cluster is not usable")
	}
	st.Nodes["compute001"].Phase = cluster.Failed
	if plan.Usable(st) {
		t.Error("a cluster below min_count is usable")
	}
	st.Wanted["compute"] = state.Wanted{Count: 1, SpecCount: 2}
	if !plan.Usable(st) {
		t.Error("a cluster resized below min_count is not usable")
	}
	st.Nodes["frontend001"].Phase = cluster.Failed
	if plan.Usable(st) {
		t.Error("a cluster without a frontend is usable")
	}
}
