package tunnel

import (
	"cmp"
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// line is the connection to one node, made anew when it is needed and lost.
type line struct {
	tunnels *Tunnels
	node    cluster.NodeName

	mu     sync.Mutex // held while it connects
	conn   Conn
	closed bool
	lost   bool // and not back yet
	watch  sync.WaitGroup
}

// get returns the connection that stands, or a new one.
func (l *line) get(ctx context.Context) (Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil && l.conn.Err() == nil {
		return l.conn, nil
	}
	if l.conn != nil { // notice may not have come to it yet
		l.miss(l.conn)
		l.conn.Close()
		l.conn = nil
	}
	conn, err := l.tunnels.Connect(ctx, l.node)
	if err != nil {
		return nil, err
	}
	l.conn = conn
	if l.lost {
		l.lost = false
		l.tunnels.Report(Event{Kind: Restored, Node: l.node})
	}
	l.watch.Go(func() { l.notice(conn) })
	return conn, nil
}

// notice says when the connection is lost, unless it was closed from here.
func (l *line) notice(conn Conn) {
	<-conn.Done()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.conn != conn {
		return
	}
	l.miss(conn)
}

// miss reports a connection that is lost, once. The caller holds mu.
func (l *line) miss(conn Conn) {
	if l.lost {
		return
	}
	l.lost = true
	l.tunnels.Report(Event{Kind: Lost, Node: l.node, Err: conn.Err()})
}

// dial opens a connection from the node to the first address that answers. A
// connection to the node that turns out to be dead is made anew, once. One that
// lives stays, whatever the far end does: other tunnels go through it.
func (l *line) dial(ctx context.Context, addresses []string) (net.Conn, error) {
	patience := cmp.Or(l.tunnels.Patience, 5*time.Second)
	var err error
	for range 2 {
		var conn Conn
		if conn, err = l.get(ctx); err != nil {
			return nil, err
		}
		var there net.Conn
		var silent bool
		if there, silent, err = first(ctx, conn, patience, addresses); err == nil {
			return there, nil
		}
		if conn.Err() == nil && (!silent || answers(ctx, conn, patience)) {
			return nil, err
		}
		conn.Close()
	}
	return nil, err
}

// answers reports whether the node gives a sign of life in time. Whoever gets no
// answer closes the connection, which ends the question too.
func answers(ctx context.Context, conn Conn, patience time.Duration) bool {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	alive := make(chan bool, 1)
	go func() { alive <- conn.Alive() }()
	select {
	case yes := <-alive:
		return yes
	case <-limited.Done():
		return false
	}
}

// first dials the addresses in turn, and says whether there was no answer at all.
func first(ctx context.Context, conn Conn, patience time.Duration, addresses []string) (there net.Conn, silent bool, err error) {
	var failed error
	for _, address := range addresses {
		limited, cancel := context.WithTimeout(ctx, patience)
		there, err := conn.DialTCP(limited, address)
		silent := errors.Is(limited.Err(), context.DeadlineExceeded)
		cancel()
		if err == nil {
			return there, false, nil
		}
		if failed == nil {
			failed = err // the address that was meant
		}
		if silent {
			return nil, true, failed
		}
	}
	return nil, false, failed
}

func (l *line) close() {
	l.mu.Lock()
	l.closed = true
	conn := l.conn
	l.mu.Unlock()
	if conn != nil {
		conn.Close()
	}
	l.watch.Wait()
}
