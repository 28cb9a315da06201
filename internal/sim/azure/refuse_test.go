package azure_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources/v3"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/azure"
)

func TestCredentials(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.connect("stolen")
	_, err := r.subs.Get(t.Context(), azure.Subscription, nil)
	wantCode(t, err, "InvalidAuthenticationToken", http.StatusUnauthorized)
	r.connect(azure.Token)
	r.sim.Script().Inject(sim.Fault{Op: "Client.Get", Code: "ExpiredAuthenticationToken"})
	_, err = r.subs.Get(t.Context(), azure.Subscription, nil)
	wantCode(t, err, "ExpiredAuthenticationToken", http.StatusUnauthorized)
	resp, data := r.send(http.MethodGet, root+groupV, "", nil)
	wantRefusal(t, resp, data, http.StatusUnauthorized, "AuthenticationFailed", "header is missing")
	if !strings.Contains(resp.Header.Get("WWW-Authenticate"), "Bearer authorization_uri=") {
		t.Errorf("challenge: %q", resp.Header.Get("WWW-Authenticate"))
	}
	_, err = r.subs.Get(t.Context(), "00000000-0000-4000-8000-000000000000", nil)
	wantCode(t, err, "SubscriptionNotFound", http.StatusNotFound)
}

func TestPermissions(t *testing.T) {
	r := newRig(t, sim.Options{Denied: []string{
		"Microsoft.Compute/virtualMachines/deallocate/action", "microsoft.network/natgateways/*", "Microsoft.Network/virtualNetworks/subnets/join/action",
	}})
	r.foundation()
	ctx := t.Context()
	_, err := r.compute.NewVirtualMachinesClient().BeginDeallocate(ctx, group, "x", nil)
	wantCode(t, err, "AuthorizationFailed", http.StatusForbidden)
	for _, want := range []string{"'Microsoft.Compute/virtualMachines/deallocate/action'", "over scope '" + vmPath + "x'"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	_, err = r.network.NewNatGatewaysClient().NewListPager(group, nil).NextPage(ctx)
	wantCode(t, err, "AuthorizationFailed", http.StatusForbidden)
	_, err = r.compute.NewVirtualMachinesClient().BeginCreateOrUpdate(ctx, group, "x", machine("x"), nil)
	wantCode(t, err, "LinkedAuthorizationFailed", http.StatusForbidden)
}

func TestQuota(t *testing.T) {
	r := newRig(t, sim.Options{Quota: map[string]int{
		"standardDSv5Family": 4, "lowPriorityCores": 2, "PublicIPAddresses": 3, "cores": 7,
	}})
	r.foundation()
	ctx, vms := t.Context(), r.compute.NewVirtualMachinesClient()
	for _, name := range []string{"a", "b"} {
		wait(vms.BeginCreateOrUpdate(ctx, group, name, machine(name), nil))(t)
	}
	_, err := vms.BeginCreateOrUpdate(ctx, group, "c", machine("c"), nil)
	wantCode(t, err, "OperationNotAllowed", http.StatusConflict)
	if want := "exceeding approved standardDSv5Family Cores quota. Additional details - Deployment Model: Resource Manager, Location: westeurope, Current Limit: 4, Current Usage: 4, Additional Required: 2, (Minimum) New Limit Required: 6."; !strings.Contains(err.Error(), want) {
		t.Errorf("%v does not say %s", err, want)
	}
	spot := machine("s")
	spot.Properties.Priority = new(armcompute.VirtualMachinePriorityTypesSpot)
	wait(vms.BeginCreateOrUpdate(ctx, group, "s", spot, nil))(t)
	_, err = vms.BeginCreateOrUpdate(ctx, group, "s2", spot, nil)
	wantCode(t, err, "OperationNotAllowed", http.StatusConflict)
	if !strings.Contains(err.Error(), "LowPriorityCores") {
		t.Error(err)
	}
	other := machine("o")
	other.Properties.HardwareProfile.VMSize = new(armcompute.VirtualMachineSizeTypes("Standard_E4s_v5"))
	_, err = vms.BeginCreateOrUpdate(ctx, group, "o", other, nil)
	if !strings.Contains(err.Error(), "Total Regional Cores") {
		t.Error(err)
	}
	other.Properties.HardwareProfile.VMSize = new(armcompute.VirtualMachineSizeTypes("Standard_F2s_v2"))
	_, err = vms.BeginCreateOrUpdate(ctx, group, "o", other, nil)
	wantCode(t, err, "PublicIPCountLimitReached", http.StatusBadRequest)
	page, err := r.compute.NewUsageClient().NewListPager("westeurope", nil).NextPage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range page.Value {
		if *u.Name.Value == "standardDSv5Family" && (*u.CurrentValue != 4 || *u.Limit != 4) {
			t.Errorf("usage %d of %d", *u.CurrentValue, *u.Limit)
		}
	}
	if n := r.kinds()["network-interface"]; n != 3 {
		t.Errorf("%d interfaces: refused machines left some", n)
	}
}

func TestStock(t *testing.T) {
	r := newRig(t, sim.Options{Stock: map[string]int{
		"1/Standard_D2s_v5": 0, "2/Standard_D2s_v5": 1, "westeurope/Standard_D2s_v5": 1,
	}})
	r.foundation()
	ctx, vms := t.Context(), r.compute.NewVirtualMachinesClient()
	zoned := func(z string) armcompute.VirtualMachine {
		m := machine("z")
		m.Zones = []*string{new(z)}
		return m
	}
	_, err := vms.BeginCreateOrUpdate(ctx, group, "one", zoned("1"), nil)
	wantCode(t, err, "SkuNotAvailable", http.StatusConflict)
	wait(vms.BeginCreateOrUpdate(ctx, group, "two", zoned("2"), nil))(t)
	err = end(vms.BeginCreateOrUpdate(ctx, group, "three", zoned("2"), nil))
	if c, _ := code(err); c != "ZonalAllocationFailed" {
		t.Error(err)
	}
	shown, err := vms.Get(ctx, group, "three", &armcompute.VirtualMachinesClientGetOptions{Expand: new(armcompute.InstanceViewTypesInstanceView)})
	if err != nil || *shown.Properties.ProvisioningState != "Failed" || *shown.Properties.InstanceView.Statuses[0].Code != "ProvisioningState/failed/ZonalAllocationFailed" {
		t.Errorf("%+v %v", shown.Properties, err)
	}
	wait(vms.BeginDelete(ctx, group, "three", nil))(t)
	wait(vms.BeginDelete(ctx, group, "two", nil))(t)
	wait(vms.BeginCreateOrUpdate(ctx, group, "four", zoned("2"), nil))(t)
	wait(vms.BeginCreateOrUpdate(ctx, group, "five", machine("five"), nil))(t)
	err = end(vms.BeginCreateOrUpdate(ctx, group, "six", machine("six"), nil))
	if c, _ := code(err); c != "AllocationFailed" {
		t.Error(err)
	}
}

// TestInUse deletes things that others need.
func TestInUse(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.foundation()
	ctx := t.Context()
	near, err := r.compute.NewProximityPlacementGroupsClient().CreateOrUpdate(ctx, group, "near", armcompute.ProximityPlacementGroup{Location: new("westeurope")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := machine("compute001")
	m.Properties.ProximityPlacementGroup = &armcompute.SubResource{ID: near.ID}
	vm := wait(r.compute.NewVirtualMachinesClient().BeginCreateOrUpdate(ctx, group, "compute001", m, nil))(t)
	nic := *vm.Properties.NetworkProfile.NetworkInterfaces[0].ID
	nic = nic[strings.LastIndex(nic, "/")+1:]
	addresses, err := r.network.NewPublicIPAddressesClient().NewListPager(group, nil).NextPage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, subnetErr := r.network.NewSubnetsClient().BeginDelete(ctx, group, "net", "nodes", nil)
	_, netErr := r.network.NewVirtualNetworksClient().BeginDelete(ctx, group, "net", nil)
	_, nsgErr := r.network.NewSecurityGroupsClient().BeginDelete(ctx, group, "wall", nil)
	_, nicErr := r.network.NewInterfacesClient().BeginDelete(ctx, group, nic, nil)
	_, addressErr := r.network.NewPublicIPAddressesClient().BeginDelete(ctx, group, *addresses.Value[0].Name, nil)
	_, diskErr := r.compute.NewDisksClient().BeginDelete(ctx, group, *vm.Properties.StorageProfile.OSDisk.Name, nil)
	_, nearErr := r.compute.NewProximityPlacementGroupsClient().Delete(ctx, group, "near", nil)
	for _, tt := range []struct {
		err    error
		code   string
		status int
	}{
		{subnetErr, "InUseSubnetCannotBeDeleted", 400},
		{netErr, "InUseSubnetCannotBeDeleted", 400},
		{nsgErr, "InUseNetworkSecurityGroupCannotBeDeleted", 400},
		{nicErr, "NicInUse", 400},
		{addressErr, "PublicIPAddressCannotBeDeleted", 400},
		{diskErr, "OperationNotAllowed", 409},
		{nearErr, "OperationNotAllowed", 409},
	} {
		wantCode(t, tt.err, tt.code, tt.status)
	}
}

// TestGroupHeldFromOutside deletes a group whose network another one uses.
func TestGroupHeldFromOutside(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.foundation()
	ctx, groups := t.Context(), r.res.NewResourceGroupsClient()
	if _, err := groups.CreateOrUpdate(ctx, "guests", armresources.ResourceGroup{Location: new("westeurope")}, nil); err != nil {
		t.Fatal(err)
	}
	wait(r.network.NewInterfacesClient().BeginCreateOrUpdate(ctx, "guests", "guest", armnetwork.Interface{
		Location: new("westeurope"),
		Properties: &armnetwork.InterfacePropertiesFormat{IPConfigurations: []*armnetwork.InterfaceIPConfiguration{{
			Name: new("ip"), Properties: &armnetwork.InterfaceIPConfigurationPropertiesFormat{Subnet: &armnetwork.Subnet{ID: new(subnet)}},
		}}},
	}, nil))(t)
	err := end(groups.BeginDelete(ctx, group, nil))
	if c, _ := code(err); c != "ResourceGroupDeletionBlocked" || !strings.Contains(err.Error(), "InUseSubnetCannotBeDeleted") {
		t.Errorf("%v", err)
	}
	g, err := groups.Get(ctx, group, nil)
	if err != nil || *g.Properties.ProvisioningState != "Succeeded" {
		t.Errorf("%+v %v", g, err)
	}
	wait(groups.BeginDelete(ctx, "guests", nil))(t)
	wait(groups.BeginDelete(ctx, group, nil))(t)
	if left := r.sim.Inventory(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestImageChecks boots images that don't fit.
func TestImageChecks(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.foundation()
	for _, tt := range []struct {
		name   string
		edit   func(*armcompute.VirtualMachineProperties)
		code   string
		status int
	}{
		{"no such image", func(p *armcompute.VirtualMachineProperties) { p.StorageProfile.ImageReference.SKU = new("99") }, "PlatformImageNotFound", 404},
		{"no image of one's own", func(p *armcompute.VirtualMachineProperties) {
			p.StorageProfile.ImageReference = &armcompute.ImageReference{ID: new(root + "/resourceGroups/cluster/providers/Microsoft.Compute/images/none")}
		}, "NotFound", 404},
		{"other architecture", func(p *armcompute.VirtualMachineProperties) { p.StorageProfile.ImageReference.SKU = new("13-arm64") }, "BadRequest", 400},
		{"other generation", func(p *armcompute.VirtualMachineProperties) {
			p.StorageProfile.ImageReference.SKU = new("13")
			p.HardwareProfile.VMSize = new(armcompute.VirtualMachineSizeTypes("Standard_D2s_v6"))
		}, "BadRequest", 400},
		{"deprecated", func(p *armcompute.VirtualMachineProperties) {
			p.StorageProfile.ImageReference = &armcompute.ImageReference{Publisher: new("resf"), Offer: new("rockylinux-x86_64"), SKU: new("9-base"), Version: new("9.4.20240509")}
		}, "ImageVersionDeprecated", 400},
		{"no plan", func(p *armcompute.VirtualMachineProperties) {
			p.StorageProfile.ImageReference = &armcompute.ImageReference{Publisher: new("resf"), Offer: new("rockylinux-x86_64"), SKU: new("9-base"), Version: new("latest")}
		}, "VMMarketplaceInvalidInput", 400},
		{"banned size", func(p *armcompute.VirtualMachineProperties) {
			p.HardwareProfile.VMSize = new(armcompute.VirtualMachineSizeTypes("Standard_A1_v2"))
		}, "InvalidParameter", 400}, // has no premium storage
		{"no spot of that size", func(p *armcompute.VirtualMachineProperties) {
			p.HardwareProfile.VMSize = new(armcompute.VirtualMachineSizeTypes("Standard_B2s"))
			p.Priority = new(armcompute.VirtualMachinePriorityTypesSpot)
		}, "InvalidParameter", 400},
		{"slow size with fast interface", func(p *armcompute.VirtualMachineProperties) {
			p.HardwareProfile.VMSize = new(armcompute.VirtualMachineSizeTypes("Standard_B2s"))
			p.NetworkProfile.NetworkInterfaceConfigurations[0].Properties.EnableAcceleratedNetworking = new(true)
		}, "VMSizeIsNotPermittedToEnableAcceleratedNetworking", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r.expected = true
			m := machine("x")
			tt.edit(m.Properties)
			_, err := r.compute.NewVirtualMachinesClient().BeginCreateOrUpdate(t.Context(), group, "x", m, nil)
			wantCode(t, err, tt.code, tt.status)
		})
	}
}

// TestFaults lets a script disturb requests.
func TestFaults(t *testing.T) {
	const create = "VirtualMachinesClient.BeginCreateOrUpdate"
	r := newRig(t, sim.Options{})
	r.foundation()
	ctx, vms := t.Context(), r.compute.NewVirtualMachinesClient()
	inject := r.sim.Script().Inject

	inject(sim.Fault{Op: create, Call: 1, Code: "TooManyRequests", RetryAfter: sim.Duration(7 * time.Second)})
	_, err := vms.BeginCreateOrUpdate(ctx, group, "a", machine("a"), nil)
	wantCode(t, err, "TooManyRequests", http.StatusTooManyRequests)
	if h := headers(err); h.Get("Retry-After") != "7" || h.Get("x-ms-ratelimit-remaining-resource") == "" {
		t.Errorf("headers %v", h)
	}
	if r.kinds()["virtual-machine"] != 0 {
		t.Error("a throttled request made a machine")
	}

	inject(sim.Fault{Op: create, Node: "b", Reset: true, Lands: true})
	if _, err := vms.BeginCreateOrUpdate(ctx, group, "b", machine("b"), nil); err == nil {
		t.Error("no error of a broken connection")
	}
	if r.kinds()["virtual-machine"] != 1 {
		t.Error("the request did not land")
	}

	inject(sim.Fault{Op: create, Node: "c", Later: true, Code: "AllocationFailed"})
	if c, _ := code(end(vms.BeginCreateOrUpdate(ctx, group, "c", machine("c"), nil))); c != "AllocationFailed" {
		t.Errorf("code %s", c)
	}

	inject(sim.Fault{Op: create, Node: "d", Never: true})
	p, err := vms.BeginCreateOrUpdate(ctx, group, "d", machine("d"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Poll(ctx); err != nil || p.Done() {
		t.Errorf("done %v, %v", p.Done(), err)
	}
	for _, name := range []string{"b", "c", "d"} {
		wait(vms.BeginDelete(ctx, group, name, nil))(t)
	}
	if n := r.kinds()["network-interface"]; n != 0 {
		t.Errorf("%d interfaces left", n)
	}
}
