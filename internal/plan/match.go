package plan

import (
	"cmp"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
)

// machines says which machine belongs to which node.
type machines struct {
	// of has the recorded machine of each node that still exists.
	of map[cluster.NodeName]cluster.Instance
	// found has, for nodes without a recorded machine and for names that are
	// not recorded, the machine that they could take.
	found map[cluster.NodeName]cluster.Instance
	// surplus are the machines that nobody can take.
	surplus []surplus
}

type surplus struct {
	machine cluster.Instance
	node    cluster.NodeName // whose it claims to be
	reason  Reason
}

// working reports whether a machine runs or is about to.
func working(i cluster.Instance) bool {
	return i.State == cluster.InstanceRunning || i.State == cluster.InstancePending
}

// match assigns the live machines. A recorded machine stays with its node;
// others go to a node that lacks one, by name or by the token of the attempt.
func match(nodes map[cluster.NodeName]*cluster.Node, live []cluster.Instance) machines {
	m := machines{of: map[cluster.NodeName]cluster.Instance{}, found: map[cluster.NodeName]cluster.Instance{}}
	owner := map[cluster.InstanceID]cluster.NodeName{}
	for name, n := range nodes {
		if n.Instance != "" {
			owner[n.Instance] = name
		}
	}
	claims := map[cluster.NodeName][]cluster.Instance{}
	var nameless []cluster.Instance
	for _, i := range live {
		name, recorded := owner[i.ID]
		switch {
		case i.State == cluster.InstanceGone:
		case recorded:
			m.of[name] = i
		case i.Node == "":
			nameless = append(nameless, i)
		default:
			claims[i.Node] = append(claims[i.Node], i)
		}
	}
	m.claimByAttempt(nodes, claims, nameless)
	for name, candidates := range claims {
		m.choose(nodes[name], name, candidates)
	}
	slices.SortFunc(m.surplus, func(a, b surplus) int { return cmp.Compare(a.machine.ID, b.machine.ID) })
	return m
}

// claimByAttempt gives machines that have no name yet to the nodes whose
// launch made them, in the order of the names.
func (m *machines) claimByAttempt(nodes map[cluster.NodeName]*cluster.Node, claims map[cluster.NodeName][]cluster.Instance, nameless []cluster.Instance) {
	open := map[string][]cluster.NodeName{}
	for name, n := range nodes {
		if n.Attempt != "" && n.Instance == "" && len(claims[name]) == 0 {
			open[n.Attempt] = append(open[n.Attempt], name)
		}
	}
	for _, names := range open {
		slices.Sort(names)
	}
	slices.SortFunc(nameless, func(a, b cluster.Instance) int { return cmp.Compare(a.ID, b.ID) })
	for _, i := range nameless {
		names := open[i.Attempt]
		if len(names) == 0 || !working(i) {
			m.surplus = append(m.surplus, surplus{machine: i, reason: Leftover})
			continue
		}
		claims[names[0]] = append(claims[names[0]], i)
		open[i.Attempt] = names[1:]
	}
}

// choose picks the machine that a name may take; the others are surplus.
func (m *machines) choose(n *cluster.Node, name cluster.NodeName, candidates []cluster.Instance) {
	reason := Leftover
	if n != nil && !leaving(n) {
		reason = Duplicate
	}
	_, has := m.of[name]
	slices.SortFunc(candidates, func(a, b cluster.Instance) int {
		return cmp.Or(
			first(working(a), working(b)),
			first(n != nil && a.Attempt == n.Attempt, n != nil && b.Attempt == n.Attempt),
			first(a.State == cluster.InstanceRunning, b.State == cluster.InstanceRunning),
			cmp.Compare(a.ID, b.ID))
	})
	if !has && working(candidates[0]) && (n == nil || !leaving(n) && n.Phase != cluster.Draining) {
		m.found[name] = candidates[0]
		candidates, reason = candidates[1:], Duplicate
	}
	for _, i := range candidates {
		why := reason
		if !has && !working(i) && m.found[name].ID == "" {
			why = Leftover
		}
		m.surplus = append(m.surplus, surplus{machine: i, node: name, reason: why})
	}
}

// first orders true before false.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// leaving reports whether the deletion of a node has begun: it doesn't count
// towards the size of its group. A draining node still does.
func leaving(n *cluster.Node) bool {
	return n.Phase == cluster.Deleting || n.Phase == cluster.Gone
}
