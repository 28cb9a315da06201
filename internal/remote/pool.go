package remote

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Pool keeps one connection a node for the length of a run. It is safe for
// concurrent use.
type Pool struct {
	dialer *Dialer

	mu      sync.Mutex
	closed  bool
	conns   map[cluster.NodeName]*Conn
	flights map[cluster.NodeName]*flight
}

// GetOptions say how Pool.Get reaches a node. The zero value dials once.
type GetOptions struct {
	// Jump yields the jump host when the node isn't reached directly, or false
	// while there is none. It is asked anew at each attempt; the pool dials
	// the jump host once for all nodes behind it.
	Jump func() (Target, bool)
	// Wait repeats until the node answers or ctx ends, as DialWait does, and
	// Report, which may be nil, hears of each failed attempt.
	Wait   bool
	Report func(attempt int, err error)
}

// flight is a dial that one or more callers of Get wait for.
type flight struct {
	done    chan struct{}
	cancel  context.CancelCauseFunc
	patient bool // it goes on until the node answers
	waiters int
	conn    *Conn
	err     error
}

// NewPool returns an empty pool over d.
func NewPool(d *Dialer) *Pool {
	return &Pool{
		dialer:  d,
		conns:   map[cluster.NodeName]*Conn{},
		flights: map[cluster.NodeName]*flight{},
	}
}

// Get returns the connection to t.Node, dialing it when there is none or the
// last one has ended. Callers that ask for the same node at the same time
// share one dial, with the options of the first of them; it goes on until the
// last of them has given up. The caller must not close the connection.
func (p *Pool) Get(ctx context.Context, t Target, o GetOptions) (*Conn, error) {
	for {
		f, conn, err := p.join(ctx, t, o)
		if f == nil {
			return conn, err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			if !p.leave(t.Node, f, context.Cause(ctx)) {
				return nil, fmt.Errorf("connect %s: %w", t.Node, context.Cause(ctx))
			}
			<-f.done
		}
		if f.err != nil && o.Wait && !f.patient && ctx.Err() == nil {
			continue // it was the dial of somebody who did not want to wait
		}
		return f.conn, f.err
	}
}

// join returns the connection that stands, or the flight to wait for.
func (p *Pool) join(ctx context.Context, t Target, o GetOptions) (*flight, *Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, fmt.Errorf("connect %s: %w", t.Node, ErrClosed)
	}
	if c := p.conns[t.Node]; c != nil {
		if c.Err() == nil {
			return nil, c, nil
		}
		delete(p.conns, t.Node)
	}
	if f := p.flights[t.Node]; f != nil {
		f.waiters++
		return f, nil, nil
	}
	shared, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	f := &flight{done: make(chan struct{}), cancel: cancel, patient: o.Wait, waiters: 1}
	p.flights[t.Node] = f
	go p.fly(shared, f, t, o)
	return f, nil, nil
}

// leave gives up one wait. The last one ends the dial, with cause, and is told
// so by true.
func (p *Pool) leave(node cluster.NodeName, f *flight, cause error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.waiters--; f.waiters > 0 {
		return false
	}
	if p.flights[node] == f {
		delete(p.flights, node)
	}
	f.cancel(cause)
	return true
}

func (p *Pool) fly(ctx context.Context, f *flight, t Target, o GetOptions) {
	defer f.cancel(nil)
	if o.Jump != nil {
		t.jump = func(ctx context.Context) (*Conn, error) {
			jump, ok := o.Jump()
			if !ok || jump.Node == t.Node {
				return nil, errNoJump
			}
			return p.Get(ctx, jump, GetOptions{})
		}
	}
	if o.Wait {
		f.conn, f.err = p.dialer.DialWait(ctx, t, o.Report)
	} else {
		f.conn, f.err = p.dialer.Dial(ctx, t)
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.flights[t.Node] == f {
		delete(p.flights, t.Node)
		if f.conn != nil {
			p.conns[t.Node] = f.conn
		}
	} else if f.conn != nil { // forgotten, or the pool was closed, meanwhile
		f.conn.shut(ErrClosed)
		f.conn, f.err = nil, fmt.Errorf("connect %s: %w", t.Node, ErrClosed)
	}
	close(f.done)
}

// Forget closes the connection to a node that was deleted or replaced.
func (p *Pool) Forget(node cluster.NodeName) {
	p.mu.Lock()
	conn, f := p.conns[node], p.flights[node]
	delete(p.conns, node)
	delete(p.flights, node)
	p.mu.Unlock()
	if f != nil {
		f.cancel(ErrClosed)
	}
	if conn != nil {
		_ = conn.Close()
	}
}

// Close ends all connections, jump hosts last, and all dials. Get fails with
// ErrClosed from then on.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	flights, conns := p.flights, p.conns
	p.flights = map[cluster.NodeName]*flight{}
	p.conns = map[cluster.NodeName]*Conn{}
	p.mu.Unlock()

	for _, f := range flights {
		f.cancel(ErrClosed)
	}
	var behind, direct []*Conn
	for _, c := range conns {
		if c.via != nil {
			behind = append(behind, c)
		} else {
			direct = append(direct, c)
		}
	}
	for _, batch := range [][]*Conn{behind, direct} {
		var group errgroup.Group
		for _, c := range batch {
			group.Go(c.Close)
		}
		_ = group.Wait() // Conn.Close does not fail
	}
	for _, f := range flights {
		<-f.done
	}
	return nil
}
