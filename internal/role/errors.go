package role

import (
	"errors"
	"fmt"
	"strings"
)

// ErrLost is within the error of a session whose connection broke, or whose
// runner vanished, before the work was done.
var ErrLost = errors.New("connection to the node lost")

// StepError says which step failed on the node.
type StepError struct {
	Role    string // key of the use, OS for the package transaction, empty for the run as a whole
	Step    string // empty when it is about no step
	Message string // one sentence
	Tail    []string
	Log     string // path of the full log on this machine
}

// Error reads "role slurm-worker, step start: message", then the last lines of
// the output and the path of the full log, on lines of their own.
func (e *StepError) Error() string {
	var b strings.Builder
	switch {
	case e.Role == OS:
		b.WriteString("packages: ")
	case e.Role != "" && e.Step != "":
		fmt.Fprintf(&b, "role %s, step %s: ", e.Role, e.Step)
	case e.Role != "":
		fmt.Fprintf(&b, "role %s: ", e.Role)
	}
	b.WriteString(e.Message)
	writeTail(&b, e.Tail)
	if e.Log != "" {
		b.WriteString("\n  full log: " + e.Log)
	}
	return b.String()
}

// RebootError says that a session ended because the node reboots: the same
// bundle is to be carried out again when it is up.
type RebootError struct {
	Why string // what needs the reboot; empty when an earlier session asked for it
}

// Error reads "the node reboots: the new kernel needs it".
func (e *RebootError) Error() string {
	if e.Why == "" {
		return "the node is about to reboot"
	}
	return "the node reboots: " + e.Why
}

// ExecError says how a script of Session.Exec ended.
type ExecError struct {
	Status int // exit status; above 128 a signal
	Tail   []string
}

// Error reads "exit status 3", then the last lines of its standard error.
func (e *ExecError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "exit status %d", e.Status)
	writeTail(&b, e.Tail)
	return b.String()
}

func writeTail(b *strings.Builder, tail []string) {
	for _, line := range tail {
		b.WriteString("\n    " + line)
	}
}

// startError explains why the runner said nothing at all; said is what came on
// standard error, cause how the command ended.
func startError(sudo bool, said []string, cause error) error {
	detail := "it said nothing"
	if len(said) > 0 {
		detail = strings.Join(said, "; ")
	}
	if cause == nil {
		cause = errors.New("the command ended early")
	}
	if sudo && strings.Contains(detail, "sudo:") {
		return fmt.Errorf("start the runner: the login user needs sudo without a password on the node "+
			"(a NOPASSWD rule in /etc/sudoers.d): %s: %w", detail, cause)
	}
	return fmt.Errorf("start the runner: %s: %w", detail, cause)
}
