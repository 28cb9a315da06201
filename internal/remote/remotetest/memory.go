package remotetest

import (
	"io"
	"net"
	"sync"
	"time"
)

// memoryPipe is a pair of connected ends without sockets. Unlike net.Pipe it
// buffers: both sides of an SSH handshake begin by writing.
func memoryPipe() (client, server net.Conn) {
	up, down := newMemoryQueue(), newMemoryQueue()
	return &memoryConn{in: down, out: up}, &memoryConn{in: up, out: down}
}

// memoryLimit is how much one direction holds before its writer waits.
const memoryLimit = 256 << 10

type memoryQueue struct {
	mu      sync.Mutex
	changed sync.Cond
	buf     []byte
	closed  bool
}

func newMemoryQueue() *memoryQueue {
	q := &memoryQueue{}
	q.changed.L = &q.mu
	return q
}

func (q *memoryQueue) read(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.buf) == 0 && !q.closed {
		q.changed.Wait()
	}
	if len(q.buf) == 0 {
		return 0, io.EOF
	}
	n := copy(p, q.buf)
	if q.buf = q.buf[n:]; len(q.buf) == 0 {
		q.buf = nil
	}
	q.changed.Broadcast()
	return n, nil
}

func (q *memoryQueue) write(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.buf) >= memoryLimit && !q.closed {
		q.changed.Wait()
	}
	if q.closed {
		return 0, io.ErrClosedPipe
	}
	q.buf = append(q.buf, p...)
	q.changed.Broadcast()
	return len(p), nil
}

func (q *memoryQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.changed.Broadcast()
}

// memoryConn is one end of a memoryPipe. It has no deadlines.
type memoryConn struct{ in, out *memoryQueue }

// Read takes what the other end wrote.
func (c *memoryConn) Read(p []byte) (int, error) { return c.in.read(p) }

// Write gives to the other end; it waits while much is unread there.
func (c *memoryConn) Write(p []byte) (int, error) { return c.out.write(p) }

// Close ends both directions; what was written can still be read.
func (c *memoryConn) Close() error {
	c.in.close()
	c.out.close()
	return nil
}

// LocalAddr is the same for all of them.
func (c *memoryConn) LocalAddr() net.Addr { return memoryAddr{} }

// RemoteAddr is the same for all of them.
func (c *memoryConn) RemoteAddr() net.Addr { return memoryAddr{} }

// SetDeadline does nothing.
func (c *memoryConn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (c *memoryConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (c *memoryConn) SetWriteDeadline(time.Time) error { return nil }

type memoryAddr struct{}

// Network is "memory".
func (memoryAddr) Network() string { return "memory" }

// String is "memory".
func (memoryAddr) String() string { return "memory" }
