package docker

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

func TestCheckFindings(t *testing.T) {
	_, d := newStub(t, map[string]http.HandlerFunc{
		"GET /images/" + mustRecipe(t, "debian-13").ref("") + "/json": reply(`{"Id":"sha256:1"}`),
		"GET /distribution/lab/node:1/json":                           refuse(http.StatusForbidden, "denied"),
	})
	for _, tc := range []struct {
		name  string
		spoil func(*providers.NodeRequest)
		fatal bool
		attr  string
		text  string
	}{
		{"good", func(*providers.NodeRequest) {}, false, "", ""},
		{"cpus", func(n *providers.NodeRequest) { n.Group.Settings = map[string]any{"cpus": 8.0} }, true, "cpus", "the engine has 4"},
		{"memory", func(n *providers.NodeRequest) { n.Group.Settings = map[string]any{"memory": "9GB"} }, true, "memory", "the engine has 8GB"},
		{"gpu", func(n *providers.NodeRequest) { n.Group.GPU = &cluster.GPU{Count: 1} }, true, "gpu", "no GPU runtime"},
		{"machine type", func(n *providers.NodeRequest) { n.Group.MachineType = "e2" }, false, "machine_type", "ignored"},
		{"image", func(n *providers.NodeRequest) { n.Image = "lab/node:1" }, true, "image", `no image "lab/node:1"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n := nodeRequest("compute001")
			n.Group.Needs = cluster.Needs{}
			tc.spoil(&n)
			findings, err := d.Check(t.Context(), providers.CheckRequest{Nodes: []providers.NodeRequest{n, n}})
			if err != nil {
				t.Fatal(err)
			}
			var found bool
			for _, f := range findings {
				found = found || f.Attr == tc.attr && f.Fatal == tc.fatal && f.Group == "compute" &&
					strings.Contains(f.Summary, tc.text) && f.Detail != ""
				if f.Fatal && !tc.fatal {
					t.Errorf("unexpected fatal finding %+v", f)
				}
			}
			if found != (tc.text != "") {
				t.Errorf("findings %+v", findings)
			}
		})
	}
}

// TestCheckDevices is about devices of the engine's machine, which only a
// process that sees its files can miss.
func TestCheckDevices(t *testing.T) {
	g := nodeRequest("compute001").Group
	g.Needs = cluster.Needs{Devices: []string{"/dev/nothing-of-ours"}}
	facts := engineFacts{local: true, root: t.TempDir(), size: cluster.Shape{CPUs: 64, Memory: cluster.TiB}}
	f := checkGroup(facts, g)
	if len(f) != 1 || f[0].Fatal || !strings.Contains(f[0].Summary, "/dev/nothing-of-ours") {
		t.Errorf("a device that is missing: %+v", f)
	}
	facts.root += "/elsewhere"
	if f := checkGroup(facts, g); len(f) != 0 {
		t.Errorf("from within a container: %+v", f)
	}
}

func TestCheckMemorySum(t *testing.T) {
	facts := engineFacts{size: cluster.Shape{Memory: 4 * cluster.GiB}}
	n := nodeRequest("compute001") // 2 GB
	if f := checkMemorySum(facts, []providers.NodeRequest{n, n}); len(f) != 0 {
		t.Errorf("two nodes fit: %+v", f)
	}
	f := checkMemorySum(facts, []providers.NodeRequest{n, n, n})
	if len(f) != 1 || f[0].Fatal || !strings.Contains(f[0].Summary, "6GB") {
		t.Errorf("three nodes don't: %+v", f)
	}
}

func TestGroupSettings(t *testing.T) {
	for _, tc := range []struct {
		check func(any) error
		value any
		ok    bool
	}{
		{checkCPUs, 0.5, true},
		{checkCPUs, 0.0, false},
		{checkCPUs, -1.0, false},
		{checkMemory, "2GB", true},
		{checkMemory, "64MB", false},
		{checkMemory, "much", false},
		{checkBytes, "64MB", true},
		{checkBytes, "-1", false},
	} {
		if err := tc.check(tc.value); (err == nil) != tc.ok {
			t.Errorf("%v: %v", tc.value, err)
		}
	}
}

func mustRecipe(t *testing.T, image string) recipe {
	t.Helper()
	r, ok := recipeFor(image)
	if !ok {
		t.Fatalf("no recipe for %q", image)
	}
	return r
}
