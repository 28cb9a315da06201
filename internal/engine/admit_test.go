package engine_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/remote/remotetest"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
)

// gated is the fake cloud with a firewall.
type gated struct {
	*fake.Driver
	open *[]string
}

func (g gated) Prepare(ctx context.Context, req providers.PrepareRequest) error {
	*g.open = req.Network.SSHFrom
	return g.Driver.Prepare(ctx, req)
}

func (g gated) Admit(_ context.Context, _ cluster.ID, n cluster.Network) error {
	*g.open = n.SSHFrom
	return nil
}

// A laptop that moved gets in, and its old address out.
func TestFirewallFollowsTheUser(t *testing.T) {
	l := newLab(t)
	var open []string
	plugin := fake.Plugin(l.world)
	plugin.Open = func(schema.Values) (providers.Driver, error) { return gated{l.world.Driver(), &open}, nil }
	here, err := "192.0.2.7", error(nil)
	e := engine.New(engine.Options{
		Home: l.home, Tool: "test", Roles: fstest.MapFS{}, Sink: event.Discard,
		Plugins:  map[string]providers.Plugin{"fake": plugin},
		SeenFrom: func(context.Context) (netip.Addr, error) { return netip.MustParseAddr(here), err },
	})
	s := spec(1, 1)
	s.Network.SSHFrom = []string{"auto", "198.51.100.0/24", "203.0.113.9"}
	want := func(first string) {
		t.Helper()
		if w := []string{first, "198.51.100.0/24", "203.0.113.9/32"}; !slices.Equal(open, w) {
			t.Errorf("the firewall lets in %v, want %v", open, w)
		}
	}
	if _, err := e.Start(t.Context(), s, engine.StartOptions{NoSetUp: true}); err != nil {
		t.Fatal(err)
	}
	want("192.0.2.7/32")

	here = "192.0.2.8"
	if _, err := e.Resize(t.Context(), "lab", engine.ResizeOptions{Nodes: []cluster.NodeName{"compute001"}, Force: true}); err != nil {
		t.Fatal(err)
	}
	want("192.0.2.8/32")

	err = errors.New("no way out")
	if _, e := e.SetUp(t.Context(), "lab", nil); e == nil || !strings.Contains(e.Error(), "ssh_from") {
		t.Errorf("without an address: %v", e)
	}
}

// strangers are machines with a host key of their own, as images without
// cloud-init make one.
type strangers struct {
	*machines
	published map[cluster.InstanceID]string
}

func (s *strangers) Boot(f fake.Machine) (cluster.Endpoint, error) {
	pair, err := remote.GenerateKey()
	if err != nil {
		return cluster.Endpoint{}, err
	}
	s.mu.Lock()
	s.published[f.ID] = pair.Authorized
	s.mu.Unlock()
	f.Access.HostKey = pair.PrivatePEM
	return s.machines.Boot(f)
}

// witness is the fake cloud with an authenticated channel for host keys.
type witness struct {
	*fake.Driver
	machines *strangers
	lies     bool
}

func (w witness) HostKeys(_ context.Context, _ cluster.ID, id cluster.InstanceID) ([]string, error) {
	w.machines.mu.Lock()
	defer w.machines.mu.Unlock()
	if w.lies {
		return nil, nil
	}
	return []string{w.machines.published[id]}, nil
}

func strangeLab(t *testing.T, lies bool) (*lab, *engine.Engine) {
	t.Helper()
	m := &strangers{machines: &machines{t: t, servers: map[cluster.InstanceID]*remotetest.Server{}}, published: map[cluster.InstanceID]string{}}
	t.Cleanup(func() {
		for id := range m.servers {
			m.Halt(id)
		}
	})
	l := &lab{T: t, world: fake.NewWorld(fake.Options{Machines: m}), home: t.TempDir()}
	plugin := fake.Plugin(l.world)
	plugin.Open = func(schema.Values) (providers.Driver, error) { return witness{l.world.Driver(), m, lies}, nil }
	return l, engine.New(engine.Options{
		Home: l.home, Tool: "test", Roles: fstest.MapFS{}, Sink: event.Discard, BootTimeout: 3 * time.Second,
		Plugins: map[string]providers.Plugin{"fake": plugin},
	})
}

func TestHostKeysAreAskedOfTheCloud(t *testing.T) {
	l, e := strangeLab(t, false)
	r, err := e.Start(t.Context(), spec(2, 2), engine.StartOptions{NoSetUp: true})
	if err != nil || len(r.Ready) != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	for name, n := range l.state().Nodes {
		if len(n.HostKeys) != 1 {
			t.Errorf("%s has the keys %v", name, n.HostKeys)
		}
	}
}

func TestAMachineThatTheCloudDoesNotVouchForIsNotTrusted(t *testing.T) {
	_, e := strangeLab(t, true)
	r, err := e.Start(t.Context(), spec(1, 1), engine.StartOptions{NoSetUp: true})
	if err == nil || len(r.Ready) != 0 || len(r.Failed) != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, f := range r.Failed {
		if !strings.Contains(f.Error(), "host key") {
			t.Errorf("%v", f)
		}
	}
}
