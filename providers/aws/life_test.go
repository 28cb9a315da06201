package aws

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/sim"
	simaws "github.com/ecluster/ecluster/internal/sim/aws"
	"github.com/ecluster/ecluster/providers"
)

// cell is one cluster in a simulated EC2.
type cell struct {
	sim    *simaws.Cloud
	driver *Driver
	cloud  *providers.Cloud
	id     cluster.ID
	group  cluster.Group
	unused bool // there is nothing to destroy
}

// newCell opens a cluster that is destroyed when the test ends. more are
// settings of the provider block.
func newCell(t *testing.T, o sim.Options, more map[string]any) *cell {
	t.Helper()
	s, url := simulated(t, o)
	values := s.Settings(url)
	maps.Copy(values, more)
	d := testDriver(t, values)
	c := &cell{
		sim: s, driver: d, id: "t1", group: cluster.Group{Name: "compute", MachineType: "c7i.large", Image: "debian-13"},
		cloud: providers.New(d, providers.Options{PollMin: time.Millisecond, Notify: func(what string) { t.Log(what) }}),
	}
	t.Cleanup(func() {
		if c.unused {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
		defer cancel()
		if err := c.cloud.Destroy(ctx, providers.DestroyRequest{ID: c.id}); err != nil {
			t.Errorf("destroy: %v", err)
		}
	})
	return c
}

func (c *cell) prepare(t *testing.T, from ...string) {
	t.Helper()
	err := c.driver.Prepare(t.Context(), providers.PrepareRequest{
		ID: c.id, Name: "lab", Groups: []cluster.Group{c.group}, Network: cluster.Network{SSHFrom: from},
		Progress: func(string, string) {},
	})
	if err != nil {
		t.Fatalf("Prepare: %v", err)
	}
}

func (c *cell) request(token string, indexes ...int) providers.LaunchRequest {
	req := providers.LaunchRequest{ID: c.id, Name: "lab", Token: token, Access: testAccess}
	for _, i := range indexes {
		req.Nodes = append(req.Nodes, providers.NodeRequest{Name: cluster.NewNodeName(c.group.Name, i), Group: c.group, Image: c.group.Image})
	}
	return req
}

func (c *cell) launch(t *testing.T, req providers.LaunchRequest) []cluster.InstanceID {
	t.Helper()
	results, err := c.driver.Launch(t.Context(), req)
	if err != nil {
		t.Fatalf("Launch: %v", err)
	}
	var ids []cluster.InstanceID
	for _, r := range results {
		if r.Err != nil {
			t.Fatalf("Launch of %s: %v", r.Node, r.Err)
		}
		ids = append(ids, r.Instance)
	}
	return ids
}

// nodes lists the machines that exist as "compute001 running".
func (c *cell) nodes(t *testing.T) []string {
	t.Helper()
	list, err := c.driver.List(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, i := range list {
		if i.State != cluster.InstanceGone {
			out = append(out, fmt.Sprintf("%s %s", i.Node, i.State))
		}
	}
	slices.Sort(out)
	return out
}

func (c *cell) wait(t *testing.T, want ...cluster.NodeName) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := c.cloud.WaitRunning(ctx, c.id, want, func(i cluster.Instance) {
		if i.State != cluster.InstanceRunning {
			t.Errorf("%s is %s: %s", i.Node, i.State, i.Reason)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// kinds counts what exists, by kind.
func (c *cell) kinds() map[string]int {
	out := map[string]int{}
	for _, r := range c.sim.Inventory() {
		out[r.Kind]++
	}
	return out
}

func TestOwnNetworkComesAndGoes(t *testing.T) {
	c := newCell(t, sim.Options{}, map[string]any{"vpc": "new"})
	c.group.Settings = map[string]any{"placement": "cluster", "zones": []any{"us-east-1b", "us-east-1a"}}
	c.prepare(t, "192.0.2.7/32", "2001:db8::/64")
	c.prepare(t, "192.0.2.7/32", "2001:db8::/64")
	before := c.kinds()
	c.wait(t, nodesOf(c.launch(t, c.request("a1", 1, 2)), "compute001", "compute002")...)
	t.Log(before)
	if before["vpc"] != 1 || before["subnet"] != 2 || before["internet-gateway"] != 1 || before["placement-group"] != 1 {
		t.Errorf("Prepare made %v", before)
	}
}

func nodesOf(_ []cluster.InstanceID, names ...cluster.NodeName) []cluster.NodeName { return names }

func TestNamesByLaunchIndex(t *testing.T) {
	script := sim.NewScript()
	c := newCell(t, sim.Options{Script: script}, nil)
	c.prepare(t)
	script.Inject(sim.Fault{Op: "RunInstances", Short: 2})
	results, err := c.driver.Launch(t.Context(), c.request("a1", 1, 3, 4))
	if err != nil {
		t.Fatal(err)
	}
	if results[1].Instance == "" || results[2].Err == nil || c.driver.ErrorKind(results[2].Err) != providers.Capacity {
		t.Errorf("results %+v", results)
	}
	c.launch(t, c.request("a2", 4))
	c.until(t, "compute001 running", "compute003 running", "compute004 running")
	// The first of a batch goes; the others keep their names.
	if _, err := c.driver.Terminate(t.Context(), c.id, []cluster.InstanceID{results[0].Instance}); err != nil {
		t.Fatal(err)
	}
	c.until(t, "compute003 running", "compute004 running")
}

func TestAdmitOpensBeforeItCloses(t *testing.T) {
	c := newCell(t, sim.Options{}, nil)
	c.prepare(t, "192.0.2.7/32", "198.51.100.0/24")
	c.prepare(t, "192.0.2.7/32", "198.51.100.0/24")
	want := cluster.Network{SSHFrom: []string{"198.51.100.9/24", "203.0.113.5/32", "2001:db8::1/64"}}
	for range 2 {
		if err := c.driver.Admit(t.Context(), c.id, want); err != nil {
			t.Fatal(err)
		}
	}
	group, err := c.driver.securityGroup(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range admitted(group) {
		got = append(got, p.String())
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"198.51.100.0/24", "2001:db8::/64", "203.0.113.5/32"}, got); diff != "" {
		t.Errorf("admitted (-want +got)\n%s", diff)
	}
	var ops []string
	for _, e := range c.sim.Log().Entries("AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress") {
		ops = append(ops, e.Op[:4])
	}
	if diff := cmp.Diff([]string{"Auth", "Auth", "Auth", "Revo"}, ops); diff != "" { // inside, SSH, then the change
		t.Errorf("requests (-want +got)\n%s", diff)
	}
}

func TestPauseAndResume(t *testing.T) {
	c := newCell(t, sim.Options{}, nil)
	c.prepare(t)
	ids := c.launch(t, c.request("a1", 1, 2))
	c.wait(t, "compute001", "compute002")
	for range 2 {
		if refused, err := c.driver.Pause(t.Context(), c.id, ids); err != nil || len(refused) > 0 {
			t.Fatalf("Pause: %v, %v", refused, err)
		}
	}
	c.until(t, "compute001 stopped", "compute002 stopped")
	for range 2 {
		if refused, err := c.driver.Resume(t.Context(), c.id, ids); err != nil || len(refused) > 0 {
			t.Fatalf("Resume: %v, %v", refused, err)
		}
	}
	c.until(t, "compute001 running", "compute002 running")
}

// until waits for a listing.
func (c *cell) until(t *testing.T, want ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for !slices.Equal(c.nodes(t), want) {
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			t.Fatalf("nodes %q, want %q", c.nodes(t), want)
		}
	}
}

func TestSpotCantBePaused(t *testing.T) {
	c := newCell(t, sim.Options{}, nil)
	c.group.Spot = true
	c.group.Settings = map[string]any{"max_price": 0.5}
	c.prepare(t)
	ids := c.launch(t, c.request("a1", 1, 2))
	c.wait(t, "compute001", "compute002")
	refused, err := c.driver.Pause(t.Context(), c.id, ids)
	if err != nil || len(refused) != 2 {
		t.Fatalf("Pause: %v, %v", refused, err)
	}
	for _, err := range refused {
		if c.driver.ErrorKind(err) != providers.Invalid || !strings.Contains(err.Error(), "UnsupportedOperation") {
			t.Errorf("refused with %v", err)
		}
	}
	if err := c.sim.Strike("compute002", sim.Fate{Event: sim.Reclaim}); err != nil {
		t.Fatal(err)
	}
	c.until(t, "compute001 running")
	list, err := c.driver.List(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		if i.Node == "compute002" && !strings.Contains(i.Reason, "took the spot machine back") {
			t.Errorf("reason %q", i.Reason)
		}
	}
}

func TestBakeAndDelete(t *testing.T) {
	c := newCell(t, sim.Options{}, nil)
	c.prepare(t)
	ids := c.launch(t, c.request("a1", 1))
	c.wait(t, "compute001")
	image, err := c.driver.Bake(t.Context(), providers.BakeRequest{
		ID: c.id, Instance: ids[0], Name: "baked-1", Labels: map[string]string{"recipe": "abc"}, Progress: func(string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	if k := c.kinds(); k["image"] != 1 || k["snapshot"] == 0 {
		t.Errorf("there is %v", k)
	}
	c.group.Image = image
	c.launch(t, c.request("a2", 2))
	for range 2 {
		if err := c.driver.DeleteImage(t.Context(), image); err != nil {
			t.Fatal(err)
		}
	}
	if k := c.kinds(); k["image"] != 0 || k["snapshot"] != 0 {
		t.Errorf("DeleteImage left %v", k)
	}
}

func TestClustersAreFound(t *testing.T) {
	c := newCell(t, sim.Options{}, nil)
	c.prepare(t)
	c.launch(t, c.request("a1", 1, 2))
	got, err := c.driver.Clusters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].ID != "t1" || got[0].Name != "lab" || got[0].Machines != 2 || len(got[0].Resources) != 1 {
		t.Errorf("found %+v", got)
	}
	identity, err := c.driver.Identity(t.Context())
	if err != nil || !strings.HasPrefix(identity.ID, "aws:") || !strings.HasSuffix(identity.ID, ":us-east-1") {
		t.Errorf("identity %+v, %v", identity, err)
	}
	if _, err := c.driver.Price(t.Context(), c.request("", 1).Nodes); err != nil {
		t.Error(err)
	}
	if text, err := c.driver.Console(t.Context(), c.id, c.launch(t, c.request("a3", 3))[0]); err != nil {
		t.Errorf("console %q, %v", text, err)
	}
}

// TestRequestsOfABigStart: 25 nodes are three launches and no request a node.
func TestRequestsOfABigStart(t *testing.T) {
	c := newCell(t, sim.Options{}, nil)
	c.prepare(t)
	before := len(c.sim.Log().Entries())
	hooks := &launchHooks{t: t}
	req := c.request("", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25)
	if err := c.cloud.Launch(t.Context(), providers.LaunchPlan{ID: c.id, Name: "lab", Nodes: req.Nodes, Access: testAccess}, hooks); err != nil {
		t.Fatal(err)
	}
	var counts []int
	for _, e := range c.sim.Log().Entries("RunInstances") {
		counts = append(counts, e.Count)
	}
	if diff := cmp.Diff([]int{10, 10, 5}, counts); diff != "" {
		t.Errorf("machines a launch (-want +got)\n%s", diff)
	}
	if n := len(c.sim.Log().Entries()) - before; n > 3+4 {
		t.Errorf("%d requests for 25 nodes", n)
	}
	if len(c.sim.Log().Entries("CreateTags")) > 0 {
		t.Error("there are requests for tags")
	}
	if got := c.nodes(t); len(got) != 25 {
		t.Errorf("%d machines", len(got))
	}
}

type launchHooks struct{ t *testing.T }

func (launchHooks) Intend(context.Context, string, []cluster.NodeName) error { return nil }
func (launchHooks) Launched(cluster.NodeName, cluster.InstanceID)            {}
func (h launchHooks) Refused(n cluster.NodeName, err *providers.Error)       { h.t.Errorf("%s: %v", n, err) }
func (launchHooks) Settled(context.Context, string) error                    { return nil }
