package role

import (
	"context"
	"io"
)

// Transport runs commands on one node.
type Transport interface {
	// Start runs command with the login shell of the node's admin user. ctx
	// bounds the start only.
	Start(ctx context.Context, command string) (Process, error)
}

// Process is a running command. Its streams must be usable concurrently.
type Process interface {
	Stdin() io.WriteCloser
	Stdout() io.Reader
	Stderr() io.Reader
	// Wait returns when the command has ended and its streams are at their end.
	Wait() error
	// Kill closes the channel; Wait and all streams then return.
	Kill() error
}
