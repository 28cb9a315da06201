package tunnel_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/remote/remotetest"
	"github.com/ecluster/ecluster/internal/tunnel"
)

func TestParseSpec(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]tunnel.Spec{
		"8888":                  {Local: 8888, Port: 8888},
		"0:80":                  {Local: 0, Port: 80},
		"8888:8080":             {Local: 8888, Port: 8080},
		"8888:compute001:80":    {Local: 8888, Host: "compute001", Port: 80},
		"1:localhost:2":         {Local: 1, Port: 2},
		"1:[fe80::1]:2":         {Local: 1, Host: "fe80::1", Port: 2},
		"8888:db.example.org:5": {Local: 8888, Host: "db.example.org", Port: 5},
	} {
		if got, err := tunnel.ParseSpec(text); err != nil || got != want {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", "0", "70000", "1:", ":1", "1::2", "1:a:b", "1:a:0", "-1", "compute001:80"} {
		if got, err := tunnel.ParseSpec(text); err == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
}

// conn lets a remote.Conn be a tunnel.Conn.
type conn struct{ *remote.Conn }

func (c conn) Close() { _ = c.Conn.Close() }

// lab is a node, and a server beside it that answers in capitals.
type lab struct {
	*testing.T
	node   *remotetest.Server
	dialer *remote.Dialer
	server *net.TCPAddr
	events chan tunnel.Event
}

func newLab(t *testing.T) *lab {
	t.Helper()
	key, err := remote.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { // all of the question first, then the answer
				defer c.Close()
				text, _ := io.ReadAll(c)
				_, _ = io.WriteString(c, strings.ToUpper(string(text)))
			}()
		}
	}()
	return &lab{
		T: t, node: remotetest.Start(t, remotetest.Options{}), dialer: &remote.Dialer{Key: key.PrivatePEM},
		server: l.Addr().(*net.TCPAddr), events: make(chan tunnel.Event, 100),
	}
}

func (l *lab) connect(ctx context.Context, node cluster.NodeName) (tunnel.Conn, error) {
	c, err := l.dialer.Dial(ctx, remote.Target{
		Node: "frontend001", User: "root", Endpoints: []cluster.Endpoint{l.node.Endpoint()}, HostKeys: l.node.HostKeys(),
	})
	if err != nil {
		return nil, err
	}
	return conn{c}, nil
}

// run serves until the end of the test, and returns the address here.
func (l *lab) run(t *tunnel.Tunnels) string {
	l.Helper()
	ctx, cancel := context.WithCancel(l.Context())
	t.Connect, t.Report = l.connect, func(e tunnel.Event) { l.events <- e }
	t.IsNode = func(host string) bool { return host == "compute001" }
	ended := make(chan error, 1)
	go func() { ended <- t.Run(ctx) }()
	l.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			l.Errorf("it ended with %v", err)
		}
	})
	return l.want(tunnel.Listening).Local
}

func (l *lab) want(kind tunnel.Kind) tunnel.Event {
	l.Helper()
	select {
	case e := <-l.events:
		if e.Kind != kind {
			l.Fatalf("event %+v, want %s", e, kind)
		}
		return e
	case <-time.After(time.Minute):
		l.Fatalf("no event %s", kind)
	}
	return tunnel.Event{}
}

// ask sends a question, ends it, and returns the answer.
func (l *lab) ask(address, question string) string {
	l.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		l.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, question)
	_ = c.(*net.TCPConn).CloseWrite()
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	answer, _ := io.ReadAll(c)
	return string(answer)
}

func (l *lab) spec(host string) []tunnel.Spec {
	return []tunnel.Spec{{Host: host, Port: l.server.Port}}
}

func TestThrough(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"", "compute001", "127.0.0.1"} {
		l := newLab(t)
		at := l.run(&tunnel.Tunnels{Specs: l.spec(host)})
		if !strings.HasPrefix(at, "127.0.0.1:") {
			t.Errorf("it listens on %s", at)
		}
		long := strings.Repeat("abc", 100_000)
		for _, q := range []string{"hello", "", long} {
			if got := l.ask(at, q); got != strings.ToUpper(q) {
				t.Errorf("%q: %.40q", host, got)
			}
		}
	}
}

func TestReconnect(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	at := l.run(&tunnel.Tunnels{Specs: l.spec("")})
	l.node.Drop()
	lost := (*remote.LostError)(nil)
	if e := l.want(tunnel.Lost); !errors.As(e.Err, &lost) {
		t.Errorf("%v", e.Err)
	}
	if got := l.ask(at, "again"); got != "AGAIN" {
		t.Errorf("%q", got)
	}
	l.want(tunnel.Restored)

	// Nobody is there now; later somebody is.
	l.node.Refuse(true)
	l.node.Drop()
	l.want(tunnel.Lost)
	if got := l.ask(at, "x"); got != "" {
		t.Errorf("%q", got)
	}
	l.want(tunnel.Refused)
	l.node.Refuse(false)
	if got := l.ask(at, "y"); got != "Y" {
		t.Errorf("%q", got)
	}
	l.want(tunnel.Restored)
}

// After a sleep the old connection is silent, and nobody has noticed yet.
func TestSilent(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	at := l.run(&tunnel.Tunnels{Specs: l.spec(""), Patience: 300 * time.Millisecond})
	l.node.Cut(true)
	l.node.Cut(false) // those that were cut stay silent
	if got := l.ask(at, "awake"); got != "AWAKE" {
		t.Errorf("%q", got)
	}
}

// A far end that swallows packets must not end what else goes through the node.
func TestFarEndIsSilent(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.node = remotetest.Start(t, remotetest.Options{Forward: func(ctx context.Context, network, address string) (net.Conn, error) {
		if strings.HasPrefix(address, "silent:") {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}})
	specs := append(l.spec(""), tunnel.Spec{Host: "silent", Port: 80})
	at := l.run(&tunnel.Tunnels{Specs: specs, Patience: 300 * time.Millisecond})
	silent := l.want(tunnel.Listening).Local
	open, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	_, _ = io.WriteString(open, "still ")
	if got := l.ask(silent, "x"); got != "" {
		t.Errorf("%q", got)
	}
	l.want(tunnel.Refused) // and not Lost
	_, _ = io.WriteString(open, "here")
	_ = open.(*net.TCPConn).CloseWrite()
	if answer, _ := io.ReadAll(open); string(answer) != "STILL HERE" {
		t.Errorf("%q", answer)
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	at := l.run(&tunnel.Tunnels{Specs: []tunnel.Spec{{Port: port}}})
	if got := l.ask(at, "x"); got != "" {
		t.Errorf("%q", got)
	}
	if e := l.want(tunnel.Refused); !strings.Contains(e.Err.Error(), "localhost:"+strconv.Itoa(port)) {
		t.Errorf("%v", e.Err)
	}
}

func TestPortTaken(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	tunnels := tunnel.Tunnels{
		Specs: []tunnel.Spec{{Local: l.server.Port, Host: "compute001", Port: 80}}, Connect: l.connect,
		IsNode: func(string) bool { return true }, Report: func(tunnel.Event) {},
	}
	err := tunnels.Run(t.Context())
	taken := (*tunnel.PortTakenError)(nil)
	if !errors.As(err, &taken) || taken.Free == 0 || !strings.Contains(taken.Hint(), strconv.Itoa(taken.Free)+":compute001:80") {
		t.Errorf("%v", err)
	}
}

func TestNodeAway(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.node.Refuse(true)
	tunnels := tunnel.Tunnels{
		Specs: l.spec(""), Connect: l.connect, IsNode: func(string) bool { return false }, Report: func(tunnel.Event) {},
	}
	away := (*remote.UnreachableError)(nil)
	if err := tunnels.Run(t.Context()); !errors.As(err, &away) {
		t.Errorf("%v", err)
	}
}
