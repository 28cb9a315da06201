package azure

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers"
)

func TestCheckFinds(t *testing.T) {
	t.Parallel()
	s := simulate(t, sim.Options{Quota: map[string]int{"standardDSv5Family": 10, "lowPriorityCores": 3, "StandardSkuPublicIpAddresses": 6}})
	for name, c := range map[string]struct {
		settings schema.Values
		nodes    []providers.NodeRequest
		ttl      time.Duration
		want     string // of the first finding; "" for none
		attr     string
		warning  bool
	}{
		"nothing":           {nodes: numbered(2)},
		"family quota":      {nodes: numbered(6), want: "12 are asked for, 10 of 10 are left"},
		"spot quota":        {nodes: numbered(2, func(r *providers.NodeRequest) { r.Group.Spot = true }), want: "4 are asked for, 3 of 3 are left"},
		"address quota":     {nodes: numbered(7, func(r *providers.NodeRequest) { r.Group.MachineType = "Standard_B1s" }), want: "7 are asked for, 6 of 6 are left"},
		"private addresses": {settings: schema.Values{"public_address": false}, nodes: numbered(5)},
		"location":          {settings: schema.Values{"location": "westeuropa"}, nodes: nil, want: `no location "westeuropa"`, attr: "location"},
		"machine type":      {nodes: numbered(1, func(r *providers.NodeRequest) { r.Group.MachineType = "Standard_D2s_v55" }), want: `no machine type "Standard_D2s_v55"`, attr: "machine_type"},
		"alternative":       {nodes: numbered(1, func(r *providers.NodeRequest) { r.Group.Settings["machine_types"] = []any{"Standard_X"} }), want: `no machine type "Standard_X"`, attr: "machine_types", warning: true},
		"zone":              {settings: schema.Values{"zones": []any{"7"}}, nodes: numbered(1), want: "Standard_D2s_v5 in zone 7 is not to be had", attr: "machine_type"},
		"one zone of two":   {settings: schema.Values{"zones": []any{"1", "7"}}, nodes: numbered(1), want: "Standard_D2s_v5 in zone 7 is not to be had", attr: "machine_type", warning: true},
		"GPU":               {nodes: numbered(1, func(r *providers.NodeRequest) { r.Group.GPU = &cluster.GPU{Type: "t4", Count: 1} }), want: "a Standard_D2s_v5 has 0 GPUs, not 1", attr: "gpu"},
		"architecture": {nodes: numbered(1, func(r *providers.NodeRequest) {
			r.Group.MachineType, r.Image = "Standard_D2ps_v5", "Debian:debian-12:12-gen2:latest"
		}), want: "is for x64 and a Standard_D2ps_v5 is Arm64", attr: "image"},
		"alias":   {nodes: numbered(1, func(r *providers.NodeRequest) { r.Image = "debain-12" }), want: `the image "debain-12" can't be used`, attr: "image"},
		"version": {nodes: numbered(1, func(r *providers.NodeRequest) { r.Image = "Debian:debian-12:12-gen2:0.0.1" }), want: "does not exist in", attr: "image"},
		"own image": {nodes: numbered(1, func(r *providers.NodeRequest) {
			r.Image = "/subscriptions/SUB/resourceGroups/g/providers/Microsoft.Compute/images/mine"
		}), want: `no image "mine"`, attr: "image"},
		"resource group":    {settings: schema.Values{"resource_group": "nowhere"}, nodes: numbered(1), want: `resource group "nowhere" does not exist`, attr: "resource_group"},
		"time beyond a day": {nodes: numbered(1), ttl: 48 * time.Hour, want: "Azure bills them", warning: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := s.open(t, c.settings)
			for i := range c.nodes {
				c.nodes[i].Image = strings.ReplaceAll(c.nodes[i].Image, "SUB", d.config.subscription)
			}
			findings, err := d.Check(t.Context(), providers.CheckRequest{Name: "test", Nodes: c.nodes, TTL: c.ttl})
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				if len(findings) > 0 {
					t.Errorf("%+v", findings)
				}
				return
			}
			if len(findings) == 0 {
				t.Fatal("no finding")
			}
			f := findings[0]
			if !strings.Contains(f.Summary, c.want) || f.Fatal == c.warning || f.Detail == "" || c.attr != "" && f.Attr != c.attr {
				t.Errorf("%+v", findings)
			}
		})
	}
}

func TestCheckWithRightsOnOneGroupOnly(t *testing.T) {
	t.Parallel()
	s := simulate(t, sim.Options{Denied: []string{
		"Microsoft.Resources/subscriptions/read", "Microsoft.Compute/skus/read", "Microsoft.Compute/locations/usages/read", "Microsoft.Network/locations/usages/read",
	}})
	findings, err := s.open(t, nil).Check(t.Context(), providers.CheckRequest{Nodes: numbered(1)})
	if err != nil || len(findings) == 0 {
		t.Fatalf("%+v, error %v", findings, err)
	}
	for _, f := range findings {
		if f.Fatal || !strings.Contains(f.Summary, "could not be checked") {
			t.Errorf("%s", fmt.Sprint(f))
		}
	}
}
