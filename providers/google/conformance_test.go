package google

import (
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/providertest"
)

func TestConformance(t *testing.T) {
	for name, o := range map[string]sim.Options{
		"simulated Compute Engine": {},
		"simulated Compute Engine, as slow as a cloud": {
			OperationTime: 40 * time.Millisecond, BootTime: 20 * time.Millisecond,
			CreateLag: 60 * time.Millisecond, DeleteLag: 60 * time.Millisecond, PageSize: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			providertest.Server(t, name)
			r := newRig(t, o)
			providertest.Run(t, providertest.Harness{
				Open: func(t *testing.T) providers.Driver { t.Helper(); return r.open(t, nil) },
				Node: func(n cluster.NodeName, g cluster.GroupName) providers.NodeRequest {
					return providers.NodeRequest{Name: n, Group: cluster.Group{Name: g, MachineType: "e2-small", Image: "debian-12"}, Image: "debian-12"}
				},
				Spoil: func(n providers.NodeRequest) providers.NodeRequest {
					n.Group.MachineType = "e2-enormous-4096"
					return n
				},
				UnknownImage:    "debian-1",
				UnknownInstance: "us-central1-a/ecluster-none-compute001",
				Access: providers.Access{
					AuthorizedKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOr9m9mZkYVQpqyyN0QUo0iLW5r4dTdFqOUDcPmXyvZr ecluster",
					HostKey:       "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n",
					HostKeyPublic: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOr9m9mZkYVQpqyyN0QUo0iLW5r4dTdFqOUDcPmXyvZr",
				},
				Leftovers:        func(_ *testing.T, id cluster.ID) []string { return r.inventory(id) },
				ConsistencyDelay: 120 * time.Millisecond,
				Patience:         20 * time.Second,
				Skip:             map[providertest.Case]string{providertest.Volumes: "does not apply: Google has no volumes that many machines mount"},
			})
		})
	}
}
