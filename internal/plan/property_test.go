package plan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/plan"
	"github.com/ecluster/ecluster/internal/state"
)

// FuzzMake builds a random world from a seed and checks what must hold for
// every plan: see checkPlan and checkConverges.
func FuzzMake(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { checkSeed(t, seed) })
}

// TestMakeProperties is FuzzMake over enough seeds to meet every case.
func TestMakeProperties(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		if checkSeed(t, seed); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func checkSeed(t *testing.T, seed uint64) {
	t.Helper()
	g := &generator{rand.New(rand.NewPCG(seed, 1))}
	in := g.input()
	p := plan.Make(in)
	checkPlan(t, in, p)
	if len(p.Blocked) == 0 && !in.SetupOnly && len(in.Only) == 0 && (in.LiveKnown || in.Recorded == nil) {
		checkConverges(t, in, p)
	}
}

// checkPlan holds for a plan by itself.
func checkPlan(t *testing.T, in plan.Input, p plan.Plan) {
	t.Helper()
	if diff := cmp.Diff(p, plan.Make(in)); diff != "" {
		t.Errorf("the same input gives another plan:\n%s", diff)
	}
	if len(p.Blocked) > 0 && !p.Empty() {
		t.Errorf("a blocked plan acts: %q", short(p))
	}
	seen := map[string]bool{}
	for _, a := range p.Actions {
		key := fmt.Sprint(a.Kind, a.Node, a.Instance, a.Token)
		if seen[key] {
			t.Errorf("%s twice", a)
		}
		seen[key] = true
		checkAction(t, in, a)
	}
	if in.SetupOnly && len(p.Actions) != p.Counts()[plan.SetUp] {
		t.Errorf("a set-up does more than that: %q", short(p))
	}
}

func checkAction(t *testing.T, in plan.Input, a plan.Action) {
	t.Helper()
	var n *cluster.Node
	if in.Recorded != nil {
		n = in.Recorded.Nodes[a.Node]
	}
	switch {
	case in.NoSetup && a.Kind == plan.SetUp:
		t.Errorf("set-up although there is to be none: %s", a)
	case a.Kind == plan.Terminate && n != nil && n.Phase == cluster.Ready && n.Instance == a.Instance && works(in, a.Instance):
		t.Errorf("a ready node that works is deleted: %s", a)
	case (a.Kind == plan.Forget || a.Kind == plan.Launch) && n != nil && n.Phase == cluster.Ready && works(in, n.Instance):
		t.Errorf("a ready node that works is dropped: %s", a)
	case a.Kind == plan.Forget && a.Node == "frontend001" && n.SetUp != "" && n.Phase != cluster.Deleting && n.Phase != cluster.Gone &&
		n.Phase != cluster.Draining && !in.Replace[a.Node]:
		t.Errorf("a frontend with data is given up unasked: %s", a)
	case len(in.Only) > 0 && a.Node != "" && !slices.Contains(in.Only, a.Node):
		t.Errorf("a node is touched that was not asked for: %s", a)
	}
}

func works(in plan.Input, id cluster.InstanceID) bool {
	return slices.ContainsFunc(in.Live, func(i cluster.Instance) bool {
		return i.ID == id && (i.State == cluster.InstanceRunning || i.State == cluster.InstancePending)
	})
}

// checkConverges carries the plan out and looks at the next one.
func checkConverges(t *testing.T, in plan.Input, p plan.Plan) {
	t.Helper()
	w := newWorld(in.Recorded, in.Live)
	if w.apply(t, in, p); t.Failed() {
		t.Fatalf("plan %q of recorded %v, live %v", short(p), nodesOf(in), in.Live)
	}
	again := in
	again.Recorded, again.Live, again.LiveKnown, again.Replace, again.Counts = w.st, w.machines(), true, nil, nil
	next := plan.Make(again)
	if !next.Empty() || len(next.Blocked) > 0 || len(next.Changes) > 0 {
		t.Errorf("first %q, then %q, changes %v, blocked %v", short(p), short(next), next.Changes, next.Blocked)
	}
	if n := w.st.Nodes["frontend001"]; n == nil || n.Instance == "" {
		t.Errorf("the frontend is missing")
	}
	for _, g := range in.Desired.Groups {
		have := 0
		for _, n := range w.st.GroupNodes(g.Name) {
			if n.Instance != "" && w.live[n.Instance].ID != "" {
				have++
			}
		}
		if want := w.st.WantedCount(g.Name); have < want {
			t.Errorf("%s has %d nodes, %d are wanted", g.Name, have, want)
		}
	}
}

// generator makes worlds: some likely, some that only a bug or a hand could make.
type generator struct{ *rand.Rand }

func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

func (g *generator) input() plan.Input {
	old := g.spec()
	in := plan.Input{
		Desired: old, CanWake: g.chance(2), NoSetup: g.chance(4), LiveKnown: !g.chance(10), SetupOnly: g.chance(15),
		Replace: map[cluster.NodeName]bool{}, Fingerprints: map[cluster.NodeName]string{},
	}
	if g.chance(3) {
		in.Desired = g.spec()
	}
	if g.chance(5) {
		in.Counts = map[cluster.GroupName]int{"compute": g.IntN(6)}
	}
	if g.chance(8) {
		in.SetupOnly = false
		return in
	}
	in.Recorded = g.state(old)
	in.Live = g.live(in.Recorded)
	for name := range in.Recorded.Nodes {
		if g.chance(5) {
			in.Replace[name] = true
		}
		if g.chance(3) {
			in.Fingerprints[name] = "v2"
		}
		if g.chance(30) {
			in.Only = append(in.Only, name)
		}
	}
	return in
}

func (g *generator) chance(oneIn int) bool { return g.IntN(oneIn) == 0 }

func (g *generator) spec() *cluster.Spec {
	s := spec("frontend", 1, "compute", g.IntN(6))
	if g.chance(3) {
		s = spec("compute", g.IntN(4), "frontend", 1, "storage", g.IntN(3))
		if g.chance(2) {
			s = withShare(s, "storage")
		}
	}
	return s
}

func (g *generator) state(s *cluster.Spec) *state.State {
	st := recorded(s)
	st.Prepared = !g.chance(5)
	for _, group := range s.Groups {
		if g.chance(6) {
			st.Wanted[group.Name] = state.Wanted{Count: max(1, g.IntN(6)), SpecCount: pick(g, group.Count, 9)}
		}
		for i := 1; i <= group.Count+g.IntN(2); i++ {
			if g.chance(6) {
				continue
			}
			n := node(string(cluster.NewNodeName(group.Name, i)), pick(g,
				cluster.Ready, cluster.Ready, cluster.Ready, cluster.Planned, cluster.Launching, cluster.Booting, cluster.Installing,
				cluster.Verifying, cluster.Failed, cluster.Failed, cluster.Draining, cluster.Deleting, cluster.Gone))
			n.Attempt = pick(g, "", "t1", "t2")
			if g.chance(3) && n.Phase == cluster.Failed {
				n.Instance = ""
			}
			if n.Phase == cluster.Draining && n.Name == "frontend001" {
				n.Phase = cluster.Ready // nothing ever drains the frontend
			}
			st.Nodes[n.Name] = &n
		}
	}
	for i := range g.IntN(3) {
		st.Intend(state.Intent{Token: fmt.Sprint("t", i), Kind: pick(g, state.IntentLaunch, state.IntentTerminate)})
	}
	return st
}

func (g *generator) live(st *state.State) []cluster.Instance {
	states := []cluster.InstanceState{
		cluster.InstanceRunning, cluster.InstanceRunning, cluster.InstanceRunning, cluster.InstancePending,
		cluster.InstanceStopped, cluster.InstanceError, cluster.InstanceStopping, cluster.InstanceGone,
	}
	var live []cluster.Instance
	for _, name := range st.NodeNames() {
		if !g.chance(6) {
			i := machine(string(name), pick(g, states...))
			i.Attempt = pick(g, "", "t1", "t2")
			live = append(live, i)
		}
	}
	for k := range g.IntN(4) {
		live = append(live, cluster.Instance{
			ID: cluster.InstanceID(fmt.Sprint("x", k)), State: pick(g, states...), Attempt: pick(g, "", "t1", "t2"),
			Node: cluster.NodeName(pick(g, "", "compute001", "compute002", "compute009", "frontend001", "frontend002", "gpu001", "odd")),
		})
	}
	g.Shuffle(len(live), func(i, j int) { live[i], live[j] = live[j], live[i] })
	return live
}

func nodesOf(in plan.Input) []cluster.Node {
	if in.Recorded == nil {
		return nil
	}
	var nodes []cluster.Node
	for _, name := range in.Recorded.NodeNames() {
		if n := in.Recorded.Nodes[name]; n != nil {
			nodes = append(nodes, *n)
		}
	}
	return nodes
}
