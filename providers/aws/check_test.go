package aws

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", path, diff)
	}
}

// checkCase is one mistake in a spec, or one trouble with the account.
type checkCase struct {
	name  string
	o     sim.Options
	block map[string]any
	group func(*cluster.Group)
	nodes int
}

func set(name string, value any) func(*cluster.Group) {
	return func(g *cluster.Group) { g.Settings = map[string]any{name: value} }
}

func checkCases() []checkCase {
	return []checkCase{
		{name: "nothing wrong"},
		{name: "wrong secret", block: map[string]any{"secret_key": "wrong"}},
		{name: "unknown key", block: map[string]any{"access_key": "AKIANOBODY", "secret_key": "wrong"}},
		{name: "no machine type", group: func(g *cluster.Group) { g.MachineType = "" }},
		{name: "unknown machine type", group: func(g *cluster.Group) { g.MachineType = "c7i.larg" }},
		{name: "unknown alternative", group: set("machine_types", []any{"c6i.large", "c9i.large"})},
		{name: "unknown zone", block: map[string]any{"zones": []any{"us-east-1q"}}},
		{name: "not offered in the zone", group: func(g *cluster.Group) {
			g.MachineType = "c7g.large"
			g.Settings = map[string]any{"zones": []any{"us-east-1d"}}
		}},
		{name: "not offered in one zone of two", group: func(g *cluster.Group) {
			g.MachineType = "c7g.large"
			g.Settings = map[string]any{"zones": []any{"us-east-1d", "us-east-1a"}}
		}},
		{name: "unknown image", group: func(g *cluster.Group) { g.Image = "debian-31" }},
		{name: "unknown image id", group: func(g *cluster.Group) { g.Image = "ami-00000000000000000" }},
		{name: "unknown pattern", group: func(g *cluster.Group) { g.Image = "136693071363/debian-99-*" }},
		{name: "image of the other architecture", group: func(g *cluster.Group) { g.Image, g.MachineType = "ubuntu-24.04-gpu", "c7g.large" }},
		{name: "no GPU", group: func(g *cluster.Group) { g.GPU = &cluster.GPU{Type: "t4", Count: 1} }},
		{name: "other GPU", group: func(g *cluster.Group) {
			g.MachineType, g.GPU = "g5.xlarge", &cluster.GPU{Type: "nvidia-tesla-t4", Count: 1}
		}},
		{name: "other number of GPUs", group: func(g *cluster.Group) {
			g.MachineType, g.GPU = "g4dn.12xlarge", &cluster.GPU{Type: "nvidia-tesla-t4", Count: 1}
		}},
		{name: "no EFA", group: set("efa", true)},
		{name: "boot disk smaller than the image", group: func(g *cluster.Group) { g.BootDisk = &cluster.Disk{SizeGB: 1} }},
		{name: "unknown type of boot disk", group: func(g *cluster.Group) { g.BootDisk = &cluster.Disk{SizeGB: 20, Type: "pd-ssd"} }},
		{name: "user data too long", group: set("user_data", "#!/bin/sh\n"+noise(40_000))},
		{name: "quota too small", o: sim.Options{Quota: map[string]int{"L-1216C47A": 16}}, nodes: 20},
		{name: "spot quota too small", o: sim.Options{Quota: map[string]int{"L-34B43A08": 4}}, nodes: 20, group: func(g *cluster.Group) { g.Spot = true }},
		{name: "may not see quotas", o: sim.Options{Denied: []string{"servicequotas:GetServiceQuota"}}},
		{name: "may not launch", o: sim.Options{Denied: []string{"ec2:RunInstances"}}},
		{name: "may not make security groups", o: sim.Options{Denied: []string{"ec2:CreateSecurityGroup"}}},
		{name: "may not list images", o: sim.Options{Denied: []string{"ec2:DescribeImages"}}},
		{name: "unknown vpc", block: map[string]any{"vpc": "vpc-00000000000000000"}},
		{name: "unknown subnet", block: map[string]any{"subnet": "subnet-00000000000000000"}},
		{name: "no way out", block: map[string]any{"vpc": "new", "public_address": false}},
		{name: "max_price without spot", group: set("max_price", 1.0)},
		{name: "impossible threads", group: func(g *cluster.Group) {
			g.MachineType = "c7g.large"
			g.Settings = map[string]any{"threads_per_core": 2.0}
		}},
	}
}

// noise is text that does not compress well.
func noise(n int) string {
	var b strings.Builder
	state := uint32(1)
	for b.Len() < n {
		state = state*1664525 + 1013904223
		b.WriteByte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"[state>>26])
	}
	return b.String()
}

func TestCheckFindings(t *testing.T) {
	var b strings.Builder
	for _, tc := range checkCases() {
		t.Run(tc.name, func(t *testing.T) {
			c := newCell(t, tc.o, tc.block)
			c.unused = true
			if tc.group != nil {
				tc.group(&c.group)
			}
			nodes := make([]providers.NodeRequest, 0, max(tc.nodes, 1))
			for i := range max(tc.nodes, 1) {
				nodes = append(nodes, c.request("", i+1).Nodes[0])
			}
			fmt.Fprintf(&b, "== %s\n", tc.name)
			findings, err := c.driver.Check(t.Context(), providers.CheckRequest{ID: c.id, Name: "lab", Nodes: nodes})
			if err != nil {
				fmt.Fprintf(&b, "error (%s): %v\n", c.driver.ErrorKind(err), err)
			}
			for _, f := range findings {
				word := "warning"
				if f.Fatal {
					word = "fatal"
				}
				fmt.Fprintf(&b, "%s [%s] %s\n    %s\n", word, strings.TrimSpace(string(f.Group)+" "+f.Attr), f.Summary, f.Detail)
			}
			if left := c.sim.Inventory(); len(left) > 0 {
				t.Errorf("Check made %+v", left)
			}
		})
	}
	golden(t, "findings.txt", b.String())
}

func TestCheckFindsAWrongClock(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(2*time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<ErrorResponse><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>Signature expired</Message></Error></ErrorResponse>`)
	}))
	defer server.Close()
	d := testDriver(t, testSettings(server.URL))
	_, err := d.Check(t.Context(), providers.CheckRequest{Name: "lab"})
	if d.ErrorKind(err) != providers.Transient || !strings.Contains(err.Error(), "behind AWS's: set it") {
		t.Errorf("kind %s: %v", d.ErrorKind(err), err)
	}
}
