package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// Make plans. It grows, repairs and sets up; it never deletes the working
// machine of a ready node, and never replaces a frontend or a file server
// that may hold data unless Replace names it.
func Make(in Input) Plan {
	m := newMaker(in)
	m.plan.Changes = m.changes()
	if m.guard(); len(m.plan.Blocked) > 0 {
		return m.plan
	}
	m.live = match(m.nodes, m.in.Live)
	m.whole()
	m.judgeAll()
	for i := range m.spec.Groups {
		m.fill(&m.spec.Groups[i])
	}
	m.vanishedGroups()
	m.clear()
	m.only()
	m.prepare()
	if len(m.plan.Blocked) > 0 {
		m.plan.Actions = nil
		return m.plan
	}
	m.sort()
	m.unchanged()
	return m.plan
}

// maker is one run of Make.
type maker struct {
	in    Input
	name  cluster.Name
	spec  *cluster.Spec
	nodes map[cluster.NodeName]*cluster.Node
	live  machines
	plan  Plan

	standing map[cluster.NodeName]bool   // counted nodes with a machine, or blocked
	vacant   map[cluster.NodeName]Reason // counted nodes without a working machine, and why
	draining []cluster.NodeName
}

func newMaker(in Input) *maker {
	m := &maker{
		in: in, name: in.Name, spec: in.Desired,
		standing: map[cluster.NodeName]bool{}, vacant: map[cluster.NodeName]Reason{},
	}
	if st := in.Recorded; st != nil {
		m.nodes = st.Nodes
		m.name = st.Name
		if m.spec == nil {
			m.spec = &st.Spec
		}
	}
	if m.spec == nil {
		m.spec = &cluster.Spec{}
	}
	m.name = cmp.Or(m.name, m.spec.Name)
	if !in.LiveKnown {
		m.in.Live = believed(m.nodes)
	}
	m.plan.Wanted = m.wantedWords()
	return m
}

// believed makes the machines that the state remembers, for when the cloud
// was not asked.
func believed(nodes map[cluster.NodeName]*cluster.Node) []cluster.Instance {
	var live []cluster.Instance
	for name, n := range nodes {
		if n.Instance != "" {
			live = append(live, cluster.Instance{ID: n.Instance, Node: name, Group: n.Group, Attempt: n.Attempt, State: cluster.InstanceRunning})
		}
	}
	return live
}

// wantedWords are the sizes that hold against the spec: recorded ones whose
// spec did not change, and those of the command line.
func (m *maker) wantedWords() map[cluster.GroupName]state.Wanted {
	words := map[cluster.GroupName]state.Wanted{}
	for _, g := range m.spec.Groups {
		if m.in.Recorded != nil {
			if w, ok := m.in.Recorded.Wanted[g.Name]; ok && w.SpecCount == g.Count {
				words[g.Name] = w
			}
		}
		if n, ok := m.in.Counts[g.Name]; ok {
			words[g.Name] = state.Wanted{Count: n, SpecCount: g.Count}
		}
	}
	return words
}

func (m *maker) wanted(g cluster.GroupName) int { return state.CountFor(m.spec, m.plan.Wanted, g) }

func (m *maker) add(a Action) { m.plan.Actions = append(m.plan.Actions, a) }

func (m *maker) node(kind Kind, name cluster.NodeName, r Reason) Action {
	group, _, _ := name.Split()
	if n := m.nodes[name]; n != nil {
		group = n.Group
	}
	return Action{Kind: kind, Reason: r, Node: name, Group: group}
}

func (m *maker) terminate(name cluster.NodeName, id cluster.InstanceID, r Reason) {
	a := m.node(Terminate, name, r)
	a.Instance = id
	m.add(a)
}

func (m *maker) warn(format string, args ...any) {
	m.plan.Warnings = append(m.plan.Warnings, fmt.Sprintf(format, args...))
}

// whole plans what concerns the cluster and no node of it.
func (m *maker) whole() {
	if m.in.Recorded == nil {
		m.add(Action{Kind: CreateCluster, Reason: New})
		return
	}
	if !m.in.LiveKnown {
		m.warn("The cloud was not asked what really runs: this plan believes what was recorded.")
	}
	if m.in.SetupOnly {
		return
	}
	for _, i := range m.in.Recorded.OpenIntents() {
		m.add(Action{Kind: Settle, Reason: Interrupted, Token: i.Token, Intent: i.Kind})
	}
}

// clear deletes the machines that belong to nobody.
func (m *maker) clear() {
	if m.in.SetupOnly {
		return
	}
	for _, s := range m.live.surplus {
		m.terminate(s.node, s.machine.ID, s.reason)
	}
}

// prepare sees that what the nodes share is there before one is launched.
func (m *maker) prepare() {
	reason := ForLaunch
	switch {
	case m.in.SetupOnly:
		return
	case m.in.Recorded == nil || !m.in.Recorded.Prepared:
		reason = NotPrepared
	case m.sharedChanged():
		reason = SpecChanged
	case len(m.plan.Nodes(Launch)) == 0:
		return
	}
	m.add(Action{Kind: Prepare, Reason: reason})
}

// only drops what concerns other nodes than those asked for.
func (m *maker) only() {
	if len(m.in.Only) == 0 {
		return
	}
	known := maps.Clone(m.standing)
	for name := range m.nodes {
		known[name] = true
	}
	for _, a := range m.plan.Actions {
		known[a.Node] = true
	}
	for _, name := range m.in.Only {
		if !known[name] {
			m.plan.Blocked = append(m.plan.Blocked, Blocked{Node: name, Why: fmt.Sprintf(
				"Cluster %s has no node %s; `ecluster list-nodes %s` shows those that it has.", m.name, name, m.name)})
		}
	}
	m.plan.Actions = slices.DeleteFunc(m.plan.Actions, func(a Action) bool {
		concernsNode := a.Node != "" || a.Kind == Terminate
		return concernsNode && !slices.Contains(m.in.Only, a.Node)
	})
}

// sort puts the actions into the order in which they begin.
func (m *maker) sort() {
	rank := map[Kind]int{}
	for i, k := range []Kind{CreateCluster, Settle, Terminate, Forget, Prepare, Adopt, Wake, Launch, SetUp} {
		rank[k] = i
	}
	slices.SortStableFunc(m.plan.Actions, func(a, b Action) int {
		return cmp.Or(
			cmp.Compare(rank[a.Kind], rank[b.Kind]),
			cmp.Compare(m.groupRank(a.Group), m.groupRank(b.Group)),
			state.CompareNames(a.Node, b.Node),
			cmp.Compare(a.Instance, b.Instance))
	})
}

// groupRank puts the frontend before all, then groups as the spec has them.
func (m *maker) groupRank(g cluster.GroupName) int {
	if g == "" || g == m.spec.Frontend {
		return -1
	}
	i := slices.IndexFunc(m.spec.Groups, func(x cluster.Group) bool { return x.Name == g })
	if i < 0 {
		return len(m.spec.Groups)
	}
	return i
}

func (m *maker) unchanged() {
	touched := map[cluster.NodeName]bool{}
	for _, a := range m.plan.Actions {
		touched[a.Node] = true
	}
	for _, name := range slices.SortedFunc(maps.Keys(m.nodes), state.CompareNames) {
		if !touched[name] {
			m.plan.Unchanged = append(m.plan.Unchanged, name)
		}
	}
}
