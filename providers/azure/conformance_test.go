package azure

import (
	"context"
	"fmt"
	"maps"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/sim"
	simazure "github.com/ecluster/ecluster/internal/sim/azure"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/providertest"
)

// testDelay takes the place of the plugin's in simulations, whose lag is short.
const testDelay = 120 * time.Millisecond

// haste is how much faster than real the driver's clock runs in simulations.
const haste = 20

// noSize is a machine type that tests ask for because it does not exist.
const noSize = "Standard_D9999s_v5"

// simulation is one simulated cloud. Whatever the driver asked must please the
// published schema, and nothing may be left when the test ends.
type simulation struct {
	cloud *simazure.Cloud
	url   string
}

func simulate(t *testing.T, o sim.Options) *simulation {
	t.Helper()
	cloud, err := simazure.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(cloud)
	t.Cleanup(func() {
		for _, e := range cloud.Log().Problems() {
			if strings.Contains(strings.Join(e.Problems, " "), noSize) {
				continue // it was sent on purpose
			}
			t.Errorf("%s %s (%s): %q", e.Method, e.Path, e.Op, e.Problems)
		}
		if left := cloud.Inventory(); len(left) > 0 {
			t.Errorf("the cloud still has %+v", left)
		}
		server.Close()
		_ = cloud.Close()
	})
	return &simulation{cloud, server.URL}
}

// open returns a driver with these settings added.
func (s *simulation) open(t *testing.T, more schema.Values) *Driver {
	t.Helper()
	settings := schema.Values(s.cloud.Settings(s.url))
	maps.Copy(settings, more)
	d, err := open(settings, func(string) string { return "" }, nil)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	d.now = func() time.Time { return began.Add(haste * time.Since(began)) }
	d.sleep = func(ctx context.Context, d time.Duration) error { return pause(ctx, d/haste) }
	return d
}

// inventory names what there is of a cluster.
func (s *simulation) inventory(id cluster.ID) []string {
	var out []string
	for _, r := range s.cloud.Inventory() {
		if r.Cluster == string(id) {
			out = append(out, fmt.Sprintf("%s %s (%s)", r.Kind, r.Name, r.State))
		}
	}
	return out
}

func TestConformance(t *testing.T) {
	for name, o := range map[string]sim.Options{
		"simulated Resource Manager": {},
		"simulated Resource Manager, as slow as a cloud": {
			OperationTime: 40 * time.Millisecond, BootTime: 20 * time.Millisecond,
			CreateLag: 60 * time.Millisecond, DeleteLag: 60 * time.Millisecond, PageSize: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			providertest.Server(t, name)
			s := simulate(t, o)
			providertest.Run(t, providertest.Harness{
				Open: func(t *testing.T) providers.Driver { t.Helper(); return s.open(t, nil) },
				Node: func(n cluster.NodeName, g cluster.GroupName) providers.NodeRequest {
					return providers.NodeRequest{Name: n, Group: cluster.Group{Name: g, MachineType: "Standard_D2s_v5", Image: "debian-12"}, Image: "debian-12"}
				},
				Spoil: func(n providers.NodeRequest) providers.NodeRequest {
					n.Group.MachineType = noSize
					return n
				},
				UnknownImage:     "Debian:debian-12:no-such-sku:latest",
				UnknownInstance:  "ecluster-none-compute001/token",
				Access:           realAccess,
				Leftovers:        func(_ *testing.T, id cluster.ID) []string { return s.inventory(id) },
				ConsistencyDelay: testDelay,
				Patience:         20 * time.Second,
				Skip:             map[providertest.Case]string{providertest.Volumes: "does not apply: Azure has no volumes that many machines mount without a server"},
			})
		})
	}
}

// realAccess has a key that a cloud accepts.
var realAccess = providers.Access{
	AuthorizedKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOr9m9mZkYVQpqyyN0QUo0iLW5r4dTdFqOUDcPmXyvZr ecluster",
	HostKey:       "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n",
	HostKeyPublic: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOr9m9mZkYVQpqyyN0QUo0iLW5r4dTdFqOUDcPmXyvZr",
}
