package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// Removal is a node that was chosen to go.
type Removal struct {
	Node    cluster.NodeName `json:"node"`
	Running int              `json:"running"` // jobs that run there now
	Why     string           `json:"why"`     // why this one: "failed", "idle", "runs 2 jobs"
}

// PickRemovals chooses n nodes of a group to remove: those that are draining
// already, then those without jobs before the least busy ones, among equals
// those that don't work before ready ones, and then the highest index. busy
// has the running jobs of each node. The frontend and file servers are never
// chosen, nor are nodes whose deletion has begun.
func PickRemovals(st *state.State, busy map[cluster.NodeName]int, group cluster.GroupName, n int) ([]Removal, error) {
	nodes := counted(st, group)
	if _, inSpec := st.Spec.Group(group); !inSpec && len(nodes) == 0 {
		return nil, noGroup("resize", &st.Spec, group)
	}
	if n < 1 {
		return nil, fmt.Errorf("resize %s: %d is not a number of nodes to remove from %s; it must be at least 1", st.Name, n, group)
	}
	var kept error
	nodes = slices.DeleteFunc(nodes, func(node *cluster.Node) bool {
		err := removable(st, node)
		if err != nil {
			kept = err
		}
		return err != nil
	})
	switch {
	case len(nodes) == 0 && kept != nil:
		return nil, fmt.Errorf("resize %s: %w", st.Name, kept)
	case n > len(nodes):
		return nil, fmt.Errorf("resize %s: %d nodes of %s can't be removed: there %s", st.Name, n, group, areNodes(len(nodes)))
	}
	slices.SortFunc(nodes, func(a, b *cluster.Node) int {
		return cmp.Or(
			first(a.Phase == cluster.Draining, b.Phase == cluster.Draining),
			cmp.Compare(busy[a.Name], busy[b.Name]),
			first(a.Phase == cluster.Failed, b.Phase == cluster.Failed),
			first(a.Phase != cluster.Ready, b.Phase != cluster.Ready),
			state.CompareNames(b.Name, a.Name))
	})
	chosen := make([]Removal, n)
	for i, node := range nodes[:n] {
		chosen[i] = removal(node, busy[node.Name])
	}
	return chosen, nil
}

func areNodes(n int) string {
	switch n {
	case 0:
		return "are none"
	case 1:
		return "is only 1"
	default:
		return fmt.Sprintf("are only %d", n)
	}
}

// CheckRemoval is the removal of a node that the user named. It fails for a
// name that the cluster does not have, and for the frontend and file servers.
// A node that is already going may be named: that finishes its removal.
func CheckRemoval(st *state.State, busy map[cluster.NodeName]int, name cluster.NodeName) (Removal, error) {
	node := st.Nodes[name]
	if node == nil {
		return Removal{}, &UnknownError{
			Cluster: st.Name, Name: string(name),
			text: fmt.Sprintf("remove-node %s: there is no node %s; `ecluster list-nodes %s` shows those that there are", st.Name, name, st.Name),
		}
	}
	if err := removable(st, node); err != nil {
		return Removal{}, fmt.Errorf("remove-node %s: %w", st.Name, err)
	}
	return removal(node, busy[name]), nil
}

// removable says why a node can't be removed from a cluster that goes on.
func removable(st *state.State, n *cluster.Node) error {
	if n.Name == st.Spec.FrontendNode() {
		return fmt.Errorf("%s is the frontend, and the cluster can't go on without it; `ecluster stop %s` removes the whole cluster", n.Name, st.Name)
	}
	for _, s := range st.Spec.Shares {
		if s.Server == n.Group {
			return fmt.Errorf("%s serves %s to all nodes, and the cluster can't go on without it; `ecluster stop %s` removes the whole cluster", n.Name, s.Path, st.Name)
		}
	}
	return nil
}

func removal(n *cluster.Node, running int) Removal {
	why := "idle"
	switch {
	case running > 0:
		why = "runs " + count(running, "job")
	case n.Phase != cluster.Ready:
		why = string(n.Phase)
	}
	return Removal{Node: n.Name, Running: running, Why: why}
}
