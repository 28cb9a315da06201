package remotetest

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ecluster/ecluster/internal/cluster"
)

var errRefused = errors.New("connection refused")

// SetHostKey makes the server answer new connections with another key.
func (s *Server) SetHostKey(privatePEM cluster.Secret) error {
	signer, err := ssh.ParsePrivateKey([]byte(privatePEM.Reveal()))
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signer = signer
	return nil
}

// SetAuthorizedKey changes the key that gets in from now on, as cloud-init
// does when it comes to it. Empty lets any key in.
func (s *Server) SetAuthorizedKey(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allowed = line
}

// Refuse resets every new connection, or no longer does.
func (s *Server) Refuse(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = on
}

// Delay makes the server wait before it answers a new connection.
func (s *Server) Delay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

// Drop resets all connections, as a node does that loses its power and comes
// back.
func (s *Server) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		reset(c.Conn)
		_ = c.Close()
	}
}

// Cut silences all connections: no byte comes or goes and nobody is told, as
// with a cable that was pulled. Without on, new connections work again; those
// that were cut stay silent.
func (s *Server) Cut(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = on
	if !on {
		return
	}
	for c := range s.conns {
		c.freeze()
	}
}

// DropAfter resets each new connection once that many bytes came over it; 0
// ends that.
func (s *Server) DropAfter(bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = bytes
}

func (s *Server) dialOut(ctx context.Context, host string, port uint32) (net.Conn, error) {
	addr := net.JoinHostPort(host, strconv.FormatUint(uint64(port), 10))
	if s.options.Forward != nil {
		return s.options.Forward(ctx, "tcp", addr)
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, "tcp", addr)
}

// reset closes a connection rudely.
func reset(nc net.Conn) {
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = nc.Close()
}

// faultConn can fall silent.
type faultConn struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
	frozen atomic.Bool
	limit  int64 // of bytes to be read; 0: none
	read   int64
}

func newFaultConn(nc net.Conn) *faultConn {
	return &faultConn{Conn: nc, closed: make(chan struct{})}
}

func (c *faultConn) freeze() { c.frozen.Store(true) }

// hold blocks a frozen connection until it is closed.
func (c *faultConn) hold() error {
	if !c.frozen.Load() {
		return nil
	}
	<-c.closed
	return net.ErrClosed
}

// Read returns nothing once the connection is frozen, not even what arrived.
func (c *faultConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.read += int64(n); c.limit > 0 && c.read > c.limit {
		reset(c.Conn)
		return 0, net.ErrClosed
	}
	if held := c.hold(); held != nil {
		return 0, held
	}
	return n, err
}

// Write blocks once the connection is frozen.
func (c *faultConn) Write(p []byte) (int, error) {
	if err := c.hold(); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// Close also frees what hangs in a frozen connection.
func (c *faultConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
