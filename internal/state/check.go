package state

import (
	"fmt"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
)

// check finds what no ecluster would have written, so that no later code has
// to ask whether a state makes sense.
func (s *State) check() error {
	switch {
	case s.ID == "":
		return fmt.Errorf("it has no cluster ID")
	case s.Lineage == "":
		return fmt.Errorf("it has no lineage")
	case s.Serial == 0:
		return fmt.Errorf("it has no serial")
	case s.Status != Active && s.Status != Stopping && !s.Status.Resting():
		return fmt.Errorf("its status %q is unknown", s.Status)
	}
	if err := cluster.CheckLabel(string(s.Name)); err != nil {
		return fmt.Errorf("its cluster name is impossible: %w", err)
	}
	for name, n := range s.Nodes {
		if err := checkNode(name, n); err != nil {
			return err
		}
	}
	for _, i := range s.Intents {
		if !slices.Contains([]IntentKind{IntentLaunch, IntentTerminate, IntentPrepare, IntentDestroy}, i.Kind) {
			return fmt.Errorf("its intent %s is of the unknown kind %q", i.Token, i.Kind)
		}
	}
	return nil
}

func checkNode(name cluster.NodeName, n *cluster.Node) error {
	if n == nil {
		return fmt.Errorf("node %s is empty", name)
	}
	if n.Name != name {
		return fmt.Errorf("node %s calls itself %q", name, n.Name)
	}
	switch n.Phase {
	case cluster.Planned, cluster.Launching, cluster.Booting, cluster.Reachable,
		cluster.Installing, cluster.Configuring, cluster.Joining, cluster.Verifying,
		cluster.Ready, cluster.Draining, cluster.Deleting, cluster.Gone, cluster.Paused, cluster.Failed:
		return nil
	default:
		return fmt.Errorf("node %s is in the unknown phase %q", name, n.Phase)
	}
}
