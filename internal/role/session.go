package role

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Options say how a bundle is carried out.
type Options struct {
	Sudo   bool          // the login user is not root: use sudo -n
	Serve  bool          // stay for Exec calls until End
	Phases []Phase       // nil means DefaultPhases; empty means none
	Log    string        // path of this node's log file; appended to
	Handle func(Message) // called from one goroutine; must not block for long; may be nil
}

// Session is a bundle being carried out on a node.
type Session struct{}

// StepError says which step failed on the node.
type StepError struct {
	Role, Step string
	Message    string   // one sentence
	Tail       []string // the last lines of its output
	Log        string   // path of the full log on this machine
}

// Error reads "role slurm-worker, step start: message", then the tail and the
// path of the log, on lines of their own.
func (e *StepError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "role %s, step %s: %s", e.Role, e.Step, e.Message)
	for _, line := range e.Tail {
		b.WriteString("\n    " + line)
	}
	if e.Log != "" {
		b.WriteString("\n  full log: " + e.Log)
	}
	return b.String()
}

// StartSession sends the bundle to the node and starts the work.
func StartSession(ctx context.Context, t Transport, b *Bundle, o Options) (*Session, error) {
	return nil, errors.ErrUnsupported
}

// Fact tells the node a fact.
func (s *Session) Fact(name, value string) error { return errors.ErrUnsupported }

// Exec runs a script as root on the node and returns its standard output.
func (s *Session) Exec(ctx context.Context, script string) ([]byte, error) {
	return nil, errors.ErrUnsupported
}

// End says that there are no more Exec calls.
func (s *Session) End() error { return errors.ErrUnsupported }

// Wait returns when the session is over.
func (s *Session) Wait() error { return errors.ErrUnsupported }
