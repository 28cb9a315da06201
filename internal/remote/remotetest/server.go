// Package remotetest is a small SSH server for tests and for simulated nodes:
// it runs commands on this machine or in a Go function, serves as a jump
// host, counts what is asked of it, and can fail in the ways in which networks
// and nodes fail. Nothing here belongs into a real node.
package remotetest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
)

// Handler runs one command and returns its exit status. When the client goes
// away, stdin ends and writes fail.
type Handler func(command string, stdin io.Reader, stdout, stderr io.Writer) int

// Options configure a Server. The zero value makes a host key, listens on a
// free port of 127.0.0.1 and runs commands with sh -c as whoever runs the test.
type Options struct {
	HostKey       cluster.Secret // PEM; empty: a new one
	AuthorizedKey string         // the only key that gets in; empty: any key
	Handler       Handler        // nil: sh -c
	// Observe, which may be nil, is told of each request of a session, in order
	// within a session. It must not block.
	Observe func(Request)
	// Forward dials what clients ask the server to connect to; nil: the network.
	Forward func(ctx context.Context, network, address string) (net.Conn, error)
	// Files is what is served over SFTP; nil: nothing.
	Files *Files
	// Memory makes a server without a port: only Server.Dial reaches it.
	Memory bool
	// Listen is where it listens; empty: a free port of 127.0.0.1.
	Listen string
}

// Request is one request within a session.
type Request struct {
	Kind          string // "exec", "shell", "sftp", "pty", "window" or "signal"
	Command       string // exec
	Term          string // pty
	Columns, Rows int    // pty, window
	Signal        string // signal: "INT"
}

// Stats counts what a Server saw.
type Stats struct {
	Accepted int64 // TCP connections
	Logins   int64 // of them, those that got in
	Sessions int64 // commands and shells
	Forwards int64 // direct-tcpip channels
}

// Server is a running SSH server. It is safe for concurrent use.
type Server struct {
	options  Options
	hostKeys []string
	endpoint cluster.Endpoint
	listener net.Listener  // nil with Options.Memory
	done     chan struct{} // closed by Close
	tasks    sync.WaitGroup

	accepted, logins, sessions, forwards atomic.Int64

	mu      sync.Mutex
	signer  ssh.Signer
	allowed string // authorized_keys line; empty: any key
	refuse  bool
	cut     bool
	delay   time.Duration
	limit   int64 // of bytes from a client; 0: none
	conns   map[*faultConn]struct{}
	stopped bool
}

// TB is what Start needs of a *testing.T, so that programs which simulate
// nodes don't link package testing.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Start runs a server until the end of the test.
func Start(t TB, o Options) *Server {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatalf("start test SSH server: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// New runs a server until Close.
func New(o Options) (*Server, error) {
	if o.HostKey == "" {
		key, err := remote.GenerateKey()
		if err != nil {
			return nil, err
		}
		o.HostKey = key.PrivatePEM
	}
	s := &Server{options: o, done: make(chan struct{}), allowed: o.AuthorizedKey, conns: map[*faultConn]struct{}{}}
	if err := s.SetHostKey(o.HostKey); err != nil {
		return nil, err
	}
	s.hostKeys = []string{string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(s.signer.PublicKey())))}
	if o.Memory {
		return s, nil
	}
	listener, err := net.Listen("tcp", cmp.Or(o.Listen, "127.0.0.1:0"))
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s.listener = listener
	addr, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return nil, fmt.Errorf("listen: %v is no TCP address", listener.Addr())
	}
	s.endpoint = cluster.Endpoint{Host: addr.IP.String(), Port: addr.Port}
	s.tasks.Go(s.accept)
	return s, nil
}

// Endpoint is where the server listens.
func (s *Server) Endpoint() cluster.Endpoint { return s.endpoint }

// HostKeys are the keys that the server was started with, in authorized_keys
// form, as remote.Target wants them.
func (s *Server) HostKeys() []string { return s.hostKeys }

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	return Stats{s.accepted.Load(), s.logins.Load(), s.sessions.Load(), s.forwards.Load()}
}

// Dial connects to the server without the network: its signature is that of
// remote.Dialer.NetDial and Options.Forward.
func (s *Server) Dial(context.Context, string, string) (net.Conn, error) {
	client, server := memoryPipe()
	if !s.take(server) { //nolint:contextcheck // a connection outlives its dial
		return nil, errRefused
	}
	return client, nil
}

// Close ends the server, its connections and its commands, and waits for them.
func (s *Server) Close() error {
	s.mu.Lock()
	if !s.stopped {
		close(s.done)
	}
	s.stopped = true
	s.mu.Unlock()
	if s.listener != nil {
		_ = s.listener.Close()
	}
	s.Drop()
	s.tasks.Wait()
	return nil
}

func (s *Server) accept() {
	for {
		nc, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.take(nc)
	}
}

// take serves one connection in the background, or refuses it.
func (s *Server) take(nc net.Conn) bool {
	s.accepted.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse || s.stopped {
		reset(nc)
		return false
	}
	fc := newFaultConn(nc)
	fc.limit = s.limit
	s.conns[fc] = struct{}{}
	if s.cut {
		fc.freeze()
	}
	signer, delay := s.signer, s.delay
	s.tasks.Go(func() {
		s.serve(fc, signer, delay)
		_ = fc.Close()
		s.mu.Lock()
		delete(s.conns, fc)
		s.mu.Unlock()
	})
	return true
}

func (s *Server) serve(fc *faultConn, signer ssh.Signer, delay time.Duration) {
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-s.done:
			return
		}
	}
	config := &ssh.ServerConfig{PublicKeyCallback: s.authorize}
	config.AddHostKey(signer)
	conn, channels, requests, err := ssh.NewServerConn(fc, config)
	if err != nil {
		return
	}
	s.logins.Add(1)
	go ssh.DiscardRequests(requests)
	// Close ends the connection, and the connection what runs over it.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var open sync.WaitGroup
	for channel := range channels {
		switch channel.ChannelType() {
		case "session":
			open.Go(func() { s.session(ctx, channel) })
		case "direct-tcpip":
			open.Go(func() { s.forward(ctx, channel) })
		default:
			_ = channel.Reject(ssh.UnknownChannelType, "not here")
		}
	}
	cancel()
	_ = conn.Close()
	open.Wait()
}

func (s *Server) authorize(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	s.mu.Lock()
	allowed := s.allowed
	s.mu.Unlock()
	if allowed == "" {
		return nil, nil
	}
	want, _, _, _, err := ssh.ParseAuthorizedKey([]byte(allowed))
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(want.Marshal(), key.Marshal()) {
		return nil, errors.New("not the authorized key")
	}
	return nil, nil
}
