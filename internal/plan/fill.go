package plan

import (
	"maps"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// fill brings one group to its size: first machines that exist unrecorded,
// then recorded nodes without a machine, then new names. Nobody is deleted
// for being too many.
func (m *maker) fill(g *cluster.Group) {
	if m.in.SetupOnly {
		m.warnVacant(inGroup(m, m.vacant, g.Name))
		return
	}
	need := m.wanted(g.Name) - len(inGroup(m, m.standing, g.Name))
	if surplus := -need - m.drainingIn(g.Name); surplus > 0 {
		m.warnSurplus(g, surplus)
	}
	if g.Name == m.spec.Frontend {
		need = m.fillFrontend(need)
	}
	need = m.adoptStrangers(g.Name, need)
	for _, name := range inGroup(m, m.vacant, g.Name) {
		if need > 0 {
			m.relaunch(name)
			need--
		} else {
			m.drop(name, Unwanted)
		}
	}
	for _, name := range m.freeNames(g.Name, need) {
		m.launch(name, New)
	}
}

// fillFrontend sees that the frontend is there, whatever the size of its
// group: no other node can stand in for it.
func (m *maker) fillFrontend(need int) int {
	name := m.spec.FrontendNode()
	_, vacant := m.vacant[name]
	found, canAdopt := m.live.found[name]
	switch {
	case m.standing[name]:
		return need
	case vacant:
		m.relaunch(name)
		delete(m.vacant, name)
	case canAdopt:
		m.adopt(name, found)
	default:
		m.launch(name, New)
	}
	return need - 1
}

// adoptStrangers takes machines of unrecorded names, and returns how many
// nodes are still needed. Machines that are not taken are leftovers.
func (m *maker) adoptStrangers(g cluster.GroupName, need int) int {
	for _, name := range m.strangers() {
		if group, _, ok := name.Split(); ok && group == g && need > 0 {
			m.adopt(name, m.live.found[name])
			need--
		}
	}
	return need
}

// strangers are the names of machines that no state knows.
func (m *maker) strangers() []cluster.NodeName {
	var names []cluster.NodeName
	for name := range m.live.found {
		if m.nodes[name] == nil && !m.standing[name] {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, state.CompareNames)
	return names
}

// drop clears away what is left of a node's old machine, on the cloud and in
// the state.
func (m *maker) drop(name cluster.NodeName, why Reason) {
	n := m.nodes[name]
	if machine, ok := m.live.of[name]; ok {
		m.terminate(name, machine.ID, why)
	}
	if why == Unwanted || n.Instance != "" || n.SetUp != "" || len(n.HostKeys) > 0 {
		m.add(m.node(Forget, name, why))
	}
}

func (m *maker) relaunch(name cluster.NodeName) {
	m.drop(name, m.vacant[name])
	m.launch(name, m.vacant[name])
}

func (m *maker) launch(name cluster.NodeName, why Reason) {
	m.add(m.node(Launch, name, why))
	m.standing[name] = true
	if !m.in.NoSetup {
		m.add(m.node(SetUp, name, New))
	}
}

// freeNames returns the lowest names of a group that are free. The name of a
// node that is being deleted is free: it is gone before anything is launched.
func (m *maker) freeNames(g cluster.GroupName, n int) []cluster.NodeName {
	return freeNames(g, n, func(name cluster.NodeName) bool {
		r := m.nodes[name]
		return m.standing[name] || r != nil && !leaving(r)
	})
}

func freeNames(g cluster.GroupName, n int, taken func(cluster.NodeName) bool) []cluster.NodeName {
	var names []cluster.NodeName
	for i := 1; len(names) < n; i++ {
		if name := cluster.NewNodeName(g, i); !taken(name) {
			names = append(names, name)
		}
	}
	return names
}

// vanishedGroups deals with nodes whose group the spec no longer has, and
// with machines that nobody took.
func (m *maker) vanishedGroups() {
	if m.in.SetupOnly {
		return
	}
	left := map[cluster.GroupName][]cluster.NodeName{}
	for name, n := range m.nodes {
		if _, inSpec := m.spec.Group(n.Group); inSpec {
			continue
		}
		if m.standing[name] {
			left[n.Group] = append(left[n.Group], name)
		} else if _, vacant := m.vacant[name]; vacant {
			m.drop(name, Unwanted)
		}
	}
	for _, g := range slices.Sorted(maps.Keys(left)) {
		n := len(left[g])
		m.warn("node_group %s is no longer in the spec, and its %s (%s) run on as they are; `ecluster resize %s -r %d:%s` removes them.",
			g, count(n, "node"), Ranges(left[g]), m.name, n, g)
	}
	for _, name := range m.strangers() {
		m.live.surplus = append(m.live.surplus, surplus{machine: m.live.found[name], node: name, reason: Leftover})
	}
}

func (m *maker) drainingIn(g cluster.GroupName) int {
	n := 0
	for _, name := range m.draining {
		if m.nodes[name].Group == g {
			n++
		}
	}
	return n
}

func (m *maker) warnSurplus(g *cluster.Group, n int) {
	m.warn("The wanted size of %s is %d and it has %s; start never deletes nodes: `ecluster resize %s -r %d:%s` removes what is too much.",
		g.Name, m.wanted(g.Name), count(m.wanted(g.Name)+n, "node"), m.name, n, g.Name)
}

func (m *maker) warnVacant(names []cluster.NodeName) {
	if len(names) > 0 {
		m.warn("%s: no working machine, so nothing was set up there; `ecluster start %s` repairs it.", Ranges(names), m.name)
	}
}

// inGroup returns the names in set that belong to a group, by index.
func inGroup[V any](m *maker, set map[cluster.NodeName]V, g cluster.GroupName) []cluster.NodeName {
	var names []cluster.NodeName
	for name := range set {
		group, _, _ := name.Split()
		if n := m.nodes[name]; n != nil {
			group = n.Group
		}
		if group == g {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, state.CompareNames)
	return names
}
