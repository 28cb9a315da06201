package role

import (
	"io"
	"sync"
)

// outbox holds what the node is to be told. Putting something in never blocks:
// whoever learns a fact from one node must not wait for the line to another.
type outbox struct {
	mu    sync.Mutex
	lines []string
	wake  chan struct{} // holds one token while there may be lines
}

func newOutbox() outbox { return outbox{wake: make(chan struct{}, 1)} }

// put adds a line, without its end.
func (o *outbox) put(line string) {
	o.mu.Lock()
	o.lines = append(o.lines, line)
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *outbox) take() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	lines := o.lines
	o.lines = nil
	return lines
}

// feed writes the bundle, the first line and then everything that is put in,
// until the session is over or the connection breaks; that is reported when
// the process ends.
func (o *outbox) feed(w io.Writer, bundle []byte, first string, over <-chan struct{}) {
	if _, err := w.Write(bundle); err != nil {
		return
	}
	if _, err := io.WriteString(w, first); err != nil {
		return
	}
	for {
		for _, line := range o.take() {
			if _, err := io.WriteString(w, line+"\n"); err != nil {
				return
			}
		}
		select {
		case <-o.wake:
		case <-over:
			return
		}
	}
}
