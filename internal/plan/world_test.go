package plan_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/plan"
	"github.com/ecluster/ecluster/internal/state"
)

// spec describes groups as "frontend:1", "compute:2" would.
func spec(counts ...any) *cluster.Spec {
	s := &cluster.Spec{
		Name: "local", Provider: cluster.ProviderSpec{Kind: "fake"}, BatchSize: 10,
		Frontend: "frontend", Login: cluster.Login{User: "alice", UID: 1000},
	}
	for i := 0; i < len(counts); i += 2 {
		s.Groups = append(s.Groups, cluster.Group{Name: cluster.GroupName(counts[i].(string)), Count: counts[i+1].(int)})
	}
	return s
}

// recorded is a state of that spec with the given nodes.
func recorded(s *cluster.Spec, nodes ...cluster.Node) *state.State {
	st := &state.State{
		ID: "abc", Name: "local", Status: state.Active, Spec: *s, Prepared: true,
		Wanted: map[cluster.GroupName]state.Wanted{}, Nodes: map[cluster.NodeName]*cluster.Node{},
	}
	for _, n := range nodes {
		st.Nodes[n.Name] = &n
	}
	return st
}

// node is a recorded node; one with a machine has it under "i-" and its name.
func node(name string, phase cluster.Phase) cluster.Node {
	n := cluster.Node{Name: cluster.NodeName(name), Phase: phase}
	n.Group, _, _ = n.Name.Split()
	switch phase {
	case cluster.Planned, cluster.Launching, cluster.Gone:
	default:
		n.Instance = cluster.InstanceID("i-" + name)
	}
	if phase == cluster.Ready || phase == cluster.Draining {
		n.SetUp = "v1"
	}
	return n
}

// with changes a node.
func with(n cluster.Node, f func(*cluster.Node)) cluster.Node {
	f(&n)
	return n
}

func noMachine(n cluster.Node) cluster.Node {
	return with(n, func(n *cluster.Node) { n.Instance = "" })
}

func wasSetUp(n cluster.Node) cluster.Node {
	return with(n, func(n *cluster.Node) { n.SetUp = "v1" })
}

// machine is a live machine of a node.
func machine(name string, st cluster.InstanceState) cluster.Instance {
	i := cluster.Instance{ID: cluster.InstanceID("i-" + name), Node: cluster.NodeName(name), State: st}
	i.Group, _, _ = i.Node.Split()
	return i
}

func running(names ...string) []cluster.Instance {
	var list []cluster.Instance
	for _, n := range names {
		list = append(list, machine(n, cluster.InstanceRunning))
	}
	return list
}

// short writes the actions of a plan as "launch compute001 new".
func short(p plan.Plan) []string {
	var list []string
	for _, a := range p.Actions {
		s := string(a.Kind)
		if a.Node != "" {
			s += " " + string(a.Node)
		}
		if a.Kind == plan.Terminate || a.Kind == plan.Adopt || a.Kind == plan.Wake {
			s += " " + string(a.Instance)
		}
		list = append(list, s+": "+string(a.Reason))
	}
	return list
}

// world is a state and a cloud on which plans are carried out.
type world struct {
	st       *state.State
	live     map[cluster.InstanceID]cluster.Instance
	launched int
}

func newWorld(st *state.State, live []cluster.Instance) *world {
	w := &world{st: st, live: map[cluster.InstanceID]cluster.Instance{}}
	for _, i := range live {
		if i.State != cluster.InstanceGone {
			w.live[i.ID] = i
		}
	}
	return w
}

func (w *world) machines() []cluster.Instance {
	var list []cluster.Instance
	for _, i := range w.live {
		list = append(list, i)
	}
	return list
}

// apply carries a plan out as the engine would if nothing went wrong.
func (w *world) apply(t *testing.T, in plan.Input, p plan.Plan) {
	t.Helper()
	if w.st == nil {
		w.st = recorded(in.Desired)
		w.st.Prepared = false
	}
	if in.Desired != nil {
		w.st.Spec = *in.Desired
	}
	w.st.Wanted = p.Wanted
	for _, a := range p.Actions {
		w.do(t, in, a)
	}
}

func (w *world) do(t *testing.T, in plan.Input, a plan.Action) {
	t.Helper()
	n := w.st.Nodes[a.Node]
	switch a.Kind {
	case plan.CreateCluster:
	case plan.Settle:
		w.st.Settle(a.Token, time.Unix(1, 0))
	case plan.Prepare:
		w.st.Prepared = true
	case plan.Terminate:
		delete(w.live, a.Instance)
	case plan.Forget:
		delete(w.st.Nodes, a.Node)
	case plan.Adopt:
		w.st.Nodes[a.Node] = &cluster.Node{Name: a.Node, Group: a.Group, Phase: cluster.Booting, Instance: a.Instance}
	case plan.Wake:
		i := w.live[a.Instance]
		i.State = cluster.InstanceRunning
		w.live[a.Instance] = i
		n.Phase = cluster.Booting
	case plan.Launch:
		if n != nil && n.Instance != "" {
			t.Errorf("%s is launched while it has the machine %s", a.Node, n.Instance)
		}
		if slices.ContainsFunc(w.machines(), func(i cluster.Instance) bool { return i.Node == a.Node }) {
			t.Errorf("%s is launched while a machine has that name", a.Node)
		}
		w.launched++
		id := cluster.InstanceID(fmt.Sprintf("new-%d", w.launched))
		w.live[id] = cluster.Instance{ID: id, Node: a.Node, Group: a.Group, State: cluster.InstanceRunning}
		w.st.Nodes[a.Node] = &cluster.Node{Name: a.Node, Group: a.Group, Phase: cluster.Booting, Instance: id}
	case plan.SetUp:
		if n == nil || n.Instance == "" || w.live[n.Instance].State == "" {
			t.Errorf("%s is set up without a machine", a.Node)
		}
		n.Phase, n.SetUp = cluster.Ready, "v1"
		if f := in.Fingerprints[a.Node]; f != "" {
			n.SetUp = f
		}
	}
}
