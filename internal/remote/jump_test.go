package remote_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/remote/remotetest"
)

// inner is a cluster without a network: the frontend alone is reached from
// outside, the nodes, 10.0.1.1 and so on, from the frontend.
type inner struct {
	frontend *remotetest.Server
	nodes    []*remotetest.Server
	dialer   *remote.Dialer
}

func startInner(t *testing.T, key remote.KeyPair, nodes int) *inner {
	t.Helper()
	in := &inner{}
	byAddress := map[string]*remotetest.Server{}
	for i := range nodes {
		s := remotetest.Start(t, remotetest.Options{Memory: true, Handler: hold, AuthorizedKey: key.Authorized})
		in.nodes = append(in.nodes, s)
		byAddress[fmt.Sprintf("10.0.1.%d:22", i+1)] = s
	}
	in.frontend = remotetest.Start(t, remotetest.Options{
		Memory:  true,
		Handler: hold,
		Forward: func(ctx context.Context, network, address string) (net.Conn, error) {
			if s := byAddress[address]; s != nil {
				return s.Dial(ctx, network, address)
			}
			return nil, errors.New("no route to host")
		},
	})
	in.dialer = &remote.Dialer{
		Key: key.PrivatePEM,
		NetDial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == "192.0.2.1:22" {
				return in.frontend.Dial(ctx, network, address)
			}
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}
	return in
}

func (in *inner) frontendTarget() remote.Target {
	return remote.Target{
		Node: "frontend001", HostKeys: in.frontend.HostKeys(),
		Endpoints: []cluster.Endpoint{{Host: "192.0.2.1", Port: 22}},
	}
}

func (in *inner) target(i int) remote.Target {
	ip := fmt.Sprintf("10.0.1.%d", i+1)
	return remote.Target{
		Node: cluster.NewNodeName("compute", i+1), HostKeys: in.nodes[i].HostKeys(), PrivateIP: ip,
		Endpoints: []cluster.Endpoint{{Host: ip, Port: 22}},
	}
}

func (in *inner) options() remote.GetOptions {
	return remote.GetOptions{Jump: func() (remote.Target, bool) { return in.frontendTarget(), true }}
}

func TestJump(t *testing.T) {
	key := newKey(t)
	synctest.Test(t, func(t *testing.T) {
		in := startInner(t, key, 1)
		front, err := in.dialer.Dial(t.Context(), in.frontendTarget())
		if err != nil {
			t.Fatal(err)
		}
		defer front.Close()
		target := in.target(0)
		target.Via = front
		start := time.Now()
		conn, err := in.dialer.Dial(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("the jump host was asked after %s", took)
		}
		if got := conn.Route(); got != "10.0.1.1:22 through frontend001" {
			t.Errorf("route %q", got)
		}
		if _, _, err := conn.Run(t.Context(), "true", nil); err != nil {
			t.Error(err)
		}
		if got, want := in.dialer.Stats(), (remote.Stats{Connections: 2, Sessions: 1, Forwards: 1}); got != want {
			t.Errorf("stats %+v, want %+v", got, want)
		}

		_ = front.Close()
		<-conn.Done()
		if e := wantError[*remote.LostError](t, conn.Err()); e.Node != "compute001" {
			t.Errorf("unexpected error %+v", e)
		}
	})
}

func TestJumpWrongHostKeyBehindFrontend(t *testing.T) {
	key, other := newKey(t), newKey(t)
	synctest.Test(t, func(t *testing.T) {
		in := startInner(t, key, 1)
		if err := in.nodes[0].SetHostKey(other.PrivatePEM); err != nil {
			t.Fatal(err)
		}
		pool := remote.NewPool(in.dialer)
		defer pool.Close()
		_, err := pool.Get(t.Context(), in.target(0), in.options())
		if e := wantError[*remote.HostKeyError](t, err); e.Node != "compute001" || !strings.Contains(e.Address, "through") {
			t.Errorf("unexpected error %+v", e)
		}
	})
}

func TestJumpNowhere(t *testing.T) {
	key := newKey(t)
	synctest.Test(t, func(t *testing.T) {
		in := startInner(t, key, 1)
		pool := remote.NewPool(in.dialer)
		defer pool.Close()
		target := in.target(0)
		target.PrivateIP = "10.0.9.9"
		_, err := pool.Get(t.Context(), target, in.options())
		e := wantError[*remote.UnreachableError](t, err)
		if len(e.Attempts) != 2 || !strings.Contains(err.Error(), "from frontend001: no route to host") {
			t.Errorf("unexpected error %v", err)
		}
	})
}

// A frontend that is not the right machine is no statement on the node.
func TestJumpWrongFrontend(t *testing.T) {
	key, other := newKey(t), newKey(t)
	synctest.Test(t, func(t *testing.T) {
		in := startInner(t, key, 1)
		if err := in.frontend.SetHostKey(other.PrivatePEM); err != nil {
			t.Fatal(err)
		}
		pool := remote.NewPool(in.dialer)
		defer pool.Close()
		_, err := pool.Get(t.Context(), in.target(0), in.options())
		wantError[*remote.UnreachableError](t, err)
		if !strings.Contains(err.Error(), "frontend001") {
			t.Errorf("unexpected error %v", err)
		}
	})
}

func TestPoolSharesConnections(t *testing.T) {
	key := newKey(t)
	synctest.Test(t, func(t *testing.T) {
		in := startInner(t, key, 40)
		pool := remote.NewPool(in.dialer)
		var all sync.WaitGroup
		for i := range 120 {
			all.Go(func() {
				conn, err := pool.Get(t.Context(), in.target(i%40), in.options())
				if err == nil {
					_, _, err = conn.Run(t.Context(), "true", nil)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got, want := in.dialer.Stats(), (remote.Stats{Connections: 41, Sessions: 120, Forwards: 40}); got != want {
			t.Errorf("stats %+v, want %+v", got, want)
		}
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
		if _, err := pool.Get(t.Context(), in.target(0), remote.GetOptions{}); !errors.Is(err, remote.ErrClosed) {
			t.Errorf("a closed pool: %v", err)
		}
	})
}

func TestPoolRedialsLostAndForgotten(t *testing.T) {
	key := newKey(t)
	synctest.Test(t, func(t *testing.T) {
		in := startInner(t, key, 0)
		pool := remote.NewPool(in.dialer)
		defer pool.Close()
		get := func() *remote.Conn {
			conn, err := pool.Get(t.Context(), in.frontendTarget(), remote.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			return conn
		}
		first := get()
		in.frontend.Drop()
		<-first.Done()
		second := get()
		pool.Forget("frontend001")
		third := get()
		if first == second || second == third || !errors.Is(second.Err(), remote.ErrClosed) || third.Err() != nil {
			t.Errorf("first %v, second %v, third %v", first.Err(), second.Err(), third.Err())
		}
	})
}

// One caller's impatience must not spoil the dial for the others, and the
// last one to give up ends it.
func TestPoolCallersGiveUp(t *testing.T) {
	key := newKey(t)
	synctest.Test(t, func(t *testing.T) {
		in := startInner(t, key, 0)
		in.frontend.Delay(10 * time.Second)
		pool := remote.NewPool(in.dialer)
		defer pool.Close()
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := pool.Get(soon, in.frontendTarget(), remote.GetOptions{}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the impatient one: %v", err)
			}
		})
		all.Go(func() {
			if _, err := pool.Get(t.Context(), in.frontendTarget(), remote.GetOptions{}); err != nil {
				t.Errorf("the patient one: %v", err)
			}
		})
		all.Wait()

		pool.Forget("frontend001")
		in.frontend.Refuse(true)
		soon, cancel = context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		_, err := pool.Get(soon, in.frontendTarget(), remote.GetOptions{Wait: true})
		wantError[*remote.UnreachableError](t, err)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	})
}

// Who waits for a node to boot is not content with somebody else's single try.
func TestPoolWaitOutlivesShortDial(t *testing.T) {
	key := newKey(t)
	synctest.Test(t, func(t *testing.T) {
		in := startInner(t, key, 0)
		pool := remote.NewPool(in.dialer)
		defer pool.Close()
		in.frontend.Cut(true)
		var all sync.WaitGroup
		all.Go(func() {
			_, err := pool.Get(t.Context(), in.frontendTarget(), remote.GetOptions{})
			wantError[*remote.UnreachableError](t, err)
			in.frontend.Cut(false)
		})
		synctest.Wait()
		conn, err := pool.Get(t.Context(), in.frontendTarget(), remote.GetOptions{Wait: true})
		if err != nil || conn.Err() != nil {
			t.Error(err)
		}
		all.Wait()
	})
}

func TestDialTCP(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if nc, err := listener.Accept(); err == nil {
			_, _ = io.WriteString(nc, "hello")
			_ = nc.Close()
		}
	}()
	conn := startNode(t, remotetest.Options{}).dial(t)
	nc, err := conn.DialTCP(testContext(t), listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(nc); err != nil || string(got) != "hello" {
		t.Errorf("read %q, error %v", got, err)
	}
	dead := unusedEndpoint(t)
	if _, err := conn.DialTCP(testContext(t), fmt.Sprintf("%s:%d", dead.Host, dead.Port)); err == nil {
		t.Error("connected to nobody")
	}
}
