package remote_test

import (
	"context"
	"errors"
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

func TestDial(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	conn := n.dial(t)
	stdout, _, err := conn.Run(testContext(t), "echo hello; cat", strings.NewReader("world\n"))
	if err != nil || string(stdout) != "hello\nworld\n" {
		t.Fatalf("stdout %q, error %v", stdout, err)
	}
	if got, want := n.dialer.Stats(), (remote.Stats{Connections: 1, Sessions: 1}); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
	if err := conn.Close(); err != nil || !errors.Is(conn.Err(), remote.ErrClosed) {
		t.Errorf("close: %v, then %v", err, conn.Err())
	}
}

func TestDialRefusesWrongHostKey(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	if err := n.SetHostKey(newKey(t).PrivatePEM); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	reports := 0
	_, err := n.dialer.DialWait(testContext(t), n.target, func(int, error) { reports++ })
	e := wantError[*remote.HostKeyError](t, err)
	want, _ := remote.Fingerprint(n.HostKeys()[0])
	if e.Node != "compute001" || !strings.Contains(e.Expected[0], want) || e.Got == "" || strings.Contains(e.Got, want) {
		t.Errorf("unexpected error %+v", e)
	}
	if reports != 1 || n.Stats().Logins != 0 {
		t.Errorf("%d attempts in %s, %d logins; want 1 and 0", reports, time.Since(start), n.Stats().Logins)
	}
}

func TestDialRefusesOtherKeyType(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	n.target.HostKeys = []string{"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMjALAWeEBamdEFjFABVXsJwU6Cj9Q8ESlsLn66ivH7+O9TFl3c2SWJslwAxPL3MRdoEWAaRcIfMWYN94/jzhVY="}
	_, err := n.dialer.Dial(testContext(t), n.target)
	if e := wantError[*remote.HostKeyError](t, err); !strings.Contains(e.Got, "ssh-ed25519") {
		t.Errorf("unexpected error %+v", e)
	}
}

func TestDialRefusesNodeWithoutKnownKey(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	n.target.HostKeys = nil
	_, err := n.dialer.Dial(testContext(t), n.target)
	wantError[*remote.HostKeyError](t, err)
	if n.Stats().Accepted != 0 {
		t.Error("the node was contacted")
	}
}

func TestDialKnowsSeveralHostKeys(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	n.target.HostKeys = append([]string{newKey(t).Authorized}, n.target.HostKeys...)
	n.dial(t)
}

func TestDialRefusedUserKey(t *testing.T) {
	n := startNode(t, remotetest.Options{AuthorizedKey: newKey(t).Authorized})
	_, err := n.dialer.Dial(testContext(t), n.target)
	if e := wantError[*remote.AuthError](t, err); e.User != "root" || e.Node != "compute001" {
		t.Errorf("unexpected error %+v", e)
	}
}

func TestDialWaitForAuthorizedKey(t *testing.T) {
	n := startNode(t, remotetest.Options{AuthorizedKey: newKey(t).Authorized})
	n.dialer.Timing.RetryMin = time.Millisecond
	mine, err := remote.ParseKey(n.dialer.Key)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := n.dialer.DialWait(testContext(t), n.target, func(attempt int, err error) {
		wantError[*remote.AuthError](t, err)
		if attempt == 2 {
			n.SetAuthorizedKey(mine.Authorized)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()

	n.SetAuthorizedKey(newKey(t).Authorized)
	n.dialer.Timing.AuthRetry = 20 * time.Millisecond
	_, err = n.dialer.DialWait(testContext(t), n.target, nil)
	wantError[*remote.AuthError](t, err)
}

func TestDialWaitForBoot(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	n.Refuse(true)
	n.dialer.Timing.RetryMin = time.Millisecond
	conn, err := n.dialer.DialWait(testContext(t), n.target, func(attempt int, err error) {
		wantError[*remote.UnreachableError](t, err)
		if attempt == 3 {
			n.Refuse(false)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if got := n.Stats().Accepted; got != 4 {
		t.Errorf("%d TCP connections, want 4", got)
	}
}

func TestDialWaitEndsWithContext(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	n.Refuse(true)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := n.dialer.DialWait(ctx, n.target, nil)
	wantError[*remote.UnreachableError](t, err)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %q hides the deadline", err)
	}
}

// A node whose address leads nowhere is retried with growing pauses.
func TestDialWaitPauses(t *testing.T) {
	key, host := newKey(t), newKey(t)
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		d := &remote.Dialer{
			Key:    key.PrivatePEM,
			Jitter: func() float64 { return 0.5 },
			NetDial: func(context.Context, string, string) (net.Conn, error) {
				at = append(at, time.Since(start))
				return nil, errors.New("no route to host")
			},
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := d.DialWait(ctx, remote.Target{
			Node: "compute001", Endpoints: []cluster.Endpoint{{Host: "10.0.0.1", Port: 22}}, HostKeys: []string{host.Authorized},
		}, nil)
		wantError[*remote.UnreachableError](t, err)
		if len(at) != 17 || at[1] != 37500*time.Microsecond || at[15]-at[14] != 750*time.Millisecond {
			t.Errorf("%d attempts, at %v", len(at), at)
		}
	})
}

func TestDialUnreachable(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	dead := unusedEndpoint(t)
	n.target.Endpoints = []cluster.Endpoint{dead, {Host: "node.invalid", Port: 22}}
	_, err := n.dialer.Dial(testContext(t), n.target)
	if e := wantError[*remote.UnreachableError](t, err); len(e.Attempts) != 2 || !strings.Contains(err.Error(), "refused") {
		t.Errorf("unexpected error %v", err)
	}
	n.target.Endpoints = nil
	_, err = n.dialer.Dial(testContext(t), n.target)
	wantError[*remote.UnreachableError](t, err)
}

func TestDialTriesEndpointsInOrder(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	n.target.Endpoints = []cluster.Endpoint{unusedEndpoint(t), n.Endpoint()}
	n.dial(t)
}

// An address that swallows everything delays the next one by Stagger only.
func TestDialPassesSilentEndpoint(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	n.dialer.Timing.Stagger = 10 * time.Millisecond
	ended := make(chan struct{})
	n.dialer.NetDial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "10.255.255.1:22" {
			<-ctx.Done()
			close(ended)
			return nil, ctx.Err()
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	n.target.Endpoints = []cluster.Endpoint{{Host: "10.255.255.1", Port: 22}, n.Endpoint()}
	n.dial(t)
	waitClosed(t, ended, "the end of the slow dial")
}

// An sshd that accepts and then says nothing is given up.
func TestDialHungServer(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	n.Cut(true)
	n.dialer.Timing.Handshake = 50 * time.Millisecond
	_, err := n.dialer.Dial(testContext(t), n.target)
	wantError[*remote.UnreachableError](t, err)
}

func TestDialCancelled(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	n.Delay(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	n.dialer.NetDial = func(ctx context.Context, network, address string) (net.Conn, error) {
		defer cancel()
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	if _, err := n.dialer.Dial(ctx, n.target); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// The impostor at the first address must not keep us from the node itself.
func TestDialPassesForeignEndpoint(t *testing.T) {
	foreign := startNode(t, remotetest.Options{})
	n := startNode(t, remotetest.Options{})
	n.target.Endpoints = []cluster.Endpoint{foreign.Endpoint(), n.Endpoint()}
	n.dial(t)
	if foreign.Stats().Logins != 0 {
		t.Error("logged in at the wrong machine")
	}
}

// sshd drops newcomers at random when more than ten are not yet logged in.
func TestDialKeepsBelowMaxStartups(t *testing.T) {
	key := newKey(t)
	synctest.Test(t, func(t *testing.T) {
		s := remotetest.Start(t, remotetest.Options{Memory: true})
		s.Delay(time.Second)
		d := &remote.Dialer{Key: key.PrivatePEM, NetDial: s.Dial}
		target := remote.Target{
			Node: "frontend001", Endpoints: []cluster.Endpoint{{Host: "10.0.0.1", Port: 22}}, HostKeys: s.HostKeys(),
		}
		var all sync.WaitGroup
		for range 24 {
			all.Go(func() {
				conn, err := d.Dial(t.Context(), target)
				if err != nil {
					t.Error(err)
					return
				}
				_ = conn.Close()
			})
		}
		for second := range int64(3) {
			synctest.Wait()
			if got := s.Stats().Accepted; got != 8*(second+1) {
				t.Errorf("%d connections in second %d", got, second)
			}
			<-time.After(time.Second) // of the clock within the bubble
		}
		all.Wait()
	})
}
