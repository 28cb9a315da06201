package azure

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
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
		tags[tagExpires] = to.Ptr(b.req.Expires.UTC().Format(time.RFC3339))
	}
	vm := armcompute.VirtualMachine{
		Location: to.Ptr(d.config.location),
		Tags:     tags,
		Identity: identityOf(b.group.identity),
		Properties: &armcompute.VirtualMachineProperties{
			HardwareProfile:    &armcompute.HardwareProfile{VMSize: to.Ptr(armcompute.VirtualMachineSizeTypes(b.at.size))},
			OSProfile:          osProfile(b, n),
			StorageProfile:     storage(b, n, name),
			NetworkProfile:     d.network(b, n, tags),
			DiagnosticsProfile: &armcompute.DiagnosticsProfile{BootDiagnostics: &armcompute.BootDiagnostics{Enabled: to.Ptr(true)}},
		},
	}
	if b.at.zone != "" {
		vm.Zones = []*string{to.Ptr(b.at.zone)}
	}
	if b.plan != nil {
		vm.Plan = &armcompute.Plan{Publisher: to.Ptr(b.plan.publisher), Product: to.Ptr(b.plan.product), Name: to.Ptr(b.plan.name)}
	}
	if n.Group.Spot {
		vm.Properties.Priority = to.Ptr(armcompute.VirtualMachinePriorityTypesSpot)
		vm.Properties.EvictionPolicy = to.Ptr(armcompute.VirtualMachineEvictionPolicyTypesDelete)
		vm.Properties.BillingProfile = &armcompute.BillingProfile{MaxPrice: to.Ptr(b.group.maxPrice)}
	}
	if b.group.proximity {
		near := d.id(b.req.ID, "Microsoft.Compute/proximityPlacementGroups", d.proximityName(b.req.ID, n.Group.Name, b.at.zone))
		vm.Properties.ProximityPlacementGroup = &armcompute.SubResource{ID: to.Ptr(near)}
	}
	return vm
}

// osProfile lets only the key of the cluster in.
func osProfile(b blueprint, n providers.NodeRequest) *armcompute.OSProfile {
	return &armcompute.OSProfile{
		ComputerName:  to.Ptr(string(n.Name)),
		AdminUsername: to.Ptr(bootdata.AdminUser),
		CustomData:    to.Ptr(b.data),
		LinuxConfiguration: &armcompute.LinuxConfiguration{
			DisablePasswordAuthentication: to.Ptr(true),
			SSH: &armcompute.SSHConfiguration{PublicKeys: []*armcompute.SSHPublicKey{{
				Path:    to.Ptr("/home/" + bootdata.AdminUser + "/.ssh/authorized_keys"),
				KeyData: to.Ptr(strings.TrimSpace(b.req.Access.AuthorizedKey)),
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
			Name:         to.Ptr(diskName(machine, b.req.Token, "os")),
			CreateOption: to.Ptr(armcompute.DiskCreateOptionTypesFromImage),
			Caching:      to.Ptr(armcompute.CachingTypesReadWrite),
			DeleteOption: to.Ptr(armcompute.DiskDeleteOptionTypesDelete),
			ManagedDisk:  &armcompute.ManagedDiskParameters{StorageAccountType: diskType(boot)},
		},
	}
	if boot.SizeGB > 0 {
		out.OSDisk.DiskSizeGB = to.Ptr(int32(min(boot.SizeGB, 4095))) // the largest that boots
	}
	for i, disk := range b.group.disks {
		out.DataDisks = append(out.DataDisks, &armcompute.DataDisk{
			Lun:          to.Ptr(int32(i)),
			Name:         to.Ptr(diskName(machine, b.req.Token, fmt.Sprintf("d%d", i))),
			CreateOption: to.Ptr(armcompute.DiskCreateOptionTypesEmpty),
			DeleteOption: to.Ptr(armcompute.DiskDeleteOptionTypesDelete),
			DiskSizeGB:   to.Ptr(int32(disk.SizeGB)), //nolint:gosec // the schema bounds it
			ManagedDisk:  &armcompute.ManagedDiskParameters{StorageAccountType: diskType(disk)},
		})
	}
	return out
}

func diskType(d cluster.Disk) *armcompute.StorageAccountTypes {
	if d.Type == "" {
		d.Type = defaultDisk
	}
	return to.Ptr(armcompute.StorageAccountTypes(d.Type))
}

// network is the interface of one machine.
func (d *Driver) network(b blueprint, n providers.NodeRequest, tags map[string]*string) *armcompute.NetworkProfile {
	ip := &armcompute.VirtualMachineNetworkInterfaceIPConfigurationProperties{
		Primary:                 to.Ptr(true),
		PrivateIPAddressVersion: to.Ptr(armcompute.IPVersionsIPv4),
		Subnet:                  &armcompute.SubResource{ID: to.Ptr(d.subnetID(b.req.ID))},
	}
	if d.config.subnet != "" {
		ip.ApplicationSecurityGroups = []*armcompute.SubResource{{
			ID: to.Ptr(d.id(b.req.ID, "Microsoft.Network/applicationSecurityGroups", d.asgName(b.req.ID))),
		}}
	}
	if b.group.public || n.Frontend {
		ip.PublicIPAddressConfiguration = &armcompute.VirtualMachinePublicIPAddressConfiguration{
			Name: to.Ptr("public"), Tags: tags,
			SKU: &armcompute.PublicIPAddressSKU{Name: to.Ptr(armcompute.PublicIPAddressSKUNameStandard)},
			Properties: &armcompute.VirtualMachinePublicIPAddressConfigurationProperties{
				DeleteOption:             to.Ptr(armcompute.DeleteOptionsDelete),
				PublicIPAllocationMethod: to.Ptr(armcompute.PublicIPAllocationMethodStatic),
				PublicIPAddressVersion:   to.Ptr(armcompute.IPVersionsIPv4),
			},
		}
	}
	accelerated := b.size.accelerated
	if b.group.accelerated != nil {
		accelerated = *b.group.accelerated
	}
	nsg := d.id(b.req.ID, "Microsoft.Network/networkSecurityGroups", d.nsgName(b.req.ID))
	return &armcompute.NetworkProfile{
		NetworkAPIVersion: to.Ptr(armcompute.NetworkAPIVersionTwoThousandTwentyTwo1101),
		NetworkInterfaceConfigurations: []*armcompute.VirtualMachineNetworkInterfaceConfiguration{{
			Name: to.Ptr("nic"), Tags: tags,
			Properties: &armcompute.VirtualMachineNetworkInterfaceConfigurationProperties{
				Primary:                     to.Ptr(true),
				DeleteOption:                to.Ptr(armcompute.DeleteOptionsDelete),
				EnableAcceleratedNetworking: to.Ptr(accelerated),
				NetworkSecurityGroup:        &armcompute.SubResource{ID: to.Ptr(nsg)},
				IPConfigurations:            []*armcompute.VirtualMachineNetworkInterfaceIPConfiguration{{Name: to.Ptr("ip"), Properties: ip}},
			},
		}},
	}
}

func identityOf(ids []string) *armcompute.VirtualMachineIdentity {
	if len(ids) == 0 {
		return nil
	}
	out := &armcompute.VirtualMachineIdentity{
		Type:                   to.Ptr(armcompute.ResourceIdentityTypeUserAssigned),
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
