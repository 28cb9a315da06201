package plan

import (
	"fmt"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// Input is everything that a plan depends on.
type Input struct {
	// Name is what the user calls the cluster; the recorded name, else the
	// spec's, when empty. Only texts use it.
	Name cluster.Name
	// Desired is the spec as it is now; nil means the recorded one.
	Desired *cluster.Spec
	// Recorded is the state; nil means that the cluster is new.
	Recorded *state.State
	// Live are the machines that carry the cluster's tag. While LiveKnown is
	// false the cloud was not asked, and the state is believed.
	Live      []cluster.Instance
	LiveKnown bool
	// Fingerprints are what SetUp of each node should be; a node without one
	// is taken to be up to date when it is ready.
	Fingerprints map[cluster.NodeName]string
	// Counts are sizes given on the command line (--nodes); they hold like a
	// resize.
	Counts map[cluster.GroupName]int
	// Replace names broken nodes that may be replaced although their data is
	// lost with them (--replace).
	Replace map[cluster.NodeName]bool
	// Only limits the plan to these nodes; empty means all.
	Only []cluster.NodeName
	// NoSetup leaves out all set-up (--no-setup).
	NoSetup bool
	// SetupOnly asks for the set-up of every node that has a machine, whatever
	// is recorded, and for nothing else (`ecluster setup`).
	SetupOnly bool
	// CanWake says that the provider can start a stopped machine.
	CanWake bool
}

// Plan is what would be done.
type Plan struct {
	// Actions in the order in which they begin; empty when Blocked is not.
	Actions []Action `json:"actions"`
	// Changes are how the spec differs from the one last accepted.
	Changes []Change `json:"changes,omitempty"`
	// Warnings are complete sentences.
	Warnings []string `json:"warnings,omitempty"`
	// Blocked is what must be decided by the user first. One entry blocks the
	// whole plan.
	Blocked []Blocked `json:"blocked,omitempty"`
	// Wanted is the user's word on the sizes of groups, to be recorded as it is.
	Wanted map[cluster.GroupName]state.Wanted `json:"wanted,omitempty"`
	// Unchanged are the nodes to which nothing is done.
	Unchanged []cluster.NodeName `json:"unchanged,omitempty"`
}

// Blocked is one reason for which nothing is done.
type Blocked struct {
	Node cluster.NodeName `json:"node,omitempty"` // empty for the cluster as a whole
	Why  string           `json:"why"`            // complete sentences: what is the matter and what would be done
	Flag string           `json:"flag,omitempty"` // the flag that allows it: "--replace frontend001"
}

// Empty reports whether there is nothing to do. Changes of the spec that need
// no action may still have to be recorded.
func (p *Plan) Empty() bool { return len(p.Actions) == 0 }

// Counts returns how many actions of each kind there are.
func (p *Plan) Counts() map[Kind]int {
	counts := map[Kind]int{}
	for _, a := range p.Actions {
		counts[a.Kind]++
	}
	return counts
}

// Nodes returns the nodes with an action of that kind, in the order of the plan.
func (p *Plan) Nodes(kind Kind) []cluster.NodeName {
	var names []cluster.NodeName
	for _, a := range p.Actions {
		if a.Kind == kind && a.Node != "" {
			names = append(names, a.Node)
		}
	}
	return names
}

// Line is one line of a summary: all actions of one kind with one reason.
type Line struct {
	Kind   Kind
	Reason Reason
	Count  int
	Nodes  []cluster.NodeName
	// Text is a complete sentence that names at most a few ranges of nodes.
	Text string
}

// Lines summarises the plan for display, in the order of the plan.
func (p *Plan) Lines() []Line {
	var lines []Line
	for _, a := range p.Actions {
		i := slices.IndexFunc(lines, func(l Line) bool { return l.Kind == a.Kind && l.Reason == a.Reason })
		if i < 0 {
			i = len(lines)
			lines = append(lines, Line{Kind: a.Kind, Reason: a.Reason, Text: a.String()})
		}
		lines[i].Count++
		if a.Node != "" {
			lines[i].Nodes = append(lines[i].Nodes, a.Node)
		}
	}
	for i := range lines {
		if l := &lines[i]; l.Count > 1 {
			l.Text = l.plural()
		}
	}
	return lines
}

func (l *Line) plural() string {
	names := Ranges(l.Nodes)
	clause := " (" + string(l.Reason) + ")"
	switch l.Kind {
	case Terminate:
		if names == "" {
			return fmt.Sprintf("Delete %d machines%s.", l.Count, clause)
		}
		return fmt.Sprintf("Delete %d machines of %s%s.", l.Count, names, clause)
	case Forget:
		return fmt.Sprintf("Forget %d nodes: %s%s.", l.Count, names, clause)
	case Adopt:
		return fmt.Sprintf("Take %d machines for %s%s.", l.Count, names, clause)
	case Wake:
		return fmt.Sprintf("Start %d machines of %s%s.", l.Count, names, clause)
	case Launch:
		return fmt.Sprintf("Launch %d nodes: %s%s.", l.Count, names, clause)
	case SetUp:
		return fmt.Sprintf("Set up %d nodes: %s%s.", l.Count, names, clause)
	case Settle:
		return fmt.Sprintf("Find out what became of %d requests that were under way.", l.Count)
	case CreateCluster, Prepare:
	}
	return l.Text
}
