package google

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers"
)

func TestPausedMachinesComeBack(t *testing.T) {
	r := newRig(t, sim.Options{OperationTime: 5 * time.Millisecond})
	d := r.open(t, nil)
	c := portable(t, d)
	g := groupOf(map[string]any{"local_ssd": 1.0})
	prepared(t, c, g)
	id := launched(t, c, nodes(g, 1)).launched["compute001"]
	reach := func(state cluster.InstanceState) {
		t.Helper()
		for range 500 {
			list, err := c.List(t.Context(), testID)
			if err == nil && len(list) == 1 && list[0].State == state {
				return
			}
			if err := pause(t.Context(), 5*time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		t.Fatalf("it does not become %s", state)
	}
	reach(cluster.InstanceRunning)
	for range 2 {
		if refused, err := d.Pause(t.Context(), testID, []cluster.InstanceID{id}); err != nil || len(refused) > 0 {
			t.Fatal(refused, err)
		}
		reach(cluster.InstanceStopped)
	}
	for range 2 {
		if refused, err := d.Resume(t.Context(), testID, []cluster.InstanceID{id}); err != nil || len(refused) > 0 {
			t.Fatal(refused, err)
		}
		reach(cluster.InstanceRunning)
	}
	destroyed(t, c)
}

func TestPrivateNodesHaveNATAndNoPublicAddress(t *testing.T) {
	r := newRig(t, sim.Options{})
	d := r.open(t, nil)
	c := portable(t, d)
	g := groupOf(map[string]any{"public_address": false, "placement": "compact"})
	g.MachineType = "c2-standard-4"
	prepared(t, c, g)
	launched(t, c, nodes(g, 1))
	if !slices.ContainsFunc(r.inventory(testID), func(s string) bool { return strings.HasPrefix(s, "router ") }) {
		t.Errorf("there is no router: %q", r.inventory(testID))
	}
	list, err := c.List(t.Context(), testID)
	if err != nil || len(list) != 1 || list[0].PublicIP != "" || len(list[0].Endpoints) != 1 || list[0].Endpoints[0].Host != list[0].PrivateIP {
		t.Errorf("%+v, error %v", list, err)
	}
	if list[0].Shape.CPUs != 4 || list[0].Shape.Memory != 16*cluster.GiB {
		t.Errorf("shape %+v", list[0].Shape)
	}
	destroyed(t, c)
}

func TestAnExistingNetworkStays(t *testing.T) {
	r := newRig(t, sim.Options{})
	c := portable(t, r.open(t, map[string]any{"network": "default"}))
	g := groupOf(map[string]any{
		"nic_type": "GVNIC", "network_tier": "STANDARD", "tags": []any{"mine"}, "service_account": "default",
		"disks": []any{map[string]any{"size_gb": 20.0, "type": "pd-ssd"}},
	})
	prepared(t, c, g)
	if got := launched(t, c, nodes(g, 1)); len(got.launched) != 1 {
		t.Fatalf("refused %v", got.refused)
	}
	for _, what := range r.inventory(testID) {
		if strings.HasPrefix(what, "network ") || strings.HasPrefix(what, "subnetwork ") {
			t.Errorf("there is a %s", what)
		}
	}
	destroyed(t, c)
}

func TestAdmitReplacesTheNetworks(t *testing.T) {
	r := newRig(t, sim.Options{})
	d := r.open(t, nil)
	c := portable(t, d)
	prepared(t, c, groupOf(nil))
	a, err := d.client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range [][]string{{"198.51.100.1/32", "192.0.2.0/24"}, {"2001:db8::/32", "203.0.113.5/32"}} {
		if err := d.Admit(t.Context(), testID, cluster.Network{SSHFrom: from}); err != nil {
			t.Fatal(err)
		}
		rule, err := a.Firewalls.Get(a.project, sshRule(testID)).Do()
		if err != nil || !slices.Equal(sorted(rule.SourceRanges), ipv4(from)) {
			t.Errorf("%v: %v, error %v", from, rule, err)
		}
	}
	for range 2 {
		if err := d.Admit(t.Context(), testID, cluster.Network{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Firewalls.Get(a.project, sshRule(testID)).Do(); !isKind(err, providers.NotFound) {
		t.Errorf("the rule still lets somebody in: %v", err)
	}
	destroyed(t, c)
}

func TestOrphansAndIdentity(t *testing.T) {
	r := newRig(t, sim.Options{})
	d := r.open(t, nil)
	c := portable(t, d)
	g := groupOf(nil)
	prepared(t, c, g)
	launched(t, c, nodes(g, 2))
	refs, err := d.Clusters(t.Context())
	if err != nil || len(refs) != 1 || refs[0].ID != testID || refs[0].Name != "test" || refs[0].Machines != 2 ||
		!slices.Contains(refs[0].Resources, "network ecluster-x1-net") {
		t.Errorf("%+v, error %v", refs, err)
	}
	if who, err := d.Identity(t.Context()); err != nil || who.ID == "" || !strings.Contains(who.Words, "ecluster-sim") {
		t.Errorf("%+v, error %v", who, err)
	}
	destroyed(t, c)
}

func TestBake(t *testing.T) {
	r := newRig(t, sim.Options{OperationTime: 5 * time.Millisecond})
	d := r.open(t, nil)
	c := portable(t, d)
	g := groupOf(nil)
	prepared(t, c, g)
	id := launched(t, c, nodes(g, 1)).launched["compute001"]
	image, err := d.Bake(t.Context(), providers.BakeRequest{
		ID: testID, Instance: id, Name: "slurm-1", Labels: map[string]string{"ecluster-recipe": "sha256:AB"}, Progress: func(string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	again := nodes(g, 1)
	again[0].Name, again[0].Image = "compute002", image
	if got := launched(t, c, again); len(got.launched) != 1 {
		t.Errorf("the image does not boot: %v", got.refused)
	}
	destroyed(t, c)
	for range 2 {
		if err := d.DeleteImage(t.Context(), image); err != nil {
			t.Error(err)
		}
	}
	if err := d.DeleteImage(t.Context(), "projects/debian-cloud/global/images/x"); d.ErrorKind(err) != providers.Invalid {
		t.Errorf("somebody else's image: %v", err)
	}
}

func TestReclaimedSpotMachines(t *testing.T) {
	script := sim.NewScript()
	script.Doom(sim.Fate{Node: "compute001", Event: sim.Reclaim})
	r := newRig(t, sim.Options{Script: script, OperationTime: 50 * time.Millisecond})
	c := portable(t, r.open(t, nil))
	g := groupOf(nil)
	g.Spot = true
	prepared(t, c, g)
	launched(t, c, nodes(g, 1))
	down, err := c.WaitDown(t.Context(), testID, "compute001")
	if err != nil || !strings.Contains(down.Reason, "spot") && down.State != cluster.InstanceGone {
		t.Errorf("%+v, error %v", down, err)
	}
	destroyed(t, c)
}
