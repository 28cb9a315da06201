package ui

import (
	"io"
	"sync"
)

// outbox writes in the background, so that a reader who went to lunch (a full
// pipe, a terminal on hold) stops no set-up. What is not yet written waits in
// memory. After the first error everything is dropped.
type outbox struct {
	w io.Writer

	mu      sync.Mutex
	wake    *sync.Cond
	pending []byte
	closed  bool
	err     error
	done    chan struct{}
}

func newOutbox(w io.Writer) *outbox {
	o := &outbox{w: w, done: make(chan struct{})}
	o.wake = sync.NewCond(&o.mu)
	go o.run()
	return o
}

// add queues bytes; they are copied.
func (o *outbox) add(b ...byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.err != nil {
		return
	}
	o.pending = append(o.pending, b...)
	o.wake.Signal()
}

// close writes what is queued and returns the first error.
func (o *outbox) close() error {
	o.mu.Lock()
	o.closed = true
	o.wake.Signal()
	o.mu.Unlock()
	<-o.done
	return o.err
}

func (o *outbox) run() {
	defer close(o.done)
	var batch []byte
	for {
		o.mu.Lock()
		for len(o.pending) == 0 && !o.closed {
			o.wake.Wait()
		}
		if len(o.pending) == 0 {
			o.mu.Unlock()
			return
		}
		batch, o.pending = o.pending, batch[:0]
		o.mu.Unlock()

		if _, err := o.w.Write(batch); err != nil {
			o.mu.Lock()
			o.err, o.pending, o.closed = err, nil, true
			o.mu.Unlock()
			return
		}
	}
}
