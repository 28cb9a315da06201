package clouds

import (
	"testing"

	"github.com/ecluster/ecluster/internal/sim"
)

func TestFaultsGoogle(t *testing.T) {
	t.Parallel()
	testFaults(t, "google", []fault{
		{name: "credentials-expired", provider: map[string]string{"access_token": `env("STALE")`}, prepare: func(l *lab) { l.env["STALE"] = "ya29.stale" }, status: 8},
		{name: "permission-firewall", cloud: sim.Options{Denied: []string{"compute.firewalls.create"}}, status: 8},
		{name: "quota-race", faults: []sim.Fault{{Op: "compute.instances.insert", Node: "compute002", Code: "QUOTA_EXCEEDED", Later: true}}, status: 8},
	})
}
