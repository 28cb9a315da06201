package aws

import (
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/sim"
	simaws "github.com/ecluster/ecluster/internal/sim/aws"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/providertest"
)

// noVolumes is why one case of the suite never applies.
const noVolumes = "does not apply: EC2 has no volume that many machines mount"

// simulated serves a simulated EC2 until the test ends; then nothing may be
// left in it, and no request may have been against the schema.
func simulated(t *testing.T, o sim.Options) (cloud *simaws.Cloud, url string) {
	t.Helper()
	cloud, err := simaws.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(cloud)
	t.Cleanup(func() {
		for _, e := range cloud.Log().Problems() {
			t.Errorf("request %d, %s: %q", e.N, e.Op, e.Problems)
		}
		if left := cloud.Inventory(); len(left) > 0 {
			t.Errorf("left: %+v", left)
		}
		server.Close()
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	return cloud, server.URL
}

func TestConformance(t *testing.T) {
	for name, c := range map[string]struct {
		o     sim.Options
		delay time.Duration
	}{
		"simulated EC2": {},
		"simulated EC2, as slow as a cloud": {
			o: sim.Options{
				OperationTime: 5 * time.Millisecond, BootTime: 30 * time.Millisecond, Latency: time.Millisecond,
				CreateLag: 30 * time.Millisecond, DeleteLag: 40 * time.Millisecond, PageSize: 5,
			},
			delay: 150 * time.Millisecond,
		},
	} {
		t.Run(name, func(t *testing.T) {
			providertest.Server(t, name)
			c.o.Script = sim.NewScript()
			cloud, url := simulated(t, c.o)
			open := func(t *testing.T) providers.Driver {
				t.Helper()
				d := testDriver(t, cloud.Settings(url))
				d.pause = pause
				return d
			}
			providertest.Run(t, providertest.Harness{
				Open: open,
				Node: func(n cluster.NodeName, g cluster.GroupName) providers.NodeRequest {
					return providers.NodeRequest{Name: n, Group: cluster.Group{Name: g, MachineType: "t3.micro"}, Image: "debian-13"}
				},
				Scarce: func(_ *testing.T, n int) {
					c.o.Script.Inject(sim.Fault{Op: "RunInstances", Short: n})
				},
				UnknownImage:    "ami-00000000000000000",
				UnknownInstance: "i-0123456789abcdef0",
				Access:          testAccess,
				Leftovers: func(_ *testing.T, id cluster.ID) []string {
					var left []string
					for _, r := range cloud.Inventory() {
						if r.Cluster == string(id) {
							left = append(left, r.Kind+" "+r.Name)
						}
					}
					slices.Sort(left)
					return left
				},
				ConsistencyDelay: c.delay,
				Patience:         20 * time.Second,
				Skip:             map[providertest.Case]string{providertest.Volumes: noVolumes},
			})
		})
	}
}
