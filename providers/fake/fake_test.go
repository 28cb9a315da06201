package fake_test

import (
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
	"github.com/ecluster/ecluster/providers/providertest"
)

func TestConformance(t *testing.T) {
	for name, o := range map[string]fake.Options{
		"in memory":           {},
		"in memory, with lag": {BootDelay: 20 * time.Millisecond, CreateLag: 10 * time.Millisecond, DeleteLag: 15 * time.Millisecond, Latency: time.Millisecond},
		"in a file":           {File: t.TempDir() + "/cloud.json"},
	} {
		t.Run(name, func(t *testing.T) {
			providertest.Server(t, name)
			o.Images = []string{"debian"}
			w := fake.NewWorld(o)
			providertest.Run(t, providertest.Harness{
				Open: func(*testing.T) providers.Driver { return w.Driver() },
				Node: func(n cluster.NodeName, g cluster.GroupName) providers.NodeRequest {
					return providers.NodeRequest{Name: n, Group: cluster.Group{Name: g}, Image: "debian"}
				},
				Spoil: func(n providers.NodeRequest) providers.NodeRequest {
					n.Image = "no-such-image"
					return n
				},
				UnknownImage:     "no-such-image",
				UnknownInstance:  "fake-9999",
				Access:           providers.Access{AuthorizedKey: "ssh-ed25519 AAAA test", HostKey: "none"},
				Leftovers:        func(_ *testing.T, id cluster.ID) []string { return w.Leftovers(id) },
				ConsistencyDelay: w.ConsistencyDelay(),
				Patience:         10 * time.Second,
			})
		})
	}
}
