package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/plan"
)

func TestLines(t *testing.T) {
	t.Parallel()
	p := plan.Make(plan.Input{Desired: spec("frontend", 1, "compute", 40, "gpu", 2)})
	var got []string
	for _, l := range p.Lines() {
		got = append(got, l.Text)
	}
	want := []string{
		"Record the new cluster.",
		"Prepare what the nodes share.",
		"Launch 43 nodes: compute001-compute040, frontend001, gpu001, gpu002 (new).",
		"Set up 43 nodes: compute001-compute040, frontend001, gpu001, gpu002 (new).",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := p.Counts()[plan.Launch]; n != 43 || len(p.Nodes(plan.Launch)) != 43 || p.Nodes(plan.Launch)[0] != "frontend001" {
		t.Errorf("%d launches: %v", n, p.Nodes(plan.Launch))
	}
}

// Every action and every group of actions is a sentence, and a plan is JSON.
func TestTexts(t *testing.T) {
	t.Parallel()
	in := plan.Input{
		Desired: spec("frontend", 1, "compute", 6), LiveKnown: true, CanWake: true,
		Recorded: withIntent(withIntent(recorded(spec("frontend", 1, "compute", 6), node("frontend001", cluster.Ready),
			node("compute001", cluster.Ready), node("compute002", cluster.Ready), node("compute003", cluster.Launching),
			node("compute004", cluster.Launching), node("compute005", cluster.Ready), node("compute006", cluster.Ready)), "t1"), "t2"),
		Live: append(running("frontend001", "compute003", "compute004"),
			machine("compute005", cluster.InstanceStopped), machine("compute006", cluster.InstanceStopped),
			cluster.Instance{ID: "x1", State: cluster.InstanceRunning}, cluster.Instance{ID: "x2", State: cluster.InstanceRunning}),
	}
	p := plan.Make(in)
	for _, kind := range []plan.Kind{plan.Settle, plan.Terminate, plan.Forget, plan.Prepare, plan.Adopt, plan.Wake, plan.Launch, plan.SetUp} {
		if p.Counts()[kind] == 0 {
			t.Errorf("the plan has no %q", kind)
		}
	}
	texts := []string{}
	for _, a := range p.Actions {
		texts = append(texts, a.String())
	}
	for _, l := range p.Lines() {
		texts = append(texts, l.Text)
	}
	for _, s := range texts {
		if !strings.HasSuffix(s, ".") || strings.Contains(s, "  ") || strings.Contains(s, "()") {
			t.Errorf("no sentence: %q", s)
		}
	}
	if _, err := json.Marshal(p); err != nil {
		t.Error(err)
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]cluster.NodeName{
		"":                                    nil,
		"frontend001":                         {"frontend001"},
		"compute001, compute002":              {"compute002", "compute001", "compute002"},
		"compute001-compute003, compute005":   {"compute005", "compute003", "compute001", "compute002"},
		"compute998-compute1001, gpu001":      {"compute1001", "gpu001", "compute999", "compute998", "compute1000"},
		"compute001, compute003, gpu001, odd": {"odd", "gpu001", "compute003", "compute001"},
	} {
		if got := plan.Ranges(names); got != want {
			t.Errorf("%v is %q, not %q", names, got, want)
		}
	}
}
