package plan

import (
	"fmt"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// Kind is what an Action does.
type Kind string

// The kinds of action, in the order in which a plan has them.
const (
	CreateCluster Kind = "create cluster" // record a new cluster
	Settle        Kind = "settle"         // find out what became of a request that was under way
	Terminate     Kind = "terminate"      // delete a machine
	Forget        Kind = "forget"         // drop what is recorded of a node
	Prepare       Kind = "prepare"        // make what the nodes share
	Adopt         Kind = "adopt"          // record a machine that exists already; the node begins anew with it
	Wake          Kind = "wake"           // start a machine that is stopped
	Launch        Kind = "launch"         // make a machine
	SetUp         Kind = "set up"         // run the roles of a node
)

// Reason is why an Action is there.
type Reason string

// The reasons.
const (
	New          Reason = "new"           // launch, set up
	Lost         Reason = "lost"          // forget, launch: its machine is gone
	LaunchFailed Reason = "launch failed" // launch: the last attempt made no machine
	Broken       Reason = "broken"        // terminate, forget, launch: its machine is stopped or in error
	AskedReplace Reason = "replace"       // terminate, forget, launch: --replace
	RolesChanged Reason = "roles changed" // set up
	Interrupted  Reason = "interrupted"   // settle, set up, terminate, forget
	FailedBefore Reason = "failed before" // set up
	Asked        Reason = "asked"         // set up: `ecluster setup`
	Halted       Reason = "halted"        // wake, set up: its machine is stopped
	Unrecorded   Reason = "unrecorded"    // adopt: it carries our tag and a node lacks a machine
	Duplicate    Reason = "duplicate"     // terminate: its node has another machine
	Leftover     Reason = "leftover"      // terminate: it belongs to no node
	Unwanted     Reason = "unwanted"      // forget, terminate: no machine, and the count does not ask for it
	NotPrepared  Reason = "not prepared"  // prepare
	SpecChanged  Reason = "spec changed"  // prepare
	ForLaunch    Reason = "for launch"    // prepare: see that what new machines need is still there
)

// Action is one step of a plan. Which fields are set depends on the Kind.
type Action struct {
	Kind     Kind               `json:"kind"`
	Reason   Reason             `json:"reason,omitempty"`
	Node     cluster.NodeName   `json:"node,omitempty"`     // empty for what concerns the cluster
	Group    cluster.GroupName  `json:"group,omitempty"`    // of Node
	Instance cluster.InstanceID `json:"instance,omitempty"` // Terminate, Adopt, Wake
	Token    string             `json:"token,omitempty"`    // Settle
	Intent   state.IntentKind   `json:"intent,omitempty"`   // Settle
	// Machine is the machine to Adopt, as the cloud shows it.
	Machine *cluster.Instance `json:"-"`
}

// String says what is done and why, in one sentence.
func (a Action) String() string {
	switch a.Kind {
	case CreateCluster:
		return "Record the new cluster."
	case Settle:
		return fmt.Sprintf("Find out what became of the %s that was under way.", a.Intent)
	case Prepare:
		return "Prepare what the nodes share" + because(a.Reason)
	case Terminate:
		if a.Node == "" {
			return fmt.Sprintf("Delete the machine %s%s", a.Instance, because(a.Reason))
		}
		return fmt.Sprintf("Delete the machine %s of %s%s", a.Instance, a.Node, because(a.Reason))
	case Forget:
		return fmt.Sprintf("Forget %s%s", a.Node, because(a.Reason))
	case Adopt:
		return fmt.Sprintf("Take the machine %s for %s%s", a.Instance, a.Node, because(a.Reason))
	case Wake:
		return fmt.Sprintf("Start the machine %s of %s%s", a.Instance, a.Node, because(a.Reason))
	case Launch:
		return fmt.Sprintf("Launch %s%s", a.Node, because(a.Reason))
	case SetUp:
		return fmt.Sprintf("Set up %s%s", a.Node, because(a.Reason))
	}
	return string(a.Kind)
}

func because(r Reason) string {
	if s := r.Clause(); s != "" {
		return ": " + s + "."
	}
	return "."
}

// Clause is the reason as a clause, without a full stop.
func (r Reason) Clause() string {
	switch r {
	case New:
		return "it is new"
	case Lost:
		return "its machine is gone"
	case LaunchFailed:
		return "the last attempt made no machine"
	case Broken:
		return "its machine does not work"
	case AskedReplace:
		return "its replacement was asked for"
	case RolesChanged:
		return "its roles changed"
	case Interrupted:
		return "this was interrupted"
	case FailedBefore:
		return "the last attempt failed"
	case Asked:
		return "it was asked for"
	case Halted:
		return "its machine is stopped"
	case Unrecorded:
		return "it was not recorded"
	case Duplicate:
		return "its node has another machine"
	case Leftover:
		return "it belongs to no node"
	case Unwanted:
		return "there is no use for it"
	case SpecChanged:
		return "the spec changed"
	case ForLaunch:
		return "new machines need it"
	case NotPrepared: // goes without saying
	}
	return ""
}
