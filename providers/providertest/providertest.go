// Package providertest is the conformance suite of providers.Driver. A
// provider passes it by giving a Harness to Run; the suite starts about ten
// machines, at most three at once, and leaves nothing behind. What a driver
// does beyond its contract, and what its machines do once they run, does not
// belong here.
package providertest

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Harness is what the suite must know of a provider.
type Harness struct {
	// Open returns a driver. Each call may open a new one, but all talk to the
	// same cloud.
	Open func(t *testing.T) providers.Driver
	// Node returns the cheapest request that boots. Every name may be asked for.
	Node func(name cluster.NodeName, group cluster.GroupName) providers.NodeRequest
	// Spoil returns a copy of a request from Node that the cloud will refuse,
	// while it accepts others of the same batch.
	Spoil func(providers.NodeRequest) providers.NodeRequest
	// Scarce stands in for Spoil where one call to the cloud asks for machines
	// that are all alike: it lets the cloud have only n machines for the next
	// launch.
	Scarce func(t *testing.T, n int)
	// UnknownImage is the name of an image that does not exist.
	UnknownImage string
	// UnknownInstance is a well-formed ID of a machine that does not exist.
	UnknownInstance cluster.InstanceID
	// Access is placed in the machines.
	Access providers.Access
	// Leftovers names everything that belongs to a cluster: machines,
	// networks, volumes. It must find them by other means than the driver's.
	Leftovers func(t *testing.T, id cluster.ID) []string
	// ConsistencyDelay is the one of the provider's Plugin.
	ConsistencyDelay time.Duration
	// Patience is how long a machine may take to run, or to go; default one minute.
	Patience time.Duration
	// Skip gives the reason why a case can't apply to this cloud.
	Skip map[Case]string
}

// Case names a part of the suite.
type Case string

// The cases.
const (
	Life        Case = "life"                // a batch from its launch to its end
	Nothing     Case = "nothing"             // calls about a cluster that does not exist
	Check       Case = "check"               // findings, and that checking changes nothing
	UnknownName Case = "unknown image"       // the kind of its error
	Partial     Case = "partial success"     // some nodes of a batch are refused
	TwoClusters Case = "two clusters"        // they don't see or touch each other
	Parallel    Case = "parallel launches"   // also of the same request
	Volumes     Case = "volumes"             // Cleanup leaves those that are kept
	CanceledCtx Case = "canceled context"    // every method returns at once
	CutOff      Case = "launch that was cut" // Destroy finds what it made
	Rest        Case = "pause and resume"    // machines stop and run again
	Repeat      Case = "repeated launch"     // a step of Life: the same launch again makes the same machines
)

// Server says what a test runs the suite against, in a few words for the table
// that a run of all tests ends with: "simulated EC2". It comes first, so that a
// test that is skipped is in the table too, and may be called again once more
// is known.
func Server(t *testing.T, name string) {
	t.Helper()
	t.Attr("conformance-server", name)
}

// mark says that t is a case of the suite.
func mark(t *testing.T, name Case) {
	t.Helper()
	t.Attr("conformance-case", string(name))
}

// Run runs the suite as subtests of t, which has named its Server.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if h.Patience == 0 {
		h.Patience = time.Minute
	}
	cases := []Case{Nothing, Check, Life, UnknownName, Partial, TwoClusters, Parallel, Volumes, CanceledCtx, CutOff, Rest, Repeat}
	for name, reason := range h.Skip {
		if !slices.Contains(cases, name) || reason == "" {
			t.Errorf("Harness.Skip[%q] = %q: no such case, or no reason", name, reason)
		}
	}
	s := &suite{h: h}
	t.Run(string(Nothing), s.nothing)
	t.Run(string(Check), s.check)
	t.Run(string(Life), s.life)
	t.Run(string(UnknownName), s.unknownImage)
	t.Run(string(Partial), s.partial)
	t.Run(string(TwoClusters), s.twoClusters)
	t.Run(string(Parallel), s.parallel)
	t.Run(string(Volumes), s.volumes)
	t.Run(string(CanceledCtx), s.canceled)
	t.Run(string(CutOff), s.cutOff)
	t.Run(string(Rest), s.rest)
}

// suite is one run.
type suite struct{ h Harness }

// cell is one cluster of a case: it is destroyed when the case ends, and
// whatever is left then fails the case.
type cell struct {
	h      Harness
	id     cluster.ID
	name   cluster.Name
	driver providers.Driver
	cloud  *providers.Cloud
}

// cell opens a cluster for a case, or skips the case.
func (s *suite) cell(t *testing.T, name Case) *cell {
	t.Helper()
	mark(t, name)
	if reason, skip := s.h.Skip[name]; skip {
		t.Skip(reason)
	}
	d := s.h.Open(t)
	c := &cell{
		h: s.h, id: newID(), name: "conformance", driver: d,
		cloud: providers.New(d, providers.Options{ConsistencyDelay: s.h.ConsistencyDelay, Notify: func(what string) { t.Log(what) }}),
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), s.h.Patience)
		defer cancel()
		if err := c.cloud.Destroy(ctx, providers.DestroyRequest{ID: c.id}); err != nil {
			t.Errorf("destroy the cluster of the case: %v", err)
		}
		if left := s.h.Leftovers(t, c.id); len(left) != 0 {
			t.Errorf("after Destroy there is still: %q", left)
		}
	})
	return c
}

// newID returns the ID of a cluster that never existed.
func newID() cluster.ID {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return cluster.ID("t" + strings.ToLower(strings.TrimRight(base32.StdEncoding.EncodeToString(b[:]), "=")))
}

// newToken returns a token of the form that Cloud makes.
func newToken() string { return string(newID()) + "-token" }

func (c *cell) prepare(t *testing.T, volumes ...string) {
	t.Helper()
	if err := c.driver.Prepare(t.Context(), c.shared(volumes...)); err != nil {
		t.Fatalf("Prepare: %v", err)
	}
}

func (c *cell) shared(volumes ...string) providers.PrepareRequest {
	g := c.h.Node("node001", "node").Group
	if g.Image == "" {
		g.Image = c.h.Node("node001", "node").Image
	}
	return providers.PrepareRequest{
		ID: c.id, Name: c.name, Groups: []cluster.Group{g}, Volumes: volumes,
		Progress: func(string, string) {},
	}
}

// request is a launch of n nodes under a new token.
func (c *cell) request(n int) providers.LaunchRequest {
	req := providers.LaunchRequest{ID: c.id, Name: c.name, Token: newToken(), Access: c.h.Access}
	for i := range n {
		req.Nodes = append(req.Nodes, c.h.Node(cluster.NewNodeName("node", i+1), "node"))
	}
	return req
}

// launch sends a request that must succeed whole.
func (c *cell) launch(t *testing.T, req providers.LaunchRequest) []cluster.InstanceID {
	t.Helper()
	results, err := c.driver.Launch(t.Context(), req)
	if err != nil {
		t.Fatalf("Launch: %v (kind %s)", err, c.driver.ErrorKind(err))
	}
	ids := make([]cluster.InstanceID, 0, len(results))
	for i, r := range results {
		if i >= len(req.Nodes) || r.Node != req.Nodes[i].Name {
			t.Fatalf("result %d is for %q; results must have the order of the request", i, r.Node)
		}
		if r.Err != nil || r.Instance == "" {
			t.Fatalf("Launch of %s: instance %q, error %v", r.Node, r.Instance, r.Err)
		}
		if slices.Contains(ids, r.Instance) {
			t.Fatalf("two nodes have the instance %s", r.Instance)
		}
		ids = append(ids, r.Instance)
	}
	if len(ids) != len(req.Nodes) {
		t.Fatalf("%d results for %d nodes", len(ids), len(req.Nodes))
	}
	return ids
}

// listed returns the machines of the cluster, sorted by node, once there are n
// of them: at the latest when the consistency delay has passed.
func (c *cell) listed(t *testing.T, n int) []cluster.Instance {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), c.h.ConsistencyDelay+c.h.Patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		list, err := c.driver.List(ctx, c.id)
		if err != nil {
			t.Fatalf("List while waiting for %d machines: %v", n, err)
		}
		list = slices.DeleteFunc(list, func(i cluster.Instance) bool { return i.State == cluster.InstanceGone })
		if len(list) == n {
			slices.SortFunc(list, func(a, b cluster.Instance) int { return strings.Compare(string(a.Node), string(b.Node)) })
			return list
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("List shows %d machines, want %d: %+v", len(list), n, list)
		}
	}
}

// terminate deletes machines and waits until they are gone.
func (c *cell) terminate(t *testing.T, ids ...cluster.InstanceID) {
	t.Helper()
	refused, err := c.driver.Terminate(t.Context(), c.id, ids)
	if err != nil || len(refused) != 0 {
		t.Fatalf("Terminate %v: refused %v, error %v", ids, refused, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), c.h.Patience)
	defer cancel()
	if err := c.cloud.WaitGone(ctx, c.id, ids); err != nil {
		t.Fatal(err)
	}
}

// wantKind checks the class of an error.
func (c *cell) wantKind(t *testing.T, what string, err error, kinds ...providers.Kind) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want kind %q", what, kinds)
		return
	}
	if got := c.driver.ErrorKind(err); !slices.Contains(kinds, got) {
		t.Errorf("%s: %v has kind %q, want %q", what, err, got, kinds)
	}
}
