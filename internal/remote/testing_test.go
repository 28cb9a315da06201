package remote_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/remote/remotetest"
)

// testContext ends long before the test binary does, so that a hang has a
// stack trace that means something.
func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func newKey(t *testing.T) remote.KeyPair {
	t.Helper()
	key, err := remote.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// node is a server, and how to get to it.
type node struct {
	*remotetest.Server
	dialer *remote.Dialer
	target remote.Target
}

func startNode(t *testing.T, o remotetest.Options) *node {
	t.Helper()
	key := newKey(t)
	if o.AuthorizedKey == "" {
		o.AuthorizedKey = key.Authorized
	}
	s := remotetest.Start(t, o)
	return &node{
		Server: s,
		dialer: &remote.Dialer{Key: key.PrivatePEM},
		target: remote.Target{
			Node:      "compute001",
			User:      "root",
			Endpoints: []cluster.Endpoint{s.Endpoint()},
			HostKeys:  s.HostKeys(),
		},
	}
}

func (n *node) dial(t *testing.T) *remote.Conn {
	t.Helper()
	conn, err := n.dialer.Dial(testContext(t), n.target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// wantError checks that err is, or wraps, a T and returns it.
func wantError[T error](t *testing.T, err error) T {
	t.Helper()
	var want T
	if !errors.As(err, &want) {
		t.Fatalf("error is %T %q, want a %T", err, err, want)
	}
	return want
}

// waitClosed fails the test when c isn't closed within its time.
func waitClosed[T any](t *testing.T, c <-chan T, what string) {
	t.Helper()
	select {
	case <-c:
	case <-testContext(t).Done():
		t.Fatalf("%s did not happen", what)
	}
}

// unusedEndpoint is one where nobody listens.
func unusedEndpoint(t *testing.T) cluster.Endpoint {
	t.Helper()
	s := remotetest.Start(t, remotetest.Options{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return s.Endpoint()
}
