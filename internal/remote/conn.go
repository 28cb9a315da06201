package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ecluster/ecluster/internal/cluster"
)

// sessionsPerConn is how many sessions run at once over one connection:
// sshd's default MaxSessions. Further ones wait.
const sessionsPerConn = 10

// Conn is a proved and authenticated connection to one node. It is safe for
// concurrent use. It ends with Close, with the node's sshd, or when the node
// is silent for Timing.KeepAlive + Timing.Answer.
type Conn struct {
	node   cluster.NodeName
	route  string
	timing Timing
	via    *Conn // nil when dialed directly
	dialer *Dialer
	client *ssh.Client
	net    *watchedConn
	slots  chan struct{}

	done  chan struct{}
	mu    sync.Mutex
	cause error // why it was closed from this side
	err   error // what Err returns once done is closed
}

func newConn(l *login, r route, via *Conn, nc *watchedConn, client *ssh.Client) *Conn {
	c := &Conn{
		node:   l.target.Node,
		route:  r.address,
		timing: l.dialer.Timing.withDefaults(),
		via:    via,
		dialer: l.dialer,
		client: client,
		net:    nc,
		slots:  make(chan struct{}, sessionsPerConn),
		done:   make(chan struct{}),
	}
	c.dialer.connections.Add(1)
	go c.wait()
	go c.probe()
	return c
}

// Node is the node at the other end.
func (c *Conn) Node() cluster.NodeName { return c.node }

// Route says how the node was reached: "10.0.0.7:22 through frontend001".
func (c *Conn) Route() string { return c.route }

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err is nil while the connection stands, then ErrClosed or a *LostError.
func (c *Conn) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// Close ends the connection and everything that runs over it.
func (c *Conn) Close() error {
	c.shut(ErrClosed)
	<-c.done
	return nil
}

func (c *Conn) shut(cause error) {
	c.mu.Lock()
	if c.cause == nil {
		c.cause = cause
	}
	c.mu.Unlock()
	_ = c.net.Close()
}

// wait ends with the connection and says why it ended.
func (c *Conn) wait() {
	err := c.client.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case errors.Is(c.cause, ErrClosed):
		c.err = ErrClosed
	case c.cause != nil:
		c.err = &LostError{Node: c.node, Err: c.cause}
	case c.via != nil && c.via.Err() != nil:
		c.err = &LostError{Node: c.node, Err: fmt.Errorf("its jump host: %w", c.via.Err())}
	default:
		c.err = &LostError{Node: c.node, Err: err}
	}
	close(c.done)
}

// probe asks the node now and then whether it is still there, and ends the
// connection when nothing at all comes back.
func (c *Conn) probe() {
	ticker := time.NewTicker(c.timing.KeepAlive)
	defer ticker.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-ticker.C:
		}
		if c.net.silence() < c.timing.KeepAlive/2 {
			continue
		}
		if !c.Alive() {
			return
		}
	}
}

// Alive asks the node for a sign of life and returns false when the connection
// has ended, which it brings about itself when the node stays silent.
func (c *Conn) Alive() bool {
	answered := make(chan struct{})
	defer close(answered)
	go c.guard(answered)
	_, _, err := c.client.SendRequest("keepalive@openssh.com", true, nil)
	return err == nil
}

// guard ends the connection unless answered is closed in time. Whatever
// arrives counts: the answer may stand behind a long queue of data.
func (c *Conn) guard(answered <-chan struct{}) {
	for left := c.timing.Answer; left > 0; left = c.timing.Answer - c.net.silence() {
		timer := time.NewTimer(left)
		select {
		case <-answered:
			timer.Stop()
			return
		case <-timer.C:
		}
	}
	c.shut(fmt.Errorf("no answer for %s", c.net.silence().Round(time.Millisecond)))
}

// DialTCP opens a TCP connection from the node to address. The result has no
// deadlines; it ends with the Conn.
func (c *Conn) DialTCP(ctx context.Context, address string) (net.Conn, error) {
	nc, err := c.client.DialContext(ctx, "tcp", address)
	if err != nil {
		var refused *ssh.OpenChannelError
		switch {
		case errors.As(err, &refused) && refused.Reason == ssh.Prohibited:
			return nil, fmt.Errorf("dial %s from %s: sshd forbids forwarding there (AllowTcpForwarding)", address, c.node)
		case errors.As(err, &refused):
			return nil, fmt.Errorf("dial %s from %s: %s", address, c.node, refused.Message)
		case c.Err() != nil:
			return nil, fmt.Errorf("dial %s from %s: %w", address, c.node, c.Err())
		}
		return nil, fmt.Errorf("dial %s from %s: %w", address, c.node, err)
	}
	c.dialer.forwards.Add(1)
	return nc, nil
}

func (c *Conn) dialTCP(ctx context.Context, address string, limit time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return c.DialTCP(ctx, address)
}

// watchedConn remembers when something last arrived.
type watchedConn struct {
	net.Conn
	lastRead atomic.Int64 // UnixNano
}

// Read notes the time of what arrives.
func (w *watchedConn) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		w.lastRead.Store(time.Now().UnixNano())
	}
	return n, err
}

func (w *watchedConn) silence() time.Duration {
	return time.Since(time.Unix(0, w.lastRead.Load()))
}
