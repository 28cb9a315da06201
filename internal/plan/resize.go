package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// Grow returns the sizes of groups after adding nodes to them, to be given to
// Make as Counts. It fails for a group that is not in the spec, for the
// frontend's group and one that serves a share, and when the cluster would have more than its
// limits.max_nodes.
func Grow(st *state.State, add map[cluster.GroupName]int) (map[cluster.GroupName]int, error) {
	sizes := map[cluster.GroupName]int{}
	for _, name := range slices.Sorted(maps.Keys(add)) {
		_, ok := st.Spec.Group(name)
		switch {
		case !ok:
			return nil, noGroup("resize", &st.Spec, name)
		case add[name] < 1:
			return nil, fmt.Errorf("resize %s: %d is not a number of nodes to add to %s; it must be at least 1", st.Name, add[name], name)
		case name == st.Spec.Frontend:
			return nil, fmt.Errorf("resize %s: %s is the group of the frontend, of which there is one; add nodes to another group", st.Name, name)
		}
		for _, s := range st.Spec.Shares {
			if s.Server == name {
				return nil, fmt.Errorf("resize %s: the nodes of %s serve %s together, and a newcomer would hold none of it; change the group's count in the spec and run `ecluster start`, or add nodes to another group",
					st.Name, name, s.Path)
			}
		}
		sizes[name] = size(st, name) + add[name]
	}
	sum := 0
	for _, g := range st.Spec.Groups {
		n, grown := sizes[g.Name]
		if !grown {
			n = size(st, g.Name)
		}
		sum += n
	}
	if limit := st.Spec.Limits.MaxNodes; limit > 0 && sum > limit {
		return nil, fmt.Errorf("resize %s: it would have %s, and limits.max_nodes allows %d; add fewer, or raise max_nodes in the spec and run `ecluster start`",
			st.Name, count(sum, "node"), limit)
	}
	return sizes, nil
}

// CheckCounts says what is wrong with sizes that are to hold against those of
// a spec: a group that it does not have, or a frontend group of another size
// than 1.
func CheckCounts(spec *cluster.Spec, counts map[cluster.GroupName]int) error {
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if _, ok := spec.Group(name); !ok {
			return noGroup("start", spec, name)
		}
		if name == spec.Frontend && counts[name] != 1 {
			return fmt.Errorf("start %s: %s is the group of the frontend, of which there is one, not %d", spec.Name, name, counts[name])
		}
	}
	return nil
}

// size is what a group has or should have, whichever is more.
func size(st *state.State, g cluster.GroupName) int {
	return max(st.WantedCount(g), len(counted(st, g)))
}

// Shrink returns the user's words on the sizes without these nodes. Record
// them together with the intention to remove the nodes, so that no start
// brings them back.
func Shrink(st *state.State, names []cluster.NodeName) map[cluster.GroupName]state.Wanted {
	wanted := maps.Clone(st.Wanted)
	if wanted == nil {
		wanted = map[cluster.GroupName]state.Wanted{}
	}
	for _, g := range st.Spec.Groups {
		nodes := counted(st, g.Name)
		before := len(nodes)
		nodes = slices.DeleteFunc(nodes, func(n *cluster.Node) bool {
			return n.Phase == cluster.Draining || slices.Contains(names, n.Name)
		})
		if len(nodes) < before {
			wanted[g.Name] = state.Wanted{Count: min(len(nodes), st.WantedCount(g.Name)), SpecCount: g.Count}
		}
	}
	return wanted
}

// Usable reports whether a cluster is worth using although nodes failed: its
// frontend is ready, and every group has its min_count of ready nodes, or all
// that are wanted where those are fewer.
func Usable(st *state.State) bool {
	frontend := st.Nodes[st.Spec.FrontendNode()]
	if frontend == nil || frontend.Phase != cluster.Ready {
		return false
	}
	for _, g := range st.Spec.Groups {
		ready := 0
		for _, n := range st.GroupNodes(g.Name) {
			if n.Phase == cluster.Ready {
				ready++
			}
		}
		if ready < min(g.MinCount, st.WantedCount(g.Name)) {
			return false
		}
	}
	return true
}

// counted are the nodes of a group that are not being deleted.
func counted(st *state.State, g cluster.GroupName) []*cluster.Node {
	return slices.DeleteFunc(st.GroupNodes(g), leaving)
}

// UnknownError says that a cluster has no node or node group of a name.
type UnknownError struct {
	Cluster cluster.Name
	Name    string // what was asked for
	text    string
}

// Error names it, and where to look or what there is.
func (e *UnknownError) Error() string { return e.text }

func noGroup(verb string, spec *cluster.Spec, name cluster.GroupName) error {
	known := make([]string, len(spec.Groups))
	for i, g := range spec.Groups {
		known[i] = string(g.Name)
	}
	return &UnknownError{
		Cluster: spec.Name, Name: string(name),
		text: fmt.Sprintf("%s %s: there is no node group %q; its groups are %s", verb, spec.Name, name, strings.Join(known, ", ")),
	}
}
