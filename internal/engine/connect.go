package engine

import (
	"context"
	"errors"
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
	pool *remote.Pool
}

// Close ends the connection and what carried it.
func (c *Connection) Close() { _ = c.pool.Close() } // which can't fail

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
	if node == "" {
		node = st.Spec.FrontendNode()
	}
	n := st.Nodes[node]
	if n == nil {
		return nil, unknownNode(st, node)
	}
	if len(n.Endpoints) == 0 && n.PrivateIP == "" {
		return nil, fmt.Errorf("connect to %s: it has no address yet (it is %s)", node, n.Phase)
	}
	keys, err := openAccess(e.store, st.Name)
	if err != nil {
		return nil, err
	}
	user, err := e.userOf(st, admin)
	if err != nil {
		return nil, err
	}
	frontend := st.Nodes[st.Spec.FrontendNode()]
	pool := remote.NewPool(&remote.Dialer{Key: keys.user.PrivatePEM})
	ctx, cancel := context.WithTimeoutCause(ctx, connectTime, fmt.Errorf("no answer within %s", connectTime))
	defer cancel()
	moved, stop := context.WithCancel(ctx)
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		_ = e.follow(moved, st) // it shows as a dial that fails
	}()
	defer func() { stop(); <-followed }()
	var way remote.GetOptions
	if node != st.Spec.FrontendNode() {
		way.Jump = keys.jumpTo(func() *cluster.Node { return frontend }, user)
	}
	conn, err := pool.Get(ctx, keys.target(n, user), way)
	if err != nil {
		return nil, &ConnectError{Cluster: st.Name, Err: errors.Join(err, pool.Close())}
	}
	return &Connection{Conn: conn, pool: pool}, nil
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
