package remote

import (
	"context"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Target is a node to connect to.
type Target struct {
	Node      cluster.NodeName
	User      string
	Endpoints []cluster.Endpoint // tried in this order
	// PrivateIP is dialed, on port 22, from Via when no endpoint answers.
	PrivateIP string
	// HostKeys, in authorized_keys form, are the keys that the node may have.
	// Without any the node is refused.
	HostKeys []string
	// Via is the jump host; nil means that there is none.
	Via *Conn

	// jump yields the jump host when it is first needed; Pool sets it.
	jump func(context.Context) (*Conn, error)
}

// Timing holds all waits of a Dialer. A zero field means its default.
type Timing struct {
	Connect   time.Duration // until a TCP connection stands; 5 s
	Handshake time.Duration // from there until logged in; a loaded node is slow: 30 s
	// Stagger is the head start of each way to a node before the next way is
	// tried beside it; 1 s.
	Stagger time.Duration
	// KeepAlive is how often an idle connection is probed, Answer how long
	// after a probe it may be silent until it counts as lost; 10 s and 15 s.
	KeepAlive time.Duration
	Answer    time.Duration
	// AuthRetry is how long DialWait goes on after the node answered but
	// refused the key, which cloud-init may still have to place; 10 s.
	AuthRetry time.Duration
	// RetryMin and RetryMax bound the pauses of DialWait; 50 ms and 1 s.
	RetryMin time.Duration
	RetryMax time.Duration
	// SessionRetry is how long a new session waits for sshd to count fewer; 5 s.
	SessionRetry time.Duration
	// SignalGrace is how long Interact leaves a command to end after a
	// signal; 3 s.
	SignalGrace time.Duration
}

func (t Timing) withDefaults() Timing {
	for _, f := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&t.Connect, 5 * time.Second},
		{&t.Handshake, 30 * time.Second},
		{&t.Stagger, time.Second},
		{&t.KeepAlive, 10 * time.Second},
		{&t.Answer, 15 * time.Second},
		{&t.AuthRetry, 10 * time.Second},
		{&t.RetryMin, 50 * time.Millisecond},
		{&t.RetryMax, time.Second},
		{&t.SessionRetry, 5 * time.Second},
		{&t.SignalGrace, 3 * time.Second},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	return t
}

// Dialer makes connections with one private key. Its fields are set before
// the first use; it must not be copied and is safe for concurrent use.
type Dialer struct {
	Key    cluster.Secret // the user's private key, PEM
	Timing Timing
	// NetDial opens TCP connections; nil means the network itself.
	NetDial func(ctx context.Context, network, address string) (net.Conn, error)
	// Jitter yields numbers in [0, 1) that spread retries; nil means random ones.
	Jitter func() float64

	gates                           gates
	connections, sessions, forwards atomic.Int64
}

// Stats counts what a Dialer did since it was made.
type Stats struct {
	Connections int64 // logins that succeeded
	Sessions    int64 // commands and shells started
	Forwards    int64 // TCP connections opened from a node
}

// Stats returns the counts so far.
func (d *Dialer) Stats() Stats {
	return Stats{Connections: d.connections.Load(), Sessions: d.sessions.Load(), Forwards: d.forwards.Load()}
}

func (d *Dialer) dialTCP(ctx context.Context, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.Timing.withDefaults().Connect)
	defer cancel()
	if d.NetDial != nil {
		return d.NetDial(ctx, "tcp", addr)
	}
	// The connection's own probes find a dead peer sooner than TCP's.
	dialer := net.Dialer{KeepAlive: -1}
	return dialer.DialContext(ctx, "tcp", addr)
}

// pause is the time to wait after the attempt-th failure: it doubles from
// RetryMin to RetryMax and is spread over its upper half.
func (d *Dialer) pause(attempt int) time.Duration {
	t := d.Timing.withDefaults()
	jitter := rand.Float64
	if d.Jitter != nil {
		jitter = d.Jitter
	}
	wait := t.RetryMax
	if shift := attempt - 1; shift < 16 {
		wait = min(wait, t.RetryMin<<shift)
	}
	return wait/2 + time.Duration(jitter()*float64(wait/2))
}
