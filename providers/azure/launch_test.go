package azure

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	azfake "github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8/fake"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
)

func TestLaunchHasTenRequestsInFlight(t *testing.T) {
	var here sync.WaitGroup
	here.Add(10)
	srv := &fake.ServerFactory{}
	srv.VirtualMachinesServer.BeginCreateOrUpdate = func(_ context.Context, _, _ string, vm armcompute.VirtualMachine, _ *armcompute.VirtualMachinesClientBeginCreateOrUpdateOptions) (p azfake.PollerResponder[armcompute.VirtualMachinesClientCreateOrUpdateResponse], e azfake.ErrorResponder) {
		here.Done()
		here.Wait() // no answer before the tenth is here
		return accepted(vm), e
	}
	d := testDriver(t, schema.Values{}, srv)
	var nodes []providers.NodeRequest
	for i := range 10 {
		nodes = append(nodes, node(cluster.NewNodeName("compute", i+1)))
	}
	results, err := d.Launch(t.Context(), request(nodes...))
	if err != nil || len(results) != 10 {
		t.Fatalf("%d results, error %v", len(results), err)
	}
	for i, r := range results {
		want := cluster.InstanceID(fmt.Sprintf("ecluster-x1-%s/token-1", nodes[i].Name))
		if r.Node != nodes[i].Name || r.Instance != want || r.Err != nil {
			t.Errorf("result %d: %+v, want the instance %s", i, r, want)
		}
	}
}

// made returns the machine that a launch of one node asks for.
func made(t *testing.T, settings schema.Values, n providers.NodeRequest, change ...func(*providers.LaunchRequest)) armcompute.VirtualMachine {
	t.Helper()
	var got armcompute.VirtualMachine
	srv := &fake.ServerFactory{}
	srv.VirtualMachinesServer.BeginCreateOrUpdate = func(_ context.Context, _, _ string, vm armcompute.VirtualMachine, o *armcompute.VirtualMachinesClientBeginCreateOrUpdateOptions) (p azfake.PollerResponder[armcompute.VirtualMachinesClientCreateOrUpdateResponse], e azfake.ErrorResponder) {
		got = vm
		if val(o.IfNoneMatch) != "*" {
			t.Error("the request may overwrite a machine")
		}
		return accepted(vm), e
	}
	req := request(n)
	for _, c := range change {
		c(&req)
	}
	results, err := testDriver(t, settings, srv).Launch(t.Context(), req)
	if err == nil {
		err = results[0].Err
	}
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestMachineIsOneUnit(t *testing.T) {
	vm := made(t, schema.Values{}, node("compute001", func(n *providers.NodeRequest) {
		n.Group.BootDisk = &cluster.Disk{SizeGB: 64, Type: "Premium_LRS"}
		n.Group.Settings = map[string]any{
			"disks": []any{map[string]any{"size_gb": 512.0}}, "tags": map[string]any{"cost": "physics", "ecluster-cluster": "mine"},
		}
	}))
	data, err := json.Marshal(vm)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), `"deleteOption":"Delete"`); n != 4 {
		t.Errorf("%d of network interface, address and two disks go with the machine: %s", n, data)
	}
	if got := tag(vm.Tags, providers.TagCluster) + " " + tag(vm.Tags, "cost"); got != "x1 physics" {
		t.Errorf("tags: %s", got)
	}
	nic := vm.Properties.NetworkProfile.NetworkInterfaceConfigurations[0]
	if !val(nic.Properties.EnableAcceleratedNetworking) || tag(nic.Tags, providers.TagNode) != "compute001" {
		t.Errorf("network interface: %+v", nic)
	}
	if s := val(nic.Properties.IPConfigurations[0].Properties.Subnet.ID); !strings.HasSuffix(s, "/resourceGroups/ecluster-x1/providers/Microsoft.Network/virtualNetworks/ecluster-x1-net/subnets/nodes") {
		t.Errorf("subnet %s", s)
	}
}

func TestMachineLetsOnlyTheKeyIn(t *testing.T) {
	vm := made(t, schema.Values{}, node("compute001"))
	os := vm.Properties.OSProfile
	data, err := base64.StdEncoding.DecodeString(val(os.CustomData))
	if err != nil || !strings.HasPrefix(string(data), "#cloud-config\n") || !strings.Contains(string(data), "hostsecret") {
		t.Errorf("custom data %.40q, error %v", data, err)
	}
	key := os.LinuxConfiguration.SSH.PublicKeys[0]
	if !val(os.LinuxConfiguration.DisablePasswordAuthentication) || os.AdminPassword != nil ||
		val(key.KeyData) != "ssh-ed25519 AAAAuser someone" || val(key.Path) != "/home/"+bootdata.AdminUser+"/.ssh/authorized_keys" || val(os.ComputerName) != "compute001" {
		t.Errorf("%+v %+v", os, key)
	}
}

func TestMachineOfPrivateSpotGroup(t *testing.T) {
	vm := made(t, schema.Values{"public_address": false, "zones": []any{"3"}}, node("gpu001", func(n *providers.NodeRequest) {
		n.Group.Spot = true
		n.Group.Settings = map[string]any{"max_price": 0.123456, "placement": "proximity", "accelerated_networking": false}
	}))
	p := vm.Properties
	if val(p.Priority) != "Spot" || val(p.EvictionPolicy) != "Delete" || val(p.BillingProfile.MaxPrice) != 0.12346 {
		t.Errorf("spot: %v %v %v", val(p.Priority), val(p.EvictionPolicy), val(p.BillingProfile.MaxPrice))
	}
	nic := p.NetworkProfile.NetworkInterfaceConfigurations[0].Properties
	if nic.IPConfigurations[0].Properties.PublicIPAddressConfiguration != nil || val(nic.EnableAcceleratedNetworking) {
		t.Error("it has a public address or accelerated networking")
	}
	if !strings.HasSuffix(val(p.ProximityPlacementGroup.ID), "/ecluster-x1-gpu-near-z3") || val(vm.Zones[0]) != "3" {
		t.Errorf("placement %s, zone %s", val(p.ProximityPlacementGroup.ID), val(vm.Zones[0]))
	}
	frontend := made(t, schema.Values{"public_address": false}, node("frontend001", func(n *providers.NodeRequest) { n.Frontend = true }))
	if frontend.Properties.NetworkProfile.NetworkInterfaceConfigurations[0].Properties.IPConfigurations[0].Properties.PublicIPAddressConfiguration == nil {
		t.Error("the frontend has no public address")
	}
}

func TestMachineWithIdentityDeletesItselfWhenItExpires(t *testing.T) {
	id := "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reaper"
	vm := made(t, schema.Values{}, node("compute001", func(n *providers.NodeRequest) {
		n.Group.Settings = map[string]any{"identity": []any{id}}
	}), func(r *providers.LaunchRequest) { r.Expires = time.Unix(2e9, 0) })
	data, _ := base64.StdEncoding.DecodeString(val(vm.Properties.OSProfile.CustomData))
	if vm.Identity.UserAssignedIdentities[id] == nil || !strings.Contains(string(data), "mi_res_id="+id) || !strings.Contains(string(data), "ecluster-expiry.timer") {
		t.Errorf("identity %+v, custom data\n%s", vm.Identity, data)
	}
}

func TestArmMachineBootsArmImage(t *testing.T) {
	vm := made(t, schema.Values{}, node("arm001", func(n *providers.NodeRequest) { n.Group.MachineType = "Standard_D2ps_v5" }))
	if sku := val(vm.Properties.StorageProfile.ImageReference.SKU); sku != "13-arm64" {
		t.Errorf("it boots %s", sku)
	}
}

func TestRockyIsBootedUnderItsPlan(t *testing.T) {
	vm := made(t, schema.Values{}, node("compute001", func(n *providers.NodeRequest) { n.Image = "rocky-9" }))
	if vm.Plan == nil || val(vm.Plan.Publisher) != "resf" || val(vm.Plan.Name) != "9-base" {
		t.Errorf("plan %+v", vm.Plan)
	}
}

func TestLaunchRefusesHugeUserData(t *testing.T) {
	d := testDriver(t, schema.Values{}, &fake.ServerFactory{})
	_, err := d.Launch(t.Context(), request(node("compute001", func(n *providers.NodeRequest) {
		n.Group.Settings = map[string]any{"user_data": "#!/bin/sh\n" + strings.Repeat("x", 70000)}
	})))
	if d.ErrorKind(err) != providers.Invalid || !strings.Contains(err.Error(), "user_data") {
		t.Errorf("%v", err)
	}
}

// refusal is an answer of Azure.
func refusal(status int, code string) (e azfake.ErrorResponder) {
	e.SetResponseError(status, code)
	return e
}

// holding answers a question for one machine.
func holding(state, cluster, token string) func(context.Context, string, string, *armcompute.VirtualMachinesClientGetOptions) (azfake.Responder[armcompute.VirtualMachinesClientGetResponse], azfake.ErrorResponder) {
	return func(context.Context, string, string, *armcompute.VirtualMachinesClientGetOptions) (r azfake.Responder[armcompute.VirtualMachinesClientGetResponse], e azfake.ErrorResponder) {
		r.SetResponse(http.StatusOK, armcompute.VirtualMachinesClientGetResponse{VirtualMachine: armcompute.VirtualMachine{
			Tags:       map[string]*string{providers.TagCluster: new(cluster), providers.TagAttempt: new(token)},
			Properties: &armcompute.VirtualMachineProperties{ProvisioningState: new(state)},
		}}, nil)
		return r, e
	}
}

func TestLaunchFindsWhatHasTheName(t *testing.T) {
	for name, c := range map[string]struct {
		state, cluster, token string
		kind                  providers.Kind // "" for success
		deleted               bool
	}{
		"made by this attempt":  {"Creating", "x1", "token-1", "", false},
		"of an earlier attempt": {"Succeeded", "x1", "token-0", providers.Conflict, false},
		"broken and earlier":    {"Failed", "x1", "token-0", providers.Conflict, true},
		"on its way out":        {"Deleting", "x1", "token-1", providers.Conflict, false},
		"of somebody else":      {"Failed", "x2", "token-1", providers.Conflict, false},
	} {
		t.Run(name, func(t *testing.T) {
			deleted := false
			srv := &fake.ServerFactory{}
			srv.VirtualMachinesServer.BeginCreateOrUpdate = func(context.Context, string, string, armcompute.VirtualMachine, *armcompute.VirtualMachinesClientBeginCreateOrUpdateOptions) (p azfake.PollerResponder[armcompute.VirtualMachinesClientCreateOrUpdateResponse], e azfake.ErrorResponder) {
				return p, refusal(http.StatusPreconditionFailed, "PreconditionFailed")
			}
			srv.VirtualMachinesServer.Get = holding(c.state, c.cluster, c.token)
			srv.VirtualMachinesServer.BeginDelete = func(context.Context, string, string, *armcompute.VirtualMachinesClientBeginDeleteOptions) (p azfake.PollerResponder[armcompute.VirtualMachinesClientDeleteResponse], e azfake.ErrorResponder) {
				deleted = true
				p.SetTerminalResponse(http.StatusNoContent, armcompute.VirtualMachinesClientDeleteResponse{}, nil)
				return p, e
			}
			d := testDriver(t, schema.Values{}, srv)
			results, err := d.Launch(t.Context(), request(node("compute001")))
			if err != nil {
				t.Fatal(err)
			}
			r := results[0]
			if c.kind == "" && (r.Err != nil || r.Instance == "") || c.kind != "" && d.ErrorKind(r.Err) != c.kind {
				t.Errorf("%+v", r)
			}
			if deleted != c.deleted {
				t.Errorf("deleted: %v", deleted)
			}
		})
	}
}

// hooks note what becomes of a launch.
type hooks struct {
	mu  sync.Mutex
	log []string
}

func (h *hooks) add(s string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log = append(h.log, s)
}

func (*hooks) Intend(context.Context, string, []cluster.NodeName) error { return nil }
func (h *hooks) Launched(n cluster.NodeName, _ cluster.InstanceID)      { h.add(string(n) + " launched") }

func (h *hooks) Refused(n cluster.NodeName, e *providers.Error) {
	h.add(string(n) + " " + string(e.Kind))
}
func (*hooks) Settled(context.Context, string) error { return nil }

// fakeAzure keeps machines: those of zone 1 are refused at once, or later.
type fakeAzure struct {
	mu       sync.Mutex
	machines map[string]*armcompute.VirtualMachine
	asked    []string // "zone size"
	late     bool
}

func (a *fakeAzure) serve() *fake.ServerFactory {
	srv := &fake.ServerFactory{}
	s := &srv.VirtualMachinesServer
	s.BeginCreateOrUpdate = func(_ context.Context, group, name string, vm armcompute.VirtualMachine, _ *armcompute.VirtualMachinesClientBeginCreateOrUpdateOptions) (p azfake.PollerResponder[armcompute.VirtualMachinesClientCreateOrUpdateResponse], e azfake.ErrorResponder) {
		a.mu.Lock()
		defer a.mu.Unlock()
		zone := val(vm.Zones[0])
		a.asked = append(a.asked, zone+" "+string(val(vm.Properties.HardwareProfile.VMSize)))
		if zone == "1" && !a.late {
			return p, refusal(http.StatusConflict, "SkuNotAvailable")
		}
		if a.machines[name] != nil {
			return p, refusal(http.StatusPreconditionFailed, "PreconditionFailed")
		}
		vm.Name, vm.ID = new(name), new("/subscriptions/s/resourceGroups/"+group+"/providers/Microsoft.Compute/virtualMachines/"+name)
		vm.Properties.ProvisioningState = new("Creating")
		status := &armcompute.InstanceViewStatus{Code: new("PowerState/starting")}
		if zone == "1" {
			vm.Properties.ProvisioningState = new("Failed")
			status = &armcompute.InstanceViewStatus{Code: new("ProvisioningState/failed/ZonalAllocationFailed"), Message: new("Allocation failed. We do not have sufficient capacity for the requested VM size in this zone.")}
		}
		vm.Properties.InstanceView = &armcompute.VirtualMachineInstanceView{Statuses: []*armcompute.InstanceViewStatus{status}}
		a.machines[name] = &vm
		return accepted(vm), e
	}
	s.BeginDelete = func(_ context.Context, _, name string, _ *armcompute.VirtualMachinesClientBeginDeleteOptions) (p azfake.PollerResponder[armcompute.VirtualMachinesClientDeleteResponse], e azfake.ErrorResponder) {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.machines, name)
		p.SetTerminalResponse(http.StatusNoContent, armcompute.VirtualMachinesClientDeleteResponse{}, nil)
		return p, e
	}
	all := func() []*armcompute.VirtualMachine {
		a.mu.Lock()
		defer a.mu.Unlock()
		var out []*armcompute.VirtualMachine
		for _, vm := range a.machines {
			out = append(out, vm)
		}
		return out
	}
	s.NewListPager = func(string, *armcompute.VirtualMachinesClientListOptions) (p azfake.PagerResponder[armcompute.VirtualMachinesClientListResponse]) {
		p.AddPage(http.StatusOK, armcompute.VirtualMachinesClientListResponse{VirtualMachineListResult: armcompute.VirtualMachineListResult{Value: all()}}, nil)
		return p
	}
	s.NewListAllPager = func(*armcompute.VirtualMachinesClientListAllOptions) (p azfake.PagerResponder[armcompute.VirtualMachinesClientListAllResponse]) {
		p.AddPage(http.StatusOK, armcompute.VirtualMachinesClientListAllResponse{VirtualMachineListResult: armcompute.VirtualMachineListResult{Value: all()}}, nil)
		return p
	}
	return srv
}

func TestLaunchGoesToTheNextZone(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("refused late %v", late), func(t *testing.T) {
			a := &fakeAzure{machines: map[string]*armcompute.VirtualMachine{}, late: late}
			d := testDriver(t, schema.Values{"zones": []any{"1", "2"}}, a.serve())
			at := time.Unix(1e9, 0)
			d.now = func() time.Time { return at }
			d.sleep = func(_ context.Context, d time.Duration) error { at = at.Add(d); return nil }
			c := providers.New(d, providers.Options{BatchSize: 1})
			h := &hooks{}
			err := c.Launch(t.Context(), providers.LaunchPlan{ID: "x1", Name: "test", Nodes: []providers.NodeRequest{node("compute001")}, Access: access}, h)
			if err != nil || len(h.log) != 1 || h.log[0] != "compute001 launched" {
				t.Fatalf("%q, error %v", h.log, err)
			}
			if got := strings.Join(a.asked, ", "); got != "1 Standard_D2s_v5, 2 Standard_D2s_v5" {
				t.Errorf("asked for %s", got)
			}
			// The next batch need not ask for the zone that has nothing.
			h.log, a.asked = nil, nil
			err = c.Launch(t.Context(), providers.LaunchPlan{ID: "x1", Name: "test", Nodes: []providers.NodeRequest{node("compute002")}, Access: access}, h)
			if got := strings.Join(a.asked, ", "); err != nil || got != "2 Standard_D2s_v5" {
				t.Errorf("asked for %s, error %v", got, err)
			}
		})
	}
}

// What was refused late is told even when time is over: it is being deleted,
// and whoever waited for it would miss it.
func TestRefusalOutlivesTheTimeToConfirm(t *testing.T) {
	a := &fakeAzure{machines: map[string]*armcompute.VirtualMachine{}, late: true}
	d := testDriver(t, schema.Values{"zones": []any{"1"}}, a.serve())
	ctx, cancel := context.WithCancel(t.Context())
	d.sleep = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return context.Cause(ctx)
	}
	req := request(node("compute001"))
	if _, err := d.Launch(ctx, req); err != nil {
		t.Fatal(err)
	}
	refused, err := d.Confirm(ctx, req)
	if err != nil || len(refused) != 1 || d.ErrorKind(refused[0].Err) != providers.Capacity {
		t.Errorf("refused %v, error %v", refused, err)
	}
}

func TestPlacesAreZonesThenTypes(t *testing.T) {
	d := testDriver(t, schema.Values{"zones": []any{"2", "1"}}, &fake.ServerFactory{})
	g := node("compute001").Group
	g.Settings = map[string]any{"machine_types": []any{"Standard_D2ps_v5"}}
	var got []string
	for i := range d.Places(g) {
		got = append(got, d.config.group(g).placeOf(i).String())
	}
	if want := "Standard_D2s_v5 in zone 2, Standard_D2s_v5 in zone 1, Standard_D2ps_v5 in zone 2, Standard_D2ps_v5 in zone 1"; strings.Join(got, ", ") != want {
		t.Errorf("got %q", got)
	}
	g.Settings = map[string]any{"zones": []any{""}}
	if n := d.Places(g); n != 1 {
		t.Errorf("%d places without a zone", n)
	}
}

func TestConfirmationsShareListings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &fakeAzure{machines: map[string]*armcompute.VirtualMachine{}}
		srv := a.serve()
		lists := 0
		inner := srv.VirtualMachinesServer.NewListPager
		srv.VirtualMachinesServer.NewListPager = func(g string, o *armcompute.VirtualMachinesClientListOptions) azfake.PagerResponder[armcompute.VirtualMachinesClientListResponse] {
			a.mu.Lock()
			lists++
			a.mu.Unlock()
			return inner(g, o)
		}
		d := testDriver(t, schema.Values{"zones": []any{"2"}}, srv)
		d.sleep = pause
		var wg sync.WaitGroup
		for i := range 20 {
			req := request(node(cluster.NewNodeName("compute", i+1)))
			if _, err := d.Launch(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			wg.Go(func() {
				if refused, err := d.Confirm(t.Context(), req); err != nil || len(refused) != 0 {
					t.Errorf("refused %v, error %v", refused, err)
				}
			})
		}
		wg.Wait()
		if lists > 3 {
			t.Errorf("%d listings for 20 batches", lists)
		}
	})
}

func TestListWithRightsOnOneGroupOnly(t *testing.T) {
	a := &fakeAzure{machines: map[string]*armcompute.VirtualMachine{}}
	srv := a.serve()
	asked := 0
	srv.VirtualMachinesServer.NewListAllPager = func(*armcompute.VirtualMachinesClientListAllOptions) (p azfake.PagerResponder[armcompute.VirtualMachinesClientListAllResponse]) {
		asked++
		p.AddResponseError(http.StatusForbidden, "AuthorizationFailed")
		return p
	}
	d := testDriver(t, schema.Values{"zones": []any{"2"}}, srv)
	if _, err := d.Launch(t.Context(), request(node("compute001"))); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		list, err := d.machines(t.Context(), "x1")
		if err != nil || len(list) != 1 || !list[0].blind {
			t.Fatalf("%+v, error %v", list, err)
		}
	}
	if asked != 1 {
		t.Errorf("what is forbidden was asked %d times", asked)
	}
}
