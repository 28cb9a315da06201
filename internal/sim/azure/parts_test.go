package azure_test

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources/v3"

	"github.com/ecluster/ecluster/internal/sim"
)

// TestExplicitParts gives a machine an interface, an address and a disk that
// were made before it, and a way out through a NAT gateway.
func TestExplicitParts(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.foundation()
	ctx := t.Context()
	addresses, nics, nats := r.network.NewPublicIPAddressesClient(), r.network.NewInterfacesClient(), r.network.NewNatGatewaysClient()
	subnets, disks, vms := r.network.NewSubnetsClient(), r.compute.NewDisksClient(), r.compute.NewVirtualMachinesClient()
	address := func(name string) *string {
		return wait(addresses.BeginCreateOrUpdate(ctx, group, name, armnetwork.PublicIPAddress{
			Location: new("westeurope"), SKU: &armnetwork.PublicIPAddressSKU{Name: new(armnetwork.PublicIPAddressSKUNameStandard)},
			Properties: &armnetwork.PublicIPAddressPropertiesFormat{PublicIPAllocationMethod: new(armnetwork.IPAllocationMethodStatic)},
		}, nil))(t).ID
	}
	nat := wait(nats.BeginCreateOrUpdate(ctx, group, "out", armnetwork.NatGateway{
		Location: new("westeurope"), SKU: &armnetwork.NatGatewaySKU{Name: new(armnetwork.NatGatewaySKUNameStandard)},
		Properties: &armnetwork.NatGatewayPropertiesFormat{PublicIPAddresses: []*armnetwork.SubResource{{ID: address("out")}}},
	}, nil))(t)
	inner := wait(subnets.BeginCreateOrUpdate(ctx, group, "net", "inner", armnetwork.Subnet{Properties: &armnetwork.SubnetPropertiesFormat{
		AddressPrefix: new("10.2.0.0/24"), NatGateway: &armnetwork.SubResource{ID: nat.ID},
	}}, nil))(t)
	_, err := nats.BeginDelete(ctx, group, "out", nil)
	wantCode(t, err, "InUseNatGatewayCannotBeDeleted", 400)

	wall := wait(r.network.NewApplicationSecurityGroupsClient().BeginCreateOrUpdate(ctx, group, "peers", armnetwork.ApplicationSecurityGroup{Location: new("westeurope")}, nil))(t)
	rule := sshRule()
	rule.Priority, rule.SourceAddressPrefixes = new(int32(110)), nil
	rule.SourceApplicationSecurityGroups = []*armnetwork.ApplicationSecurityGroup{{ID: wall.ID}}
	wait(r.network.NewSecurityRulesClient().BeginCreateOrUpdate(ctx, group, "wall", "peers", armnetwork.SecurityRule{Properties: rule}, nil))(t)

	own := address("own")
	nic := wait(nics.BeginCreateOrUpdate(ctx, group, "own", armnetwork.Interface{
		Location: new("westeurope"),
		Properties: &armnetwork.InterfacePropertiesFormat{IPConfigurations: []*armnetwork.InterfaceIPConfiguration{{
			Name: new("ip"), Properties: &armnetwork.InterfaceIPConfigurationPropertiesFormat{
				Subnet: &armnetwork.Subnet{ID: inner.ID}, PublicIPAddress: &armnetwork.PublicIPAddress{ID: own},
			},
		}}},
	}, nil))(t)
	disk := wait(disks.BeginCreateOrUpdate(ctx, group, "data", armcompute.Disk{
		Location: new("westeurope"), Properties: &armcompute.DiskProperties{
			DiskSizeGB: new(int32(64)), CreationData: &armcompute.CreationData{CreateOption: new(armcompute.DiskCreateOptionEmpty)},
		},
	}, nil))(t)
	m := machine("n")
	m.Properties.NetworkProfile = &armcompute.NetworkProfile{NetworkInterfaces: []*armcompute.NetworkInterfaceReference{{ID: nic.ID}}}
	m.Properties.StorageProfile.OSDisk.DeleteOption = nil
	m.Properties.StorageProfile.DataDisks = []*armcompute.DataDisk{
		{Lun: new(int32(0)), CreateOption: new(armcompute.DiskCreateOptionTypesAttach), ManagedDisk: &armcompute.ManagedDiskParameters{ID: disk.ID}},
		{Lun: new(int32(1)), CreateOption: new(armcompute.DiskCreateOptionTypesEmpty), DiskSizeGB: new(int32(8)), DeleteOption: new(armcompute.DiskDeleteOptionTypesDelete)},
	}
	wait(vms.BeginCreateOrUpdate(ctx, group, "n", m, nil))(t)
	shown, err := addresses.Get(ctx, group, "own", nil)
	if err != nil || shown.Properties.IPAddress == nil || *shown.Properties.IPConfiguration.ID != *nic.ID+"/ipConfigurations/ip" {
		t.Errorf("%+v %v", shown.Properties, err)
	}
	_, err = vms.BeginCreateOrUpdate(ctx, group, "thief", m, nil)
	if c, _ := code(err); c != "NicInUse" && c != "OperationNotAllowed" {
		t.Error(err)
	}

	wait(vms.BeginDelete(ctx, group, "n", nil))(t)
	if got := r.kinds(); got["network-interface"] != 1 || got["disk"] != 2 { // what has no delete option stays
		t.Errorf("after the machine: %v", got)
	}
	wait(nics.BeginDelete(ctx, group, "own", nil))(t)
	wait(addresses.BeginDelete(ctx, group, "own", nil))(t)
	wait(subnets.BeginDelete(ctx, group, "net", "inner", nil))(t)
	wait(nats.BeginDelete(ctx, group, "out", nil))(t)
	wait(disks.BeginDelete(ctx, group, "data", nil))(t)
	if _, err := disks.Get(ctx, group, "data", nil); err == nil {
		t.Error("the disk is still there")
	}
}

// TestFailedMachineIsTriedAgain sends the same PUT after an allocation failed.
func TestFailedMachineIsTriedAgain(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.foundation()
	ctx, vms := t.Context(), r.compute.NewVirtualMachinesClient()
	m := machine("n")
	r.sim.Script().Inject(sim.Fault{Op: "VirtualMachinesClient.BeginCreateOrUpdate", Later: true, Code: "AllocationFailed"})
	if err := end(vms.BeginCreateOrUpdate(ctx, group, "n", m, nil)); err == nil {
		t.Error("no failure")
	}
	wait(vms.BeginCreateOrUpdate(ctx, group, "n", m, nil))(t)
	if s := r.state("n"); s != "running" {
		t.Error(s)
	}
}

// TestGroupDeletionFails rolls a group back that could not be deleted.
func TestGroupDeletionFails(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.foundation()
	ctx, groups := t.Context(), r.res.NewResourceGroupsClient()
	wait(r.compute.NewVirtualMachinesClient().BeginCreateOrUpdate(ctx, group, "n", machine("n"), nil))(t)
	r.sim.Script().Inject(sim.Fault{Op: "ResourceGroupsClient.BeginDelete", Later: true, Code: "InternalServerError"})
	if c, _ := code(end(groups.BeginDelete(ctx, group, nil))); c != "InternalServerError" {
		t.Errorf("code %s", c)
	}
	if s := r.state("n"); s != "running" {
		t.Error(s)
	}
	wait(groups.BeginDelete(ctx, group, nil))(t)
	_, err := groups.BeginDelete(ctx, group, nil)
	wantCode(t, err, "ResourceGroupNotFound", 404)
	_, err = groups.CreateOrUpdate(ctx, group, armresources.ResourceGroup{Location: new("westeurope")}, nil)
	if err != nil {
		t.Error(err)
	}
}
