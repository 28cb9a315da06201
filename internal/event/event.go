// Package event defines what can happen while ecluster works, as typed
// values, and the Sink that receives them. The engine emits events and never
// prints; internal/ui renders them for a terminal, a log or a program.
// It imports only the domain types: no rendering, no I/O.
package event

import (
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Event is one thing that happened. The types of this package are all of them.
type Event interface {
	// Type is the name under which the event appears in JSON output; stable.
	Type() string
}

// Sink receives events. It must be safe for concurrent use and must not block
// for long: it runs inside the work.
type Sink interface {
	Emit(Event)
}

// SinkFunc makes a function a Sink.
type SinkFunc func(Event)

// Emit calls f.
func (f SinkFunc) Emit(e Event) { f(e) }

// Discard drops every event.
var Discard Sink = SinkFunc(func(Event) {})

// Level says how much the user should care.
type Level string

// The levels of a Notice.
const (
	Info    Level = "info"
	Warning Level = "warning"
)

type (
	// RunStarted opens the stream of one command.
	RunStarted struct {
		Command string             `json:"command"` // "start", "resize"
		Cluster cluster.Name       `json:"cluster"`
		ID      cluster.ID         `json:"id,omitempty"`
		Nodes   []cluster.NodeName `json:"nodes,omitempty"` // the nodes that this run will work on
	}

	// RunFinished closes it. Err is nil on success.
	RunFinished struct {
		Command  string        `json:"command"`
		Cluster  cluster.Name  `json:"cluster"`
		Duration time.Duration `json:"duration_ns"`
		Ready    int           `json:"ready"`
		Failed   int           `json:"failed"`
		Sessions int64         `json:"ssh_sessions,omitempty"`
		Err      error         `json:"-"`
	}

	// TaskProgress is work that belongs to no node: building an image, making
	// a network. The first event of a Task opens it, Done closes it.
	TaskProgress struct {
		Task    string        `json:"task"`              // "build node image"
		Message string        `json:"message,omitempty"` // what it is doing now
		Done    bool          `json:"done,omitempty"`
		Elapsed time.Duration `json:"elapsed_ns,omitempty"`
		Err     error         `json:"-"`
	}

	// NodePhase is a change of a node's phase.
	NodePhase struct {
		Node   cluster.NodeName  `json:"node"`
		Group  cluster.GroupName `json:"group"`
		Phase  cluster.Phase     `json:"phase"`
		Reason string            `json:"reason,omitempty"` // why, for failed and draining
	}

	// StepStarted says that a step of a role began on a node.
	StepStarted struct {
		Node cluster.NodeName `json:"node"`
		Role string           `json:"role"`
		Step string           `json:"step"`
	}

	// StepFinished says how it ended.
	StepFinished struct {
		Node     cluster.NodeName `json:"node"`
		Role     string           `json:"role"`
		Step     string           `json:"step"`
		Outcome  Outcome          `json:"outcome"`
		Duration time.Duration    `json:"duration_ns"`
		Tail     []string         `json:"tail,omitempty"` // last lines of its output, when it failed
		Log      string           `json:"log,omitempty"`  // path of the full log on this machine
	}

	// NodeWaiting says what a node waits for; an empty For ends the wait.
	NodeWaiting struct {
		Node cluster.NodeName `json:"node"`
		For  string           `json:"for"` // "the controller on frontend001"
	}

	// Notice is a sentence for the user that changes nothing.
	Notice struct {
		Level   Level            `json:"level"`
		Node    cluster.NodeName `json:"node,omitempty"`
		Message string           `json:"message"`
	}
)

// Outcome is how a step ended.
type Outcome string

// The outcomes of a step.
const (
	Changed   Outcome = "changed"   // it ran
	Unchanged Outcome = "unchanged" // its stamp was there: nothing to do
	Failed    Outcome = "failed"
)

// Type implements Event.
func (RunStarted) Type() string { return "run_started" }

// Type implements Event.
func (RunFinished) Type() string { return "run_finished" }

// Type implements Event.
func (TaskProgress) Type() string { return "task" }

// Type implements Event.
func (NodePhase) Type() string { return "node" }

// Type implements Event.
func (StepStarted) Type() string { return "step_started" }

// Type implements Event.
func (StepFinished) Type() string { return "step_finished" }

// Type implements Event.
func (NodeWaiting) Type() string { return "waiting" }

// Type implements Event.
func (Notice) Type() string { return "notice" }
