package fake

import (
	"fmt"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Op is a method of the driver, as the log of calls and the script of faults
// name it.
type Op string

// The methods.
const (
	OpCheck     Op = "check"
	OpPrepare   Op = "prepare"
	OpLaunch    Op = "launch"
	OpList      Op = "list"
	OpTerminate Op = "terminate"
	OpCleanup   Op = "cleanup"
	OpPause     Op = "pause"
	OpResume    Op = "resume"
	OpConsole   Op = "console"
	OpClusters  Op = "clusters"
	OpPrice     Op = "price"
)

// Fault is one line of the script: which call fails, and how.
type Fault struct {
	Op Op
	// Call is which call of Op it strikes, counted from 1 since the World was
	// made; 0 is the next ones.
	Call int
	// Times is how many calls it strikes, from Call on; 0 is 1, -1 all.
	Times int
	// Node limits it to one node of a launch or a termination, From to the
	// nodes from that place of the request on (from 1). With neither it strikes
	// the call as a whole.
	Node cluster.NodeName
	From int

	// Kind is what the error is classified as; "" lets the call succeed, or
	// hang without one.
	Kind    providers.Kind
	Message string
	// Lands lets the call take effect although it fails: a lost answer.
	Lands bool
	// Hang keeps the answer back until the context of the call ends.
	Hang bool
}

// Fate is what becomes of a machine that was launched: it stays in State for
// ever. InstancePending is a machine that never boots.
type Fate struct {
	State  cluster.InstanceState `json:"state,omitempty"`
	Reason string                `json:"reason,omitempty"`
}

// Error is the error of a call to the fake cloud.
type Error struct {
	Kind    providers.Kind
	Message string
}

// Error returns the message.
func (f *Error) Error() string { return f.Message }

func failf(k providers.Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// fault is a Fault with what is left of it.
type fault struct {
	Fault
	left int
}

func (f *fault) whole() bool { return f.Node == "" && f.From == 0 }

func (f *fault) hits(place int, node cluster.NodeName) bool {
	return f.Node != "" && f.Node == node || f.From > 0 && place >= f.From
}

func (f *fault) err(op Op) error {
	if f.Kind == "" {
		return nil
	}
	if f.Message != "" {
		return &Error{Kind: f.Kind, Message: f.Message}
	}
	return failf(f.Kind, "the fake cloud was told to fail this %s: %s", op, f.Kind)
}

// Inject adds faults to the script.
func (w *World) Inject(faults ...Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range faults {
		left := f.Times
		if left == 0 {
			left = 1
		}
		w.faults = append(w.faults, &fault{Fault: f, left: left})
	}
}

// Doom sets the fates of the next machines that are launched for a node, one
// each.
func (w *World) Doom(node cluster.NodeName, fates ...Fate) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fates[node] = append(w.fates[node], fates...)
}

// fate takes the next fate of a node. w.mu is held.
func (w *World) fate(node cluster.NodeName) Fate {
	if len(w.fates[node]) == 0 {
		return Fate{}
	}
	f := w.fates[node][0]
	w.fates[node] = w.fates[node][1:]
	return f
}

// strike uses up and returns the faults of one call. w.mu is held.
func (w *World) strike(c Call) []*fault {
	var out []*fault
	for _, f := range w.faults {
		if f.Op != c.Op || f.left == 0 || c.N < f.Call || f.Node != "" && !slices.Contains(c.Nodes, f.Node) {
			continue
		}
		f.left--
		out = append(out, f)
	}
	return out
}
