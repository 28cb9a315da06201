package azure_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources/v3"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/azure"
)

func headers(err error) http.Header {
	if r, is := errors.AsType[*azcore.ResponseError](err); is {
		return r.RawResponse.Header
	}
	return http.Header{}
}

// clock is a time that tests move.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	timers []timer
}

type timer struct {
	at time.Time
	f  func()
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) After(d time.Duration, f func()) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timers = append(c.timers, timer{c.now.Add(d), f})
	return func() {}
}

// pass moves the time on and runs what is due, in its order.
func (c *clock) pass(d time.Duration) {
	end := c.Now().Add(d)
	for {
		c.mu.Lock()
		slices.SortStableFunc(c.timers, func(a, b timer) int { return a.at.Compare(b.at) })
		if len(c.timers) == 0 || c.timers[0].at.After(end) {
			c.now = end
			c.mu.Unlock()
			return
		}
		next := c.timers[0]
		c.timers = c.timers[1:]
		c.now = next.at
		c.mu.Unlock()
		next.f()
	}
}

// eventually waits for what goes on in the background.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for tick := time.NewTicker(time.Millisecond); !done(); {
		select {
		case <-deadline:
			t.Fatal("never: " + what)
		case <-tick.C:
		}
	}
}

func (r *rig) state(node string) string {
	for _, i := range r.sim.Inventory() {
		if i.Kind == "virtual-machine" && i.Node == node {
			return i.State
		}
	}
	return "gone"
}

func TestTimesAndLags(t *testing.T) {
	c := newClock()
	r := newRig(t, sim.Options{
		Now: c.Now, After: c.After, OperationTime: 10 * time.Second, BootTime: 30 * time.Second, CreateLag: time.Minute, DeleteLag: time.Minute,
	})
	ctx, vms := t.Context(), r.compute.NewVirtualMachinesClient()
	if _, err := r.res.NewResourceGroupsClient().CreateOrUpdate(ctx, group, armresources.ResourceGroup{Location: new("westeurope")}, nil); err != nil {
		t.Fatal(err)
	}
	net, err := r.network.NewVirtualNetworksClient().BeginCreateOrUpdate(ctx, group, "net", armnetwork.VirtualNetwork{
		Location: new("westeurope"),
		Properties: &armnetwork.VirtualNetworkPropertiesFormat{
			AddressSpace: &armnetwork.AddressSpace{AddressPrefixes: []*string{new("10.0.0.0/8")}},
			Subnets:      []*armnetwork.Subnet{{Name: new("nodes"), Properties: &armnetwork.SubnetPropertiesFormat{AddressPrefix: new("10.1.0.0/16")}}},
		},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := net.Poll(ctx)
	if err != nil || net.Done() || resp.Header.Get("Retry-After") != "10" {
		t.Fatalf("done %v %v %v", net.Done(), err, resp.Header)
	}
	c.pass(10 * time.Second)
	if _, err := net.Poll(ctx); err != nil || !net.Done() {
		t.Fatalf("done %v %v", net.Done(), err)
	}

	p, err := vms.BeginCreateOrUpdate(ctx, group, "n", machine("n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	listed := func() int {
		page, err := vms.NewListPager(group, nil).NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Value)
	}
	if listed() != 0 {
		t.Error("listed at once")
	}
	c.pass(35 * time.Second)
	if _, err := p.Poll(ctx); err != nil || p.Done() {
		t.Errorf("done %v %v", p.Done(), err)
	}
	view, err := vms.InstanceView(ctx, group, "n", nil)
	if err != nil || *view.Statuses[0].Code != "ProvisioningState/creating" || *view.Statuses[1].Code != "PowerState/starting" {
		t.Errorf("%+v %v", view, err)
	}
	c.pass(10 * time.Second)
	eventually(t, "runs", func() bool { return r.state("n") == "running" })
	c.pass(time.Minute)
	if listed() != 1 {
		t.Error("not listed")
	}
	gone, err := vms.BeginDelete(ctx, group, "n", nil)
	if err != nil {
		t.Fatal(err)
	}
	c.pass(10 * time.Second)
	eventually(t, "gone", func() bool { return r.state("n") == "gone" })
	if _, err := gone.Poll(ctx); err != nil || !gone.Done() {
		t.Errorf("done %v %v", gone.Done(), err)
	}
	if listed() != 1 {
		t.Error("its end shows at once")
	}
	_, err = vms.Get(ctx, group, "n", nil)
	wantCode(t, err, "ResourceNotFound", 404)
	c.pass(time.Minute)
	if listed() != 0 {
		t.Error("its end never shows")
	}
}

func TestPutIsIdempotent(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.foundation()
	ctx, vms := t.Context(), r.compute.NewVirtualMachinesClient()
	m := machine("n")
	first := wait(vms.BeginCreateOrUpdate(ctx, group, "n", m, nil))(t)
	again := wait(vms.BeginCreateOrUpdate(ctx, group, "n", m, nil))(t)
	if *first.Properties.VMID != *again.Properties.VMID || r.kinds()["network-interface"] != 1 {
		t.Errorf("two machines: %v", r.kinds())
	}
	m.Tags["more"] = new("yes")
	if changed := wait(vms.BeginCreateOrUpdate(ctx, group, "n", m, nil))(t); changed.Tags["more"] == nil {
		t.Error("tags did not change")
	}
	m.Properties.OSProfile.CustomData = new("b3RoZXI=")
	_, err := vms.BeginCreateOrUpdate(ctx, group, "n", m, nil)
	wantCode(t, err, "PropertyChangeNotAllowed", http.StatusConflict)
	_, err = vms.BeginCreateOrUpdate(ctx, group, "n", machine("n"), &armcompute.VirtualMachinesClientBeginCreateOrUpdateOptions{IfNoneMatch: new("*")})
	wantCode(t, err, "PreconditionFailed", http.StatusPreconditionFailed)
}

func TestPagesAndStates(t *testing.T) {
	r := newRig(t, sim.Options{PageSize: 10})
	r.foundation()
	ctx, vms := t.Context(), r.compute.NewVirtualMachinesClient()
	for i := range 25 {
		name := fmt.Sprintf("n%03d", i)
		wait(vms.BeginCreateOrUpdate(ctx, group, name, machine(name), nil))(t)
	}
	pages, names := 0, []string{}
	for p := vms.NewListAllPager(&armcompute.VirtualMachinesClientListAllOptions{StatusOnly: new("true")}); p.More(); pages++ {
		page, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Value {
			names = append(names, *m.Name)
			if *m.Properties.InstanceView.Statuses[1].Code != "PowerState/running" {
				t.Errorf("%s: %+v", *m.Name, m.Properties.InstanceView)
			}
		}
	}
	if pages != 3 || len(names) != 25 || !slices.IsSorted(names) {
		t.Errorf("%d pages of %v", pages, names)
	}
	found := 0
	for p := r.res.NewClient().NewListByResourceGroupPager(group, &armresources.ClientListByResourceGroupOptions{
		Filter: new("tagName eq 'ecluster-node' and tagValue eq 'n007'"),
	}); p.More(); {
		page, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		found += len(page.Value)
	}
	if found != 2 { // the machine, and its disk, which inherits the tags
		t.Errorf("%d resources of n007", found)
	}
}

func TestPower(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.foundation()
	ctx, vms := t.Context(), r.compute.NewVirtualMachinesClient()
	m := machine("n")
	m.Properties.DiagnosticsProfile = &armcompute.DiagnosticsProfile{BootDiagnostics: &armcompute.BootDiagnostics{Enabled: new(true)}}
	wait(vms.BeginCreateOrUpdate(ctx, group, "n", m, nil))(t)
	_, err := vms.Generalize(ctx, group, "n", nil)
	wantCode(t, err, "OperationNotAllowed", http.StatusConflict)
	wait(vms.BeginRestart(ctx, group, "n", nil))(t)
	wait(vms.BeginPowerOff(ctx, group, "n", nil))(t)
	if s := r.state("n"); s != "stopped" {
		t.Error(s)
	}
	wait(vms.BeginStart(ctx, group, "n", nil))(t)
	if s := r.state("n"); s != "running" {
		t.Error(s)
	}
	log, err := vms.RetrieveBootDiagnosticsData(ctx, group, "n", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(*log.SerialConsoleLogBlobURI)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("console: %d %v", resp.StatusCode, err)
	}
	vm := wait(vms.BeginDeallocate(ctx, group, "n", nil))
	vm(t)
	if s := r.state("n"); s != "deallocated" {
		t.Error(s)
	}

	shown, err := vms.Get(ctx, group, "n", nil)
	if err != nil {
		t.Fatal(err)
	}
	snapshot := wait(r.compute.NewSnapshotsClient().BeginCreateOrUpdate(ctx, group, "shot", armcompute.Snapshot{
		Location: new("westeurope"), Properties: &armcompute.SnapshotProperties{CreationData: &armcompute.CreationData{
			CreateOption: new(armcompute.DiskCreateOptionCopy), SourceResourceID: shown.Properties.StorageProfile.OSDisk.ManagedDisk.ID,
		}},
	}, nil))(t)
	image := wait(r.compute.NewImagesClient().BeginCreateOrUpdate(ctx, group, "baked", armcompute.Image{
		Location: new("westeurope"), Properties: &armcompute.ImageProperties{StorageProfile: &armcompute.ImageStorageProfile{OSDisk: &armcompute.ImageOSDisk{
			OSType: new(armcompute.OperatingSystemTypesLinux), OSState: new(armcompute.OperatingSystemStateTypesGeneralized),
			Snapshot: &armcompute.SubResource{ID: snapshot.ID},
		}}},
	}, nil))(t)
	own := machine("own")
	own.Properties.StorageProfile.ImageReference = &armcompute.ImageReference{ID: image.ID}
	wait(vms.BeginCreateOrUpdate(ctx, group, "own", own, nil))(t)

	if _, err := vms.Generalize(ctx, group, "n", nil); err != nil {
		t.Error(err)
	}
	wait(r.compute.NewImagesClient().BeginCreateOrUpdate(ctx, group, "second", armcompute.Image{
		Location: new("westeurope"), Properties: &armcompute.ImageProperties{SourceVirtualMachine: &armcompute.SubResource{ID: shown.ID}},
	}, nil))(t)
}

func TestFates(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.foundation()
	ctx, vms := t.Context(), r.compute.NewVirtualMachinesClient()
	spot := func(node string, policy armcompute.VirtualMachineEvictionPolicyTypes) armcompute.VirtualMachine {
		m := machine(node)
		m.Properties.Priority = new(armcompute.VirtualMachinePriorityTypesSpot)
		m.Properties.EvictionPolicy = new(policy)
		return m
	}
	wait(vms.BeginCreateOrUpdate(ctx, group, "kept", spot("kept", armcompute.VirtualMachineEvictionPolicyTypesDeallocate), nil))(t)
	wait(vms.BeginCreateOrUpdate(ctx, group, "lost", spot("lost", armcompute.VirtualMachineEvictionPolicyTypesDelete), nil))(t)
	wait(vms.BeginCreateOrUpdate(ctx, group, "dead", machine("dead"), nil))(t)
	r.sim.Script().Doom(sim.Fate{Node: "away", Event: sim.Vanish}, sim.Fate{Node: "bad", Event: sim.Break, Message: "the guest did not report"})
	if err := end(vms.BeginCreateOrUpdate(ctx, group, "bad", machine("bad"), nil)); !strings.Contains(fmt.Sprint(err), "the guest did not report") {
		t.Error(err)
	}
	if _, err := vms.BeginCreateOrUpdate(ctx, group, "away", machine("away"), nil); err != nil {
		t.Error(err)
	}
	for node, event := range map[string]sim.Event{"kept": sim.Reclaim, "lost": sim.Reclaim, "dead": sim.Die} {
		if err := r.sim.Strike(node, sim.Fate{Event: event}); err != nil {
			t.Error(err)
		}
	}
	for node, state := range map[string]string{"kept": "deallocated", "lost": "gone", "dead": "stopped", "away": "gone", "bad": "Failed"} {
		eventually(t, node+" is "+state, func() bool { return r.state(node) == state })
	}
	if err := r.sim.Strike("nobody", sim.Fate{Event: sim.Die}); err == nil {
		t.Error("struck nobody")
	}
}

func TestScheduleHaltsMachine(t *testing.T) {
	c := newClock()
	r := newRig(t, sim.Options{Now: c.Now, After: c.After})
	r.foundation()
	ctx := t.Context()
	vm := wait(r.compute.NewVirtualMachinesClient().BeginCreateOrUpdate(ctx, group, "n", machine("n"), nil))(t)
	const id = root + "/resourceGroups/cluster/providers/Microsoft.DevTestLab/schedules/shutdown-computevm-n"
	wait(r.res.NewClient().BeginCreateOrUpdateByID(ctx, id, "2018-09-15", armresources.GenericResource{
		Location: new("westeurope"),
		Properties: map[string]any{
			"status": "Enabled", "taskType": "ComputeVmShutdownTask", "timeZoneId": "UTC",
			"dailyRecurrence": map[string]any{"time": "1330"}, "targetResourceId": *vm.ID,
		},
	}, nil))(t)
	if _, err := r.res.NewClient().GetByID(ctx, id, "2018-09-15", nil); err != nil {
		t.Error(err)
	}
	c.pass(2 * time.Hour)
	eventually(t, "deallocated", func() bool { return r.state("n") == "deallocated" })
}

// booted notes what machines are told.
type booted struct {
	*sim.Silent
	mu    sync.Mutex
	boots []sim.Boot
	gone  []string
}

func (b *booted) Boot(ctx context.Context, boot sim.Boot) (sim.Address, error) {
	b.mu.Lock()
	b.boots = append(b.boots, boot)
	b.mu.Unlock()
	return b.Silent.Boot(ctx, boot)
}

func (b *booted) Delete(ctx context.Context, id string) error {
	b.mu.Lock()
	b.gone = append(b.gone, id)
	b.mu.Unlock()
	return b.Silent.Delete(ctx, id)
}

func TestWhatMachinesAreTold(t *testing.T) {
	machines := &booted{Silent: sim.NewSilent()}
	cloud, err := azure.New(sim.Options{Machines: machines})
	if err != nil {
		t.Fatal(err)
	}
	r := serve(t, cloud)
	r.foundation()
	ctx, vms := t.Context(), r.compute.NewVirtualMachinesClient()
	wait(vms.BeginCreateOrUpdate(ctx, group, "told", machine("told"), nil))(t)
	plain := machine("plain")
	plain.Properties.OSProfile.CustomData = nil
	wait(vms.BeginCreateOrUpdate(ctx, group, "plain", plain, nil))(t)
	told, other := machines.boots[0], machines.boots[1]
	if told.Image != "debian-13" || told.Hostname != "told" || string(told.UserData) != "#cloud-config\n" || told.Network != other.Network {
		t.Errorf("%+v", told)
	}
	if want := *plain.Properties.OSProfile.LinuxConfiguration.SSH.PublicKeys[0].KeyData; !strings.Contains(string(other.UserData), want) {
		t.Errorf("%s lacks %s", other.UserData, want)
	}
	wait(vms.BeginDelete(ctx, group, "told", nil))(t)
	if err := cloud.Close(); err != nil {
		t.Error(err)
	}
	if !slices.Equal(machines.gone, []string{told.ID, other.ID}) {
		t.Errorf("deleted %v", machines.gone)
	}
}
