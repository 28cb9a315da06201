// Package tunnel leads ports of this computer to ports of nodes, over SSH, and
// connects again after the connection was lost. How a node is reached, and what
// the user is told, is decided elsewhere.
package tunnel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Tunnels are some tunnels to one cluster.
type Tunnels struct {
	Specs []Spec
	// IsNode says whether a host is a node, which is then connected to by
	// itself, so that what listens on its loopback is reached too.
	IsNode func(host string) bool
	// Connect opens a connection to a node; "" is the frontend.
	Connect func(ctx context.Context, node cluster.NodeName) (Conn, error)
	// Patience is how long a node may take to open a connection; 0 means 5 s.
	// One that is silent for longer, and gives no other sign of life within the
	// same time, is lost without anybody knowing yet: this computer slept.
	Patience time.Duration
	// Report hears what happens; it may be called concurrently.
	Report func(Event)
}

// Conn is a connection to a node.
type Conn interface {
	DialTCP(ctx context.Context, address string) (net.Conn, error)
	// Alive asks for a sign of life. It may take long to say that there is none.
	Alive() bool
	Done() <-chan struct{}
	Err() error
	Close()
}

// Kind is what happened to a tunnel.
type Kind string

// What can happen.
const (
	Listening Kind = "listening"
	Lost      Kind = "lost"    // the connection to the node; the next use makes a new one
	Restored  Kind = "back"    // a new one stands
	Refused   Kind = "refused" // one use of the tunnel came to nothing
)

// Event is something that happened.
type Event struct {
	Kind  Kind
	Node  cluster.NodeName // Lost, Restored; "" is the frontend
	Spec  Spec             // Listening, Refused
	Local string           // Listening: "127.0.0.1:8888"
	Err   error            // Lost, Refused
}

// Run opens all tunnels and serves them until the end of ctx, which is no
// error. An error means that a port here or a node there was not to be had.
func (t *Tunnels) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lines := map[cluster.NodeName]*line{}
	var listeners []net.Listener
	var serving sync.WaitGroup
	defer func() {
		cancel()
		for _, l := range listeners {
			_ = l.Close()
		}
		serving.Wait()
		for _, l := range lines {
			l.close()
		}
	}()
	for _, s := range t.Specs {
		l, err := listen(ctx, s)
		if err != nil {
			return err
		}
		listeners = append(listeners, l)
		node := t.node(s)
		if lines[node] == nil {
			lines[node] = &line{tunnels: t, node: node}
		}
	}
	for _, l := range lines {
		if _, err := l.get(ctx); err != nil {
			return err
		}
	}
	for i, s := range t.Specs {
		t.Report(Event{Kind: Listening, Spec: s, Local: listeners[i].Addr().String()})
		serving.Go(func() { t.serve(ctx, s, listeners[i], lines[t.node(s)], &serving) })
	}
	<-ctx.Done()
	return nil
}

// node is the node that a tunnel is carried to.
func (t *Tunnels) node(s Spec) cluster.NodeName {
	if t.IsNode(s.Host) {
		return cluster.NodeName(s.Host)
	}
	return ""
}

// listen opens the port here, for this computer alone.
func listen(ctx context.Context, s Spec) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Local)))
	if !errors.Is(err, syscall.EADDRINUSE) {
		if err != nil {
			return nil, fmt.Errorf("open port %d of this computer: %w", s.Local, err)
		}
		return l, nil
	}
	taken := &PortTakenError{Spec: s, Err: err}
	for free := s.Local + 1; free < min(s.Local+100, 1<<16); free++ {
		l, err := config.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(free)))
		if err == nil {
			_ = l.Close()
			taken.Free = free
			break
		}
	}
	return nil, taken
}

// serve accepts until the listener is closed.
func (t *Tunnels) serve(ctx context.Context, s Spec, l net.Listener, to *line, serving *sync.WaitGroup) {
	for {
		here, err := l.Accept()
		if err != nil {
			return
		}
		serving.Go(func() {
			defer here.Close()
			there, err := to.dial(ctx, t.addresses(s))
			if err != nil {
				if ctx.Err() == nil {
					t.Report(Event{Kind: Refused, Spec: s, Err: err})
				}
				return
			}
			splice(ctx, here, there)
		})
	}
}

// addresses are where the far end may be, as its node sees it: a server may
// listen on the loopback or on the node's own address only.
func (t *Tunnels) addresses(s Spec) []string {
	p := strconv.Itoa(s.Port)
	switch {
	case s.Host == "":
		return []string{net.JoinHostPort("localhost", p)}
	case t.IsNode(s.Host):
		return []string{net.JoinHostPort("localhost", p), net.JoinHostPort(s.Host, p)}
	}
	return []string{net.JoinHostPort(s.Host, p)}
}

// splice joins two connections until both have said all, or ctx ends.
func splice(ctx context.Context, a, b net.Conn) {
	stop := context.AfterFunc(ctx, func() {
		_ = a.Close()
		_ = b.Close()
	})
	defer stop()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		both.Go(func() {
			_, err := io.Copy(way[0], way[1])
			// Half closed: the other direction may have more to say.
			if half, ok := way[0].(interface{ CloseWrite() error }); ok && err == nil {
				_ = half.CloseWrite()
				return
			}
			_ = way[0].Close()
			_ = way[1].Close()
		})
	}
	both.Wait()
	_ = a.Close()
	_ = b.Close()
}
