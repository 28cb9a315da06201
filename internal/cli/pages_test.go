package cli

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/scheduler"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/internal/ui"
)

// goldenFile compares with a file below testdata; go test -update writes it.
func goldenFile(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// The tables of daily use, on a terminal of 80 columns and on one of 40, with
// everything that a cluster in a cloud can have.
func TestPages(t *testing.T) {
	t.Parallel()
	left, over := int64(9*3600), int64(0)
	began := time.Now().Add(-3*time.Hour - 2*time.Minute - 30*time.Second)
	vitals := state.Vitals{
		AgeSeconds: 3*3600 + 150, TTLLeftSeconds: &left,
		Cost: &state.Cost{PerHour: 12.4, SoFar: 37.613, Currency: "USD", Unpriced: 1},
	}
	clusters := clusterList{
		{Name: "gce", Provider: "google", Status: "active", Nodes: 41, Ready: 40, Created: began, Vitals: vitals},
		{Name: "a-cluster-with-a-long-name", Provider: "docker", Status: "stopping", Nodes: 3, Created: began, Vitals: state.Vitals{TTLLeftSeconds: &over}},
		{Name: "old", Status: "damaged", Error: "read state old: it is damaged"},
	}
	status := &engine.Status{
		Cluster: "gce", Vitals: vitals, Nodes: map[cluster.Phase]int{cluster.Ready: 40, cluster.Failed: 1},
		Queue: &scheduler.Queue{Running: 12, Pending: 503, Reasons: map[string]int{"Resources": 3, "Priority": 490, "QOSMaxCpuPerUserLimit": 10}},
		Workers: []scheduler.NodeStatus{
			{Name: "compute001", State: scheduler.Busy, CPUs: 8, AllocCPUs: 8, Jobs: 12},
			{Name: "compute002", State: scheduler.Drained, CPUs: 8, Reason: "ecluster: it is to be removed, because its machine will be taken back soon"},
		},
		Trouble: "connect frontend001: no answer within 30s", Answered: began,
	}
	st := &state.State{Name: "gce", Bill: state.Bill{Currency: "USD"}}
	nodes := nodeList{Nodes: []cluster.Node{
		{Name: "frontend001", Group: "frontend", Phase: cluster.Ready, PrivateIP: "10.128.0.2", Endpoints: []cluster.Endpoint{{Host: "203.0.113.7", Port: 22}}, Shape: cluster.Shape{CPUs: 2, Memory: 8 * cluster.GiB}, Created: began, Meter: cluster.Meter{PerHour: 0.1, Spent: 0.3}},
		{Name: "compute001", Group: "compute", Phase: cluster.Failed, PrivateIP: "10.128.0.3", Shape: cluster.Shape{CPUs: 96, Memory: 512 * cluster.GiB}, Created: began, Error: "set up: slurm-worker/join failed"},
	}}
	var out strings.Builder
	for _, width := range []int{80, 40} {
		s := ui.Streams{Out: &out, OutTTY: true, Unicode: true, Width: func() int { return width }}
		for _, page := range []func(ui.Page) error{
			func(p ui.Page) error { return listPage(p, clusters) },
			func(p ui.Page) error { return listPage(p, clusters[1:2]) },
			func(p ui.Page) error { return nodesPage(p, st, nodes) },
			func(p ui.Page) error { return statusPage(p, status) },
		} {
			fmt.Fprintf(&out, "---%s\n", strings.Repeat("-", width-3))
			if err := page(s.NewPage()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for l := range strings.Lines(out.String()) {
		if w := ansi.StringWidth(strings.TrimSuffix(l, "\n")); w > 80 {
			t.Errorf("%d columns: %s", w, l)
		}
	}
	goldenFile(t, "pages.txt", out.String())
}
