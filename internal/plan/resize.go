package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// Growth is what a resize to more nodes comes to.
type Growth struct {
	// Wanted is to be recorded as the state's.
	Wanted map[cluster.GroupName]state.Wanted
	// Nodes are the names that Make will launch for it; give them as Only.
	Nodes []cluster.NodeName
}

// Grow returns the sizes after adding nodes to groups. It fails for a group
// that is not in the spec, for the frontend's group, and when the cluster
// would have more than maxNodes (0: no limit).
func Grow(st *state.State, add map[cluster.GroupName]int, maxNodes int) (Growth, error) {
	g := Growth{Wanted: maps.Clone(st.Wanted)}
	if g.Wanted == nil {
		g.Wanted = map[cluster.GroupName]state.Wanted{}
	}
	for _, name := range slices.Sorted(maps.Keys(add)) {
		group, ok := st.Spec.Group(name)
		switch {
		case !ok:
			return Growth{}, noGroup(st, name)
		case add[name] < 1:
			return Growth{}, fmt.Errorf("resize %s: %d is not a number of nodes to add to %s; it must be at least 1", st.Name, add[name], name)
		case name == st.Spec.Frontend:
			return Growth{}, fmt.Errorf("resize %s: %s is the group of the frontend, of which there is one; add nodes to another group", st.Name, name)
		}
		there := counted(st, name)
		size := max(st.WantedCount(name), len(there)) + add[name]
		g.Wanted[name] = state.Wanted{Count: size, SpecCount: group.Count}
		g.Nodes = append(g.Nodes, freeNames(name, size-len(there), func(n cluster.NodeName) bool {
			r := st.Nodes[n]
			return r != nil && r.Phase != cluster.Deleting && r.Phase != cluster.Gone
		})...)
	}
	sum := 0
	for i := range st.Spec.Groups {
		name := st.Spec.Groups[i].Name
		sum += max(state.CountFor(&st.Spec, g.Wanted, name), len(counted(st, name)))
	}
	if maxNodes > 0 && sum > maxNodes {
		return Growth{}, fmt.Errorf("resize %s: it would have %s, and limits.max_nodes allows %d; raise max_nodes in the spec and run `ecluster start`, or add fewer",
			st.Name, count(sum, "node"), maxNodes)
	}
	return g, nil
}

// Shrink returns the sizes after these removals; record them together with
// the intention to remove, so that start does not bring the nodes back.
func Shrink(st *state.State, removals []Removal) map[cluster.GroupName]state.Wanted {
	wanted := maps.Clone(st.Wanted)
	if wanted == nil {
		wanted = map[cluster.GroupName]state.Wanted{}
	}
	going := map[cluster.NodeName]bool{}
	touched := map[cluster.GroupName]bool{}
	for _, r := range removals {
		going[r.Node] = true
		if n := st.Nodes[r.Node]; n != nil && !leaving(n) {
			touched[n.Group] = true
		}
	}
	for name := range touched {
		group, ok := st.Spec.Group(name)
		if !ok {
			continue // a group that left the spec wants no nodes anyway
		}
		stay := 0
		for _, n := range counted(st, name) {
			if !going[n.Name] {
				stay++
			}
		}
		wanted[name] = state.Wanted{Count: min(stay, st.WantedCount(name)), SpecCount: group.Count}
	}
	return wanted
}

// counted are the nodes of a group that are not on their way out.
func counted(st *state.State, g cluster.GroupName) []*cluster.Node {
	return slices.DeleteFunc(st.GroupNodes(g), leaving)
}

func noGroup(st *state.State, name cluster.GroupName) error {
	var known []string
	for _, g := range st.Spec.Groups {
		known = append(known, string(g.Name))
	}
	return fmt.Errorf("resize %s: there is no node group %q; its groups are %s", st.Name, name, strings.Join(known, ", "))
}
