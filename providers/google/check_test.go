package google

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers"
)

// findings checks n nodes of a group.
func findings(t *testing.T, d *Driver, g cluster.Group, image string, n int) []providers.Finding {
	t.Helper()
	all := nodes(g, n)
	for i := range all {
		all[i].Image = image
	}
	got, err := d.Check(t.Context(), providers.CheckRequest{Name: "test", Nodes: all})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestQuotaForTheWholeRequest(t *testing.T) {
	r := newRig(t, sim.Options{Quota: map[string]int{"N2_CPUS": 24, "IN_USE_ADDRESSES": 4}})
	d := r.open(t, nil)
	if got := findings(t, d, groupOf(nil), "debian-12", 4); len(got) != 0 {
		t.Errorf("what fits is refused: %+v", got)
	}
	got := findings(t, d, groupOf(nil), "debian-12", 13)
	want := map[string][]string{
		"machine_type":   {"N2_CPUS", "26 vCPUs are asked for", "0 of 24 are in use", "24 are left"},
		"public_address": {"IN_USE_ADDRESSES", "13 public addresses", "4 are left"},
	}
	for _, f := range got {
		for _, part := range want[f.Attr] {
			if !strings.Contains(f.Summary, part) {
				t.Errorf("%q does not say %q", f.Summary, part)
			}
		}
		if !f.Fatal || f.Group != "compute" || !strings.Contains(f.Detail, "iam-admin/quotas?project=ecluster-sim") {
			t.Errorf("%+v", f)
		}
		delete(want, f.Attr)
	}
	if len(want) > 0 {
		t.Errorf("missing %v in %+v", want, got)
	}
}

func TestCheckFindsWrongNames(t *testing.T) {
	r := newRig(t, sim.Options{})
	d := r.open(t, nil)
	for name, test := range map[string]struct {
		group func(*cluster.Group)
		image string
		attr  string
		says  string
	}{
		"machine type": {func(g *cluster.Group) { g.MachineType = "n2-standard-3" }, "debian-12", "machine_type", "n2-standard-3"},
		"zone":         {func(g *cluster.Group) { g.Settings = map[string]any{"zones": []any{"mars-north1-a"}} }, "debian-12", "zones", "mars-north1-a"},
		"image":        {func(*cluster.Group) {}, "debian-122", "image", "debian-122"},
		"family":       {func(*cluster.Group) {}, "family/none", "image", "image family"},
		"architecture": {func(g *cluster.Group) { g.MachineType = "t2a-standard-2" }, "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64", "image", "ARM64"},
		"small disk":   {func(g *cluster.Group) { g.BootDisk = &cluster.Disk{SizeGB: 1} }, "debian-12", "boot_disk", "1 GB"},
		"accelerator": {func(g *cluster.Group) {
			g.MachineType = "n1-standard-2"
			g.GPU = &cluster.GPU{Type: "nvidia-none", Count: 1}
		}, "debian-12", "gpu", "nvidia-none"},
		"no place for": {func(g *cluster.Group) { g.GPU = &cluster.GPU{Type: "nvidia-tesla-t4", Count: 1} }, "debian-12", "gpu", "attached"},
		"user data":    {func(g *cluster.Group) { g.Settings = map[string]any{"user_data": "packages: [x]"} }, "debian-12", "user_data", "cloud-init"},
	} {
		g := groupOf(nil)
		test.group(&g)
		got := findings(t, d, g, test.image, 1)
		found := false
		for _, f := range got {
			found = found || f.Fatal && f.Group == "compute" && f.Attr == test.attr && strings.Contains(f.Summary, test.says) && f.Detail != ""
		}
		if !found {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestCheckOfTheProvider(t *testing.T) {
	for name, test := range map[string]struct {
		settings map[string]any
		denied   []string
		says     []string
	}{
		"wrong project":    {settings: map[string]any{"project": "no-such-project"}, says: []string{"no-such-project"}},
		"wrong token":      {settings: map[string]any{"access_token": "hunter2"}, says: []string{"gcloud auth application-default login"}},
		"wrong network":    {settings: map[string]any{"network": "nowhere"}, says: []string{"nowhere", "network"}},
		"wrong subnetwork": {settings: map[string]any{"network": "default", "subnetwork": "nowhere"}, says: []string{"nowhere"}},
		"no permission":    {denied: []string{"compute.machineTypes.get"}, says: []string{"compute.machineTypes.get", "docs/providers/google.md"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, sim.Options{Denied: test.denied})
			got := findings(t, r.open(t, test.settings), groupOf(nil), "debian-12", 1)
			fatal := slices.IndexFunc(got, func(f providers.Finding) bool { return f.Fatal })
			if fatal < 0 {
				t.Fatalf("%+v", got)
			}
			text := got[fatal].Summary + " " + got[fatal].Detail
			for _, part := range test.says {
				if !strings.Contains(text, part) {
					t.Errorf("%q does not say %q", text, part)
				}
			}
			if strings.Contains(text, "hunter2") {
				t.Errorf("it shows the token: %s", text)
			}
		})
	}
}

func TestCheckWarnsOfOpenNetworks(t *testing.T) {
	for want, f := range map[bool]compute.Firewall{
		true: {SourceRanges: []string{"0.0.0.0/0"}, Allowed: []*compute.FirewallAllowed{{IPProtocol: "tcp", Ports: []string{"22"}}}},
		false: {
			SourceRanges: []string{"0.0.0.0/0"}, TargetTags: []string{"web"},
			Allowed: []*compute.FirewallAllowed{{IPProtocol: "all"}},
		},
	} {
		if got := opensSSH(&f); got != want {
			t.Errorf("%+v: %v", f, got)
		}
	}
	r := newRig(t, sim.Options{})
	got := findings(t, r.open(t, map[string]any{"network": "default"}), groupOf(nil), "debian-12", 1)
	if len(got) != 1 || got[0].Fatal || !strings.Contains(got[0].Summary, "default-allow-ssh") {
		t.Errorf("%+v", got)
	}
}

func TestGPUGroupsBoot(t *testing.T) {
	r := newRig(t, sim.Options{})
	c := portable(t, r.open(t, nil))
	g := groupOf(nil)
	g.MachineType, g.GPU = "n1-standard-2", &cluster.GPU{Type: "nvidia-tesla-t4", Count: 2}
	prepared(t, c, g)
	if got := launched(t, c, nodes(g, 1)); len(got.launched) != 1 {
		t.Fatalf("refused %v", got.refused)
	}
	if list, err := c.List(t.Context(), testID); err != nil || len(list) != 1 || list[0].Shape.GPUs != 2 {
		t.Errorf("%+v, error %v", list, err)
	}
	destroyed(t, c)
}
