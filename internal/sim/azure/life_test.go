package azure_test

import (
	"maps"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources/v3"

	"github.com/ecluster/ecluster/internal/sim"
)

func TestMachineLife(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.foundation()
	ctx, vms := t.Context(), r.compute.NewVirtualMachinesClient()
	before := r.kinds()
	vm := wait(vms.BeginCreateOrUpdate(ctx, group, "compute001", machine("compute001"), nil))(t)
	if got := *vm.Properties.ProvisioningState; got != "Succeeded" {
		t.Fatalf("provisioning state %s", got)
	}
	if vm.Properties.OSProfile.CustomData != nil {
		t.Error("custom data are shown")
	}
	got := r.kinds()
	for _, kind := range []string{"virtual-machine", "disk", "network-interface", "public-ip-address"} {
		if got[kind] != 1 {
			t.Errorf("%d of %s", got[kind], kind)
		}
	}
	page, err := vms.NewListPager(group, nil).NextPage(ctx)
	if err != nil || len(page.Value) != 1 {
		t.Fatalf("list: %v %v", page.Value, err)
	}
	shown, err := vms.Get(ctx, group, "compute001", &armcompute.VirtualMachinesClientGetOptions{Expand: new(armcompute.InstanceViewTypesInstanceView)})
	if err != nil || *shown.Properties.InstanceView.Statuses[1].Code != "PowerState/running" {
		t.Fatalf("get: %+v %v", shown.Properties.InstanceView, err)
	}
	nics, err := r.network.NewInterfacesClient().NewListPager(group, nil).NextPage(ctx)
	if err != nil || *nics.Value[0].Properties.IPConfigurations[0].Properties.PrivateIPAddress == "" {
		t.Fatalf("interfaces: %+v %v", nics, err)
	}
	addresses, err := r.network.NewPublicIPAddressesClient().NewListPager(group, nil).NextPage(ctx)
	if err != nil || *addresses.Value[0].Properties.IPAddress == "" {
		t.Fatalf("addresses: %+v %v", addresses, err)
	}
	wait(vms.BeginDelete(ctx, group, "compute001", nil))(t)
	if after := r.kinds(); !maps.Equal(before, after) {
		t.Errorf("left: %v, before %v", after, before)
	}
	wait(r.res.NewResourceGroupsClient().BeginDelete(ctx, group, nil))(t)
	if left := r.sim.Inventory(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestGroups(t *testing.T) {
	r := newRig(t, sim.Options{PageSize: 1})
	r.foundation()
	ctx, groups := t.Context(), r.res.NewResourceGroupsClient()
	if _, err := groups.CreateOrUpdate(ctx, "other", armresources.ResourceGroup{Location: new("West Europe")}, nil); err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for p := groups.NewListPager(&armresources.ResourceGroupsClientListOptions{Filter: new("tagName eq 'ecluster-cluster' and tagValue eq 'c1'")}); p.More(); {
		page, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range page.Value {
			names = append(names, *g.Name)
		}
	}
	if len(names) != 1 || names[0] != group {
		t.Errorf("filtered: %v", names)
	}
	if has, err := groups.CheckExistence(ctx, "other", nil); err != nil || !has.Success {
		t.Errorf("existence: %v %v", has, err)
	}
	if has, err := groups.CheckExistence(ctx, "none", nil); err != nil || has.Success {
		t.Errorf("existence: %v %v", has, err)
	}
}
