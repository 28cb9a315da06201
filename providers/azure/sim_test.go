package azure

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources/v3"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers"
)

// tenant is one cluster on a simulation.
type tenant struct {
	*simulation
	t     *testing.T
	d     *Driver
	cloud *providers.Cloud
	hooks hooks
}

func (s *simulation) tenant(t *testing.T, d *Driver) *tenant {
	t.Helper()
	n := &tenant{simulation: s, t: t, d: d}
	n.cloud = providers.New(d, providers.Options{
		ConsistencyDelay: testDelay, Budget: 5 * time.Second, PollMin: 10 * time.Millisecond, PollMax: 50 * time.Millisecond,
		Sleep: func(ctx context.Context, d time.Duration) error { return pause(ctx, min(d, 100*time.Millisecond)) },
	})
	t.Cleanup(n.destroy)
	return n
}

func (n *tenant) destroy() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(n.t.Context()), 20*time.Second)
	defer cancel()
	if err := n.cloud.Destroy(ctx, providers.DestroyRequest{ID: "x1"}); err != nil {
		n.t.Errorf("Destroy: %v", err)
	}
	if left := n.inventory("x1"); len(left) > 0 {
		n.t.Errorf("Destroy left %q", left)
	}
}

func (n *tenant) prepare(groups ...cluster.Group) {
	n.t.Helper()
	err := n.cloud.Prepare(n.t.Context(), providers.PrepareRequest{
		ID: "x1", Name: "test", Groups: groups, Network: cluster.Network{SSHFrom: []string{"192.0.2.7/32", "2001:db8::7/128"}},
	})
	if err != nil {
		n.t.Fatal(err)
	}
}

// start launches nodes and waits until they run.
func (n *tenant) start(expires time.Time, nodes ...providers.NodeRequest) []cluster.Instance {
	n.t.Helper()
	plan := providers.LaunchPlan{ID: "x1", Name: "test", Nodes: nodes, Access: realAccess, Expires: expires}
	if err := n.cloud.Launch(n.t.Context(), plan, &n.hooks); err != nil {
		n.t.Fatal(err)
	}
	var names []cluster.NodeName
	for _, r := range nodes {
		if !slices.Contains(n.hooks.log, string(r.Name)+" launched") {
			n.t.Fatalf("%s was not launched: %q", r.Name, n.hooks.log)
		}
		names = append(names, r.Name)
	}
	var list []cluster.Instance
	ctx, cancel := context.WithTimeout(n.t.Context(), 20*time.Second)
	defer cancel()
	err := n.cloud.WaitRunning(ctx, "x1", names, func(i cluster.Instance) {
		if i.State != cluster.InstanceRunning {
			n.t.Errorf("%s is %s: %s", i.Node, i.State, i.Reason)
		}
		list = append(list, i)
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return list
}

func numbered(count int, change ...func(*providers.NodeRequest)) []providers.NodeRequest {
	var out []providers.NodeRequest
	for i := range count {
		out = append(out, node(cluster.NewNodeName("compute", i+1), change...))
	}
	return out
}

func TestTwentyFiveNodesCostTwentyFiveCreatesAndAConstant(t *testing.T) {
	t.Parallel()
	s := simulate(t, sim.Options{OperationTime: 100 * time.Millisecond, BootTime: 100 * time.Millisecond, Latency: 5 * time.Millisecond})
	n := s.tenant(t, s.open(t, nil))
	nodes := numbered(25)
	n.prepare(nodes[0].Group)
	for _, i := range n.start(time.Time{}, nodes...) {
		if i.PublicIP == "" || i.PrivateIP == "" || i.Endpoints[0].Host != i.PublicIP || i.Shape.CPUs != 2 {
			t.Errorf("%+v", i)
		}
	}
	const put = "VirtualMachinesClient.BeginCreateOrUpdate"
	if puts := len(s.cloud.Log().Entries(put)); puts != 25 {
		t.Errorf("%d creates", puts)
	}
	if flying := s.cloud.Log().Highest(put); flying < 5 || flying > 10 {
		t.Errorf("%d creates were unanswered at once", flying)
	}
	for _, e := range s.cloud.Log().Entries() {
		if e.Op != put && len(e.Nodes) > 0 {
			t.Errorf("%s concerns %q alone", e.Op, e.Nodes)
		}
	}
}

func TestPrivateNodesGetAWayOut(t *testing.T) {
	t.Parallel()
	s := simulate(t, sim.Options{})
	n := s.tenant(t, s.open(t, schema.Values{"public_address": false}))
	front := node("frontend001", func(r *providers.NodeRequest) { r.Frontend = true })
	n.prepare(front.Group, node("compute001").Group)
	if !slices.ContainsFunc(n.inventory("x1"), func(r string) bool { return strings.Contains(r, "ecluster-x1-nat ") }) {
		t.Errorf("no NAT gateway in %q", n.inventory("x1"))
	}
	for _, i := range n.start(time.Time{}, front, node("compute001")) {
		if (i.PublicIP != "") != (i.Node == "frontend001") || len(i.Endpoints) == 0 {
			t.Errorf("%+v", i)
		}
	}
}

func TestExistingResourceGroupAndSubnetStay(t *testing.T) {
	t.Parallel()
	s := simulate(t, sim.Options{})
	d := s.open(t, schema.Values{"resource_group": "physics", "subnet": "/subscriptions/" + s.open(t, nil).config.subscription +
		"/resourceGroups/physics/providers/Microsoft.Network/virtualNetworks/campus/subnets/lab"})
	ctx := t.Context()
	if _, err := d.api.groups.CreateOrUpdate(ctx, "physics", armresources.ResourceGroup{Location: new(d.config.location)}, nil); err != nil {
		t.Fatal(err)
	}
	op, err := d.api.vnets.BeginCreateOrUpdate(ctx, "physics", "campus", armnetwork.VirtualNetwork{
		Location: new(d.config.location),
		Properties: &armnetwork.VirtualNetworkPropertiesFormat{
			AddressSpace: &armnetwork.AddressSpace{AddressPrefixes: []*string{new("10.0.0.0/16")}},
			Subnets:      []*armnetwork.Subnet{{Name: new("lab"), Properties: &armnetwork.SubnetPropertiesFormat{AddressPrefix: new("10.0.1.0/24")}}},
		},
	}, nil)
	if _, err := finish(ctx, d, op, err); err != nil {
		t.Fatal(err)
	}
	n := s.tenant(t, d)
	near := func(r *providers.NodeRequest) { r.Group.Settings["placement"] = placementProximity }
	nodes := numbered(2, near, func(r *providers.NodeRequest) { r.Group.Settings["disks"] = []any{map[string]any{"size_gb": 4.0}} })
	n.prepare(nodes[0].Group)
	n.start(time.Now().Add(2*time.Hour), nodes...)
	n.destroy()
	var left []string
	for _, r := range s.cloud.Inventory() {
		left = append(left, r.Name)
	}
	slices.Sort(left)
	if got := strings.Join(left, " "); !strings.Contains(got, "physics") || !strings.Contains(got, "campus") || strings.Contains(got, "x1") {
		t.Errorf("left: %q", left)
	}
	gone, err := d.api.groups.BeginDelete(ctx, "physics", nil)
	if _, err := finish(ctx, d, gone, err); err != nil {
		t.Fatal(err)
	}
}

func TestStockOutMovesToTheNextZone(t *testing.T) {
	t.Parallel()
	s := simulate(t, sim.Options{Stock: map[string]int{"1/Standard_D2s_v5": 1}, OperationTime: 10 * time.Millisecond})
	n := s.tenant(t, s.open(t, schema.Values{"zones": []any{"1", "2"}}))
	nodes := numbered(3)
	n.prepare(nodes[0].Group)
	if list := n.start(time.Time{}, nodes...); len(list) != 3 {
		t.Errorf("%d machines", len(list))
	}
}

func TestLateFailureMovesToTheNextZone(t *testing.T) {
	t.Parallel()
	script := sim.NewScript()
	script.Inject(sim.Fault{
		Op: "VirtualMachinesClient.BeginCreateOrUpdate", Node: "compute002", Later: true,
		Code: "ZonalAllocationFailed", Message: "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone.",
	})
	s := simulate(t, sim.Options{Script: script, OperationTime: 10 * time.Millisecond})
	n := s.tenant(t, s.open(t, schema.Values{"zones": []any{"1", "2"}}))
	nodes := numbered(3)
	n.prepare(nodes[0].Group)
	if list := n.start(time.Time{}, nodes...); len(list) != 3 {
		t.Errorf("%d machines", len(list))
	}
}

func TestNoRightToCreateNamesTheAction(t *testing.T) {
	const action = "Microsoft.Compute/virtualMachines/write"
	s := simulate(t, sim.Options{Denied: []string{action}})
	d := s.open(t, nil)
	n := s.tenant(t, d)
	n.prepare(node("compute001").Group)
	results, err := d.Launch(t.Context(), providers.LaunchRequest{ID: "x1", Name: "test", Token: "token", Nodes: numbered(1), Access: realAccess})
	if err != nil {
		t.Fatal(err)
	}
	if err := results[0].Err; d.ErrorKind(err) != providers.Permission || !strings.Contains(fmt.Sprint(err), action) {
		t.Errorf("%v", err)
	}
}

func TestWrongToken(t *testing.T) {
	t.Parallel()
	s := simulate(t, sim.Options{})
	d := s.open(t, schema.Values{"access_token": "hunter2"})
	if _, err := d.List(t.Context(), "x1"); d.ErrorKind(err) != providers.Permission || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
	findings, err := d.Check(t.Context(), providers.CheckRequest{Nodes: numbered(1)})
	if err != nil || len(findings) != 1 || !findings[0].Fatal || !strings.Contains(findings[0].Detail, "az login") {
		t.Errorf("%+v, error %v", findings, err)
	}
}

func TestPauseResumeConsoleAdmitOrphans(t *testing.T) {
	t.Parallel()
	s := simulate(t, sim.Options{})
	d := s.open(t, nil)
	n := s.tenant(t, d)
	n.prepare(node("compute001").Group)
	ids := []cluster.InstanceID{n.start(time.Time{}, numbered(1)...)[0].ID}
	ctx := t.Context()
	await := func(want cluster.InstanceState) {
		t.Helper()
		for range 200 {
			if list, err := d.List(ctx, "x1"); err != nil || list[0].State == want {
				return
			}
			_ = pause(ctx, 10*time.Millisecond)
		}
		t.Errorf("the machine never is %s", want)
	}
	if refused, err := d.Pause(ctx, "x1", ids); err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	await(cluster.InstanceStopped)
	if refused, err := d.Resume(ctx, "x1", ids); err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	await(cluster.InstanceRunning)
	if _, err := d.Console(ctx, "x1", ids[0]); err != nil {
		t.Error(err)
	}
	if err := d.Admit(ctx, "x1", cluster.Network{SSHFrom: []string{"198.51.100.0/24"}}); err != nil {
		t.Error(err)
	}
	refs, err := d.Clusters(ctx)
	if err != nil || len(refs) != 1 || refs[0].ID != "x1" || refs[0].Name != "test" || refs[0].Machines != 1 || len(refs[0].Resources) < 3 {
		t.Errorf("%+v, error %v", refs, err)
	}
	if who, err := d.Identity(ctx); err != nil || who.ID != d.config.subscription {
		t.Errorf("%+v, error %v", who, err)
	}
}

func TestBake(t *testing.T) {
	t.Parallel()
	s := simulate(t, sim.Options{})
	d := s.open(t, nil)
	n := s.tenant(t, d)
	n.prepare(node("compute001").Group)
	i := n.start(time.Time{}, numbered(1)...)[0]
	ctx := t.Context()
	image, err := d.Bake(ctx, providers.BakeRequest{
		ID: "x1", Instance: i.ID, Name: "test-compute-1", Labels: map[string]string{providers.TagName: "test"}, Progress: func(string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.start(time.Time{}, node("baked001", func(r *providers.NodeRequest) { r.Image = image }))
	for range 2 {
		if err := d.DeleteImage(ctx, image); err != nil {
			t.Error(err)
		}
	}
	gone, err := d.api.groups.BeginDelete(ctx, "ecluster-images-"+d.config.location, nil)
	if _, err := finish(ctx, d, gone, err); err != nil {
		t.Error(err)
	}
}

func TestReclaimedSpotMachineIsNoticed(t *testing.T) {
	t.Parallel()
	s := simulate(t, sim.Options{OperationTime: 50 * time.Millisecond})
	n := s.tenant(t, s.open(t, nil))
	nodes := numbered(1, func(r *providers.NodeRequest) { r.Group.Spot = true })
	n.prepare(nodes[0].Group)
	n.start(time.Time{}, nodes...)
	if err := s.cloud.Strike("compute001", sim.Fate{Node: "compute001", Event: sim.Reclaim}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	i, err := n.cloud.WaitDown(ctx, "x1", "compute001")
	if err != nil || i.Reason == "" {
		t.Errorf("%+v, error %v", i, err)
	}
}
