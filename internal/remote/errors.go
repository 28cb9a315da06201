package remote

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// ErrKilled is what a process ends with after Kill.
var ErrKilled = errors.New("the session was closed from this side")

// ErrClosed is what is left of a Conn or a Pool after Close.
var ErrClosed = errors.New("the connection was closed from this side")

// errNoJump stands for the way through a frontend that isn't there yet.
var errNoJump = errors.New("the frontend is not up yet")

// HostKeyError says that whoever answers is not the node. Nothing was sent
// to it and it must never be connected to.
type HostKeyError struct {
	Node     cluster.NodeName
	Address  string
	Expected []string // fingerprints; empty when no key of the node is known
	Got      string   // fingerprint, or the key types that were offered
}

// Error names both keys and what to do.
func (e *HostKeyError) Error() string {
	if len(e.Expected) == 0 {
		return fmt.Sprintf("connect %s at %s: no host key of this node is known, so it can't be told from an impostor; remove the node and start it again", e.Node, e.Address)
	}
	return fmt.Sprintf("connect %s at %s: the host key is %s, but the node's is %s; another machine answers there, nothing was sent to it. "+
		"If the machine was restarted its address may have changed: 'ecluster list-nodes --update' asks for it", e.Node, e.Address, e.Got, strings.Join(e.Expected, " or "))
}

// AuthError says that the node is the right one but doesn't let us in.
type AuthError struct {
	Node    cluster.NodeName
	Address string
	User    string
	Err     error
}

// Error names the user and what to do.
func (e *AuthError) Error() string {
	return fmt.Sprintf("connect %s at %s: the node refuses the cluster's key for user %s: %v; "+
		"its authorized_keys file was changed or never written: remove the node and start it again", e.Node, e.Address, e.User, e.Err)
}

// Unwrap returns the cause.
func (e *AuthError) Unwrap() error { return e.Err }

// Attempt is one way to a node that was tried, and how that failed.
type Attempt struct {
	Address string // "10.0.0.7:22", or "10.0.0.7:22 through frontend001"
	Err     error
}

// UnreachableError says that no sshd answered on any way to the node.
type UnreachableError struct {
	Node     cluster.NodeName
	Attempts []Attempt
}

// Error lists every way that was tried.
func (e *UnreachableError) Error() string {
	if len(e.Attempts) == 0 {
		return fmt.Sprintf("connect %s: no address of this node is known; is it running? ecluster list-nodes --update asks the cloud", e.Node)
	}
	causes := make([]string, len(e.Attempts))
	for i, a := range e.Attempts {
		causes[i] = fmt.Sprintf("%s: %v", a.Address, shorten(a.Err))
	}
	return fmt.Sprintf("connect %s: %s", e.Node, strings.Join(causes, "; "))
}

// Unwrap returns the causes.
func (e *UnreachableError) Unwrap() []error {
	errs := make([]error, len(e.Attempts))
	for i, a := range e.Attempts {
		errs[i] = a.Err
	}
	return errs
}

// LostError says that an established connection broke or fell silent. What
// the commands did that ran over it is unknown.
type LostError struct {
	Node cluster.NodeName
	Err  error
}

// Error names the node, the cause and what to do.
func (e *LostError) Error() string {
	return fmt.Sprintf("connection to %s lost: %v; is the node still running? The same command can be repeated", e.Node, e.Err)
}

// Unwrap returns the cause.
func (e *LostError) Unwrap() error { return e.Err }

// ExitError says that a remote command ended with a status other than 0.
type ExitError struct {
	// Code is the exit status, 128 + the signal's number after a signal, and
	// -1 when the node reported neither.
	Code   int
	Signal string // "TERM"; empty when the command ended by itself
	// Stderr is the end of standard error; only Run sets it.
	Stderr string
}

// Error gives the status, and the end of standard error where it is known.
func (e *ExitError) Error() string {
	s := fmt.Sprintf("exit status %d", e.Code)
	switch {
	case e.Signal != "":
		s = "killed by signal " + e.Signal
	case e.Code < 0:
		s = "the command ended without an exit status"
	}
	if e.Stderr != "" {
		s += ": " + e.Stderr
	}
	return s
}

// shorten drops what a net.OpError repeats of the address that stands beside it.
func shorten(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}
