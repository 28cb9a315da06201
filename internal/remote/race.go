package remote

import (
	"context"
	"fmt"
	"net"
	"time"
)

// route is one way to a node.
type route struct {
	address string
	// connect dials the way and logs in; it calls connected in between.
	connect func(ctx context.Context, connected func()) (*Conn, error)
}

func (l *login) routes() []route {
	var routes []route
	for _, e := range l.target.Endpoints {
		routes = append(routes, l.direct(address(e)))
	}
	if l.target.PrivateIP != "" && (l.target.Via != nil || l.target.jump != nil) {
		routes = append(routes, l.jumped(net.JoinHostPort(l.target.PrivateIP, "22")))
	}
	return routes
}

func (l *login) direct(addr string) route {
	r := route{address: addr}
	r.connect = func(ctx context.Context, connected func()) (*Conn, error) {
		leave, err := l.dialer.gates.enter(ctx, addr)
		if err != nil {
			return nil, err
		}
		defer leave()
		nc, err := l.dialer.dialTCP(ctx, addr)
		if err != nil {
			return nil, err
		}
		connected()
		return l.handshake(ctx, r, nc, nil)
	}
	return r
}

// jumped dials from the jump host. Only the handshake holds a place at the
// gate: a node that isn't up yet must not keep the others waiting.
func (l *login) jumped(addr string) route {
	r := route{address: addr + " through the frontend"}
	if l.target.Via != nil {
		r.address = fmt.Sprintf("%s through %s", addr, l.target.Via.Node())
	}
	r.connect = func(ctx context.Context, connected func()) (*Conn, error) {
		via := l.target.Via
		if via == nil {
			var err error
			if via, err = l.target.jump(ctx); err != nil {
				return nil, &jumpError{err}
			}
		}
		nc, err := via.dialTCP(ctx, addr, l.dialer.Timing.withDefaults().Connect)
		if err != nil {
			return nil, err
		}
		leave, err := l.dialer.gates.enter(ctx, "through "+string(via.Node()))
		if err != nil {
			_ = nc.Close()
			return nil, err
		}
		defer leave()
		connected()
		return l.handshake(ctx, r, nc, via)
	}
	return r
}

// jumpError hides the type of what went wrong at the jump host: its host key
// or its refusal say nothing of the node behind it.
type jumpError struct{ err error }

func (e *jumpError) Error() string { return e.err.Error() }

// race runs the routes, each Stagger after the one before it, or at once when
// all before it failed, and returns the first connection, or each failure.
// Nothing of it goes on when it returns.
func (d *Dialer) race(ctx context.Context, routes []route) (*Conn, []Attempt) {
	timing := d.Timing.withDefaults()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	type news struct {
		index     int
		connected bool
		conn      *Conn
		err       error
	}
	channel := make(chan news)
	failures := make([]Attempt, 0, len(routes))
	next, running := 0, 0
	timer := time.NewTimer(timing.Stagger)
	defer timer.Stop()
	launch := func() {
		index := next
		next++
		running++
		timer.Reset(timing.Stagger)
		go func() {
			conn, err := routes[index].connect(ctx, func() { channel <- news{index: index, connected: true} })
			channel <- news{index: index, conn: conn, err: err}
		}()
	}

	var winner *Conn
	for running > 0 || (winner == nil && next < len(routes)) {
		if running == 0 {
			launch()
		}
		select {
		case n := <-channel:
			switch {
			case n.connected:
				// Somebody is there: a loaded node needs its time to log us in.
				timer.Reset(5 * timing.Stagger)
				continue
			case n.conn == nil:
				failures = append(failures, Attempt{Address: routes[n.index].address, Err: n.err})
			case winner == nil:
				winner = n.conn
				cancel()
			default:
				_ = n.conn.Close()
			}
			running--
		case <-timer.C:
			if winner == nil && next < len(routes) {
				launch()
			}
		}
		if ctx.Err() != nil {
			next = len(routes)
		}
	}
	if winner != nil {
		return winner, nil
	}
	return nil, failures
}
