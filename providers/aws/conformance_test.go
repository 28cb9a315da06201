package aws

import (
	"os"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/providertest"
)

// noVolumes is why one case of the suite never applies.
const noVolumes = "does not apply: EC2 has no volume that many machines mount"

func TestConformanceMoto(t *testing.T) {
	url := os.Getenv("MOTO")
	d := testDriver(t, testSettings(url))
	providertest.Run(t, providertest.Harness{
		Open: func(t *testing.T) providers.Driver { return testDriver(t, testSettings(url)) },
		Node: func(n cluster.NodeName, g cluster.GroupName) providers.NodeRequest {
			return providers.NodeRequest{
				Name: n, Image: "099720109477/ubuntu/images/hvm-ssd/ubuntu-xenial-16.04-amd64-*",
				Group: cluster.Group{Name: g, MachineType: "t3.micro", Settings: schema.Values{}},
			}
		},
		UnknownImage:    "ami-00000000000000000",
		UnknownInstance: "i-0123456789abcdef0",
		Access:          testAccess,
		Leftovers:       func(t *testing.T, id cluster.ID) []string { return leftovers(t, d, id) },
		Patience:        20 * time.Second,
		Skip: map[providertest.Case]string{
			providertest.Volumes:  noVolumes,
			providertest.Partial:  "does not apply: moto's capacity has no end",
			providertest.Parallel: "does not apply: moto launches again for a ClientToken that it knows",
			providertest.Repeat:   "does not apply: moto launches again for a ClientToken that it knows",
		},
	})
}
