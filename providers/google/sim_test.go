package google

import (
	"fmt"
	"maps"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/sim"
	simgoogle "github.com/ecluster/ecluster/internal/sim/google"
	"github.com/ecluster/ecluster/providers"
)

// rig is a simulated cloud that is served, and a way to open drivers for it.
type rig struct {
	cloud *simgoogle.Cloud
	url   string
}

// newRig serves a cloud until the test ends; then nothing may be left in it,
// and no request may have been against Google's schema. Tests with a cloud of
// their own run side by side.
func newRig(t *testing.T, o sim.Options) *rig {
	t.Helper()
	t.Parallel()
	cloud, err := simgoogle.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(cloud)
	t.Cleanup(func() {
		for _, e := range cloud.Log().Problems() {
			t.Errorf("%s %s: %q", e.Op, e.Path, e.Problems)
		}
		if left := cloud.Inventory(); len(left) > 0 {
			t.Errorf("left in the cloud: %+v", left)
		}
		server.Close()
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	return &rig{cloud: cloud, url: server.URL}
}

// open returns a driver; more overrides settings.
func (r *rig) open(t *testing.T, more map[string]any) *Driver {
	t.Helper()
	raw := r.cloud.Settings(r.url)
	maps.Copy(raw, more)
	values, err := settingsSchema().DecodeMap(raw)
	if err != nil {
		t.Fatal(err)
	}
	revealed, err := schema.Reveal(values, nil)
	if err != nil {
		t.Fatal(err)
	}
	return opened(t, revealed, noEnv)
}

// portable wraps a driver as the engine does, with little patience.
func portable(t *testing.T, d *Driver) *providers.Cloud {
	t.Helper()
	return providers.New(d, providers.Options{
		ConsistencyDelay: 50 * time.Millisecond, PollMin: 5 * time.Millisecond, PollMax: 20 * time.Millisecond,
		Jitter: func(time.Duration) time.Duration { return 5 * time.Millisecond },
		Notify: func(what string) { t.Log(what) },
	})
}

const testID cluster.ID = "x1"

// destroyed takes a cluster away again when the test ends.
func destroyed(t *testing.T, c *providers.Cloud) {
	t.Helper()
	if err := c.Destroy(t.Context(), providers.DestroyRequest{ID: testID}); err != nil {
		t.Error(err)
	}
}

func groupOf(settings map[string]any) cluster.Group {
	return cluster.Group{Name: "compute", MachineType: "n2-standard-2", Settings: settings}
}

func nodes(g cluster.Group, n int) []providers.NodeRequest {
	out := make([]providers.NodeRequest, n)
	for i := range out {
		out[i] = providers.NodeRequest{Name: cluster.NewNodeName(g.Name, i+1), Group: g, Image: "debian-12"}
	}
	return out
}

func prepared(t *testing.T, c *providers.Cloud, g ...cluster.Group) {
	t.Helper()
	err := c.Prepare(t.Context(), providers.PrepareRequest{
		ID: testID, Name: "test", Groups: g, Network: cluster.Network{SSHFrom: []string{"192.0.2.7/32"}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// inventory is what is in the cloud, as "kind name".
func (r *rig) inventory(id cluster.ID) []string {
	var out []string
	for _, res := range r.cloud.Inventory() {
		if res.Cluster == string(id) || strings.Contains(res.Name, prefix(id)) {
			out = append(out, fmt.Sprintf("%s %s", res.Kind, res.Name))
		}
	}
	return out
}
