package azure

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
)

// maxCustomData is what Azure hands to a machine at most, before it is encoded.
const maxCustomData = 65535

// defaultDisk is what boots where the spec says nothing: it exists for every
// machine type and costs little.
const defaultDisk = "StandardSSD_LRS"

// blueprint is everything that the machines of one request have in common.
type blueprint struct {
	req   providers.LaunchRequest
	group groupConfig
	at    place
	size  size
	image image
	plan  *plan
	data  string // for cloud-init, encoded
}

// machine writes one: its network interface, address and disks are part of it,
// are made with it and go with it.
func (d *Driver) machine(b blueprint, n providers.NodeRequest) armcompute.VirtualMachine {
	name := machineName(b.req.ID, n.Name)
	tags := nodeTags(b.req, n, b.group.tags)
	if d.scheduled(b.req.Expires) {
		tags[tagExpires] = new(b.req.Expires.UTC().Format(time.RFC3339))
	}
	vm := armcompute.VirtualMachine{
		Location: new(d.config.location),
		Tags:     tags,
		Identity: identityOf(b.group.identity),
		Properties: &armcompute.VirtualMachineProperties{
			HardwareProfile:    &armcompute.HardwareProfile{VMSize: new(armcompute.VirtualMachineSizeTypes(b.at.size))},
			OSProfile:          osProfile(b, n),
			StorageProfile:     storage(b, n, name),
			NetworkProfile:     d.network(b, n, tags),
			DiagnosticsProfile: &armcompute.DiagnosticsProfile{BootDiagnostics: &armcompute.BootDiagnostics{Enabled: new(true)}},
		},
	}
	if b.at.zone != "" {
		vm.Zones = []*string{new(b.at.zone)}
	}
	if b.plan != nil {
		vm.Plan = &armcompute.Plan{Publisher: new(b.plan.publisher), Product: new(b.plan.product), Name: new(b.plan.name)}
	}
	if n.Group.Spot {
		vm.Properties.Priority = new(armcompute.VirtualMachinePriorityTypesSpot)
		vm.Properties.EvictionPolicy = new(armcompute.VirtualMachineEvictionPolicyTypesDelete)
		vm.Properties.BillingProfile = &armcompute.BillingProfile{MaxPrice: new(b.group.maxPrice)}
	}
	if b.group.proximity {
		near := d.id(b.req.ID, "Microsoft.Compute/proximityPlacementGroups", d.proximityName(b.req.ID, n.Group.Name, b.at.zone))
		vm.Properties.ProximityPlacementGroup = &armcompute.SubResource{ID: new(near)}
	}
	return vm
}

// osProfile lets only the key of the cluster in.
func osProfile(b blueprint, n providers.NodeRequest) *armcompute.OSProfile {
	return &armcompute.OSProfile{
		ComputerName:  new(string(n.Name)),
		AdminUsername: new(bootdata.AdminUser),
		CustomData:    new(b.data),
		LinuxConfiguration: &armcompute.LinuxConfiguration{
			DisablePasswordAuthentication: new(true),
			SSH: &armcompute.SSHConfiguration{PublicKeys: []*armcompute.SSHPublicKey{{
				Path:    new("/home/" + bootdata.AdminUser + "/.ssh/authorized_keys"),
				KeyData: new(strings.TrimSpace(b.req.Access.AuthorizedKey)),
			}}},
		},
	}
}

func storage(b blueprint, n providers.NodeRequest, machine string) *armcompute.StorageProfile {
	boot := cluster.Disk{}
	if n.Group.BootDisk != nil {
		boot = *n.Group.BootDisk
	}
	out := &armcompute.StorageProfile{
		ImageReference: b.image.reference(),
		OSDisk: &armcompute.OSDisk{
			Name:         new(diskName(machine, b.req.Token, "os")),
			CreateOption: new(armcompute.DiskCreateOptionTypesFromImage),
			Caching:      new(armcompute.CachingTypesReadWrite),
			DeleteOption: new(armcompute.DiskDeleteOptionTypesDelete),
			ManagedDisk:  &armcompute.ManagedDiskParameters{StorageAccountType: diskType(boot)},
		},
	}
	if boot.SizeGB > 0 {
		out.OSDisk.DiskSizeGB = new(int32(min(boot.SizeGB, 4095))) // the largest that boots
	}
	for i, disk := range b.group.disks {
		out.DataDisks = append(out.DataDisks, &armcompute.DataDisk{
			Lun:          new(int32(i)),
			Name:         new(diskName(machine, b.req.Token, fmt.Sprintf("d%d", i))),
			CreateOption: new(armcompute.DiskCreateOptionTypesEmpty),
			DeleteOption: new(armcompute.DiskDeleteOptionTypesDelete),
			DiskSizeGB:   new(int32(disk.SizeGB)), //nolint:gosec // the schema bounds it
			ManagedDisk:  &armcompute.ManagedDiskParameters{StorageAccountType: diskType(disk)},
		})
	}
	return out
}

func diskType(d cluster.Disk) *armcompute.StorageAccountTypes {
	if d.Type == "" {
		d.Type = defaultDisk
	}
	return new(armcompute.StorageAccountTypes(d.Type))
}

// network is the interface of one machine.
func (d *Driver) network(b blueprint, n providers.NodeRequest, tags map[string]*string) *armcompute.NetworkProfile {
	ip := &armcompute.VirtualMachineNetworkInterfaceIPConfigurationProperties{
		Primary:                 new(true),
		PrivateIPAddressVersion: new(armcompute.IPVersionsIPv4),
		Subnet:                  &armcompute.SubResource{ID: new(d.subnetID(b.req.ID))},
	}
	if d.config.subnet != "" {
		ip.ApplicationSecurityGroups = []*armcompute.SubResource{{
			ID: new(d.id(b.req.ID, "Microsoft.Network/applicationSecurityGroups", d.asgName(b.req.ID))),
		}}
	}
	if b.group.public || n.Frontend {
		ip.PublicIPAddressConfiguration = &armcompute.VirtualMachinePublicIPAddressConfiguration{
			Name: new("public"), Tags: tags,
			SKU: &armcompute.PublicIPAddressSKU{Name: new(armcompute.PublicIPAddressSKUNameStandard)},
			Properties: &armcompute.VirtualMachinePublicIPAddressConfigurationProperties{
				DeleteOption:             new(armcompute.DeleteOptionsDelete),
				PublicIPAllocationMethod: new(armcompute.PublicIPAllocationMethodStatic),
				PublicIPAddressVersion:   new(armcompute.IPVersionsIPv4),
			},
		}
	}
	accelerated := b.size.accelerated
	if b.group.accelerated != nil {
		accelerated = *b.group.accelerated
	}
	nsg := d.id(b.req.ID, "Microsoft.Network/networkSecurityGroups", d.nsgName(b.req.ID))
	return &armcompute.NetworkProfile{
		NetworkAPIVersion: new(armcompute.NetworkAPIVersionTwoThousandTwentyTwo1101),
		NetworkInterfaceConfigurations: []*armcompute.VirtualMachineNetworkInterfaceConfiguration{{
			Name: new("nic"), Tags: tags,
			Properties: &armcompute.VirtualMachineNetworkInterfaceConfigurationProperties{
				Primary:                     new(true),
				DeleteOption:                new(armcompute.DeleteOptionsDelete),
				EnableAcceleratedNetworking: new(accelerated),
				NetworkSecurityGroup:        &armcompute.SubResource{ID: new(nsg)},
				IPConfigurations:            []*armcompute.VirtualMachineNetworkInterfaceIPConfiguration{{Name: new("ip"), Properties: ip}},
			},
		}},
	}
}

func identityOf(ids []string) *armcompute.VirtualMachineIdentity {
	if len(ids) == 0 {
		return nil
	}
	out := &armcompute.VirtualMachineIdentity{
		Type:                   new(armcompute.ResourceIdentityTypeUserAssigned),
		UserAssignedIdentities: map[string]*armcompute.UserAssignedIdentitiesValue{},
	}
	for _, id := range ids {
		out.UserAssignedIdentities[id] = &armcompute.UserAssignedIdentitiesValue{}
	}
	return out
}

// customData is what cloud-init gets, encoded.
func (d *Driver) customData(req providers.LaunchRequest, g groupConfig) (string, error) {
	data, err := bootdata.CloudInit(bootdata.Config{
		Access: req.Access, Expires: req.Expires, UserData: g.userData, AtExpiry: d.config.selfDelete(g.identity),
	})
	if err != nil {
		return "", err
	}
	if len(data) > maxCustomData {
		return "", &providers.Error{
			Op: "launch", Kind: providers.Invalid,
			Err: fmt.Errorf("user_data makes the machine's custom data %d bytes long and Azure takes %d; shorten it, or let it fetch the rest", len(data), maxCustomData),
		}
	}
	return base64.StdEncoding.EncodeToString(data), nil
}
