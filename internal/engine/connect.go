package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/state"
)

// connectTime is how long a node that is up may take to let us in.
const connectTime = 30 * time.Second

// Connection is a way to one node, with the way through the frontend that it
// may take.
type Connection struct {
	*remote.Conn
	reach *Reach
}

// Close ends the connection and what carried it.
func (c *Connection) Close() { c.reach.Close() }

// Connect opens an SSH connection to a node ("" is the frontend) as the login
// user, or as the admin user of the machine. It needs no lock: a cluster can
// be used while it is worked on.
func (e *Engine) Connect(ctx context.Context, name cluster.Name, node cluster.NodeName, admin bool) (*Connection, error) {
	st, err := e.store.Load(name)
	if err != nil {
		return nil, err
	}
	return e.connect(ctx, st, node, admin)
}

func (e *Engine) connect(ctx context.Context, st *state.State, node cluster.NodeName, admin bool) (*Connection, error) {
	reach, err := e.reach(st, admin)
	if err != nil {
		return nil, err
	}
	conn, err := reach.Dial(ctx, node)
	if err != nil {
		reach.Close()
		return nil, err
	}
	return &Connection{Conn: conn, reach: reach}, nil
}

// ConnectError says that there is no way to a node that should be up.
type ConnectError struct {
	Cluster cluster.Name
	Err     error
}

// Error is that of the connection, which names the node.
func (e *ConnectError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *ConnectError) Unwrap() error { return e.Err }

// Hint says how to find out, and what to do.
func (e *ConnectError) Hint() string {
	return fmt.Sprintf("'ecluster list-nodes %s --update' shows which machines run, and 'ecluster start %s' repairs those that don't.", e.Cluster, e.Cluster)
}

// userOf is who to log in as.
func (e *Engine) userOf(st *state.State, admin bool) (string, error) {
	if !admin {
		return st.Spec.Login.User, nil
	}
	plugin, known := e.opts.Plugins[st.Spec.Provider.Kind]
	if !known {
		return "", fmt.Errorf("open provider %q: this ecluster was built without it", st.Spec.Provider.Kind)
	}
	return plugin.AdminUser, nil
}
