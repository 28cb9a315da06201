package sim

import (
	"net"
	"net/http"
	"time"
)

// Disrupt does what a fault does to the connection of a request: it delays,
// hangs or resets it. A cloud calls it just before it answers, after the
// request had its effect if the fault lets it land. It reports whether the
// request is done with: no answer must be written any more. f may be nil.
func (f *Fault) Disrupt(w http.ResponseWriter, r *http.Request) (done bool) {
	if f == nil {
		return false
	}
	if f.Delay > 0 {
		t := time.NewTimer(time.Duration(f.Delay))
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.Context().Done():
			return true
		}
	}
	switch {
	case f.Hang:
		<-r.Context().Done()
		return true
	case f.Reset:
		reset(w)
		return true
	}
	return false
}

// reset ends the connection so that the client sees it break, not end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the server's own way to break a connection
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
