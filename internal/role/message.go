package role

import (
	"time"

	"github.com/ecluster/ecluster/internal/event"
)

// Message is something that the runner on a node says. The types below are
// all of them.
type Message interface{ isMessage() }

type (
	// Hello says what processors the node has, as "x86_64".
	Hello struct{ Arch string }

	// PhaseStarted says that the node goes on to a phase.
	PhaseStarted struct{ Phase Phase }

	// StepStarted says that a step runs. A step that has nothing to do has a
	// StepFinished only.
	StepStarted struct{ Role, Step string }

	// StepFinished says how a step ended. Role is the key of the use
	// (cluster.RoleUse.Key), or OS for the package transaction; the files of a
	// role count as its step "files".
	StepFinished struct {
		Role, Step string
		Outcome    event.Outcome
		Duration   time.Duration
		Message    string   // why it failed, one sentence
		Tail       []string // the last lines of its output, when it failed
		Log        string   // path of the node's log on this machine
	}

	// FactSet says that the node knows a fact, from a step that ran or from
	// one that did not have to.
	FactSet struct{ Name, Value string }

	// Waiting says for which fact the node waits; an empty Fact ends the wait.
	Waiting struct{ Fact string }

	// Notice is a sentence for the user.
	Notice struct {
		Level      event.Level
		Role, Step string // empty when it is about no step
		Text       string
	}

	// Serving says that all phases are done and Exec calls are answered.
	Serving struct{}
)

// OS is the Role of the package transaction, whose Step is "packages".
const OS = "os"

func (Hello) isMessage()        {}
func (PhaseStarted) isMessage() {}
func (StepStarted) isMessage()  {}
func (StepFinished) isMessage() {}
func (FactSet) isMessage()      {}
func (Waiting) isMessage()      {}
func (Notice) isMessage()       {}
func (Serving) isMessage()      {}
