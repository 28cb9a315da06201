package azure

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources/v3"

	"github.com/ecluster/ecluster/internal/cluster"
)

// leftovers lists what there is of a cluster beside machines, in the steps in
// which it can be deleted.
func (d *Driver) leftovers(ctx context.Context, id cluster.ID) ([][]leftover, error) {
	group := d.resourceGroup(id)
	var nics, disks, ips, nats, vnets, nsgs, asgs, near, schedules []leftover
	err := all(
		func() (err error) {
			nics, err = found(ctx, id, "network interface", d.api.nics.NewListPager(group, nil),
				func(p armnetwork.InterfacesClientListResponse) []*armnetwork.Interface { return p.Value },
				func(r *armnetwork.Interface) (string, map[string]*string) { return val(r.Name), r.Tags },
				deleting(d, group, d.api.nics.BeginDelete))
			return err
		},
		func() (err error) {
			disks, err = found(ctx, id, "disk", d.api.disks.NewListByResourceGroupPager(group, nil),
				func(p armcompute.DisksClientListByResourceGroupResponse) []*armcompute.Disk { return p.Value },
				func(r *armcompute.Disk) (string, map[string]*string) { return val(r.Name), r.Tags },
				deleting(d, group, d.api.disks.BeginDelete))
			return err
		},
		func() (err error) {
			ips, err = found(ctx, id, "public address", d.api.ips.NewListPager(group, nil),
				func(p armnetwork.PublicIPAddressesClientListResponse) []*armnetwork.PublicIPAddress { return p.Value },
				func(r *armnetwork.PublicIPAddress) (string, map[string]*string) { return val(r.Name), r.Tags },
				deleting(d, group, d.api.ips.BeginDelete))
			return err
		},
		func() (err error) {
			nats, err = found(ctx, id, "NAT gateway", d.api.nats.NewListPager(group, nil),
				func(p armnetwork.NatGatewaysClientListResponse) []*armnetwork.NatGateway { return p.Value },
				func(r *armnetwork.NatGateway) (string, map[string]*string) { return val(r.Name), r.Tags },
				deleting(d, group, d.api.nats.BeginDelete))
			return err
		},
		func() (err error) {
			vnets, err = found(ctx, id, "network", d.api.vnets.NewListPager(group, nil),
				func(p armnetwork.VirtualNetworksClientListResponse) []*armnetwork.VirtualNetwork { return p.Value },
				func(r *armnetwork.VirtualNetwork) (string, map[string]*string) { return val(r.Name), r.Tags },
				deleting(d, group, d.api.vnets.BeginDelete))
			return err
		},
		func() (err error) {
			nsgs, err = found(ctx, id, "security group", d.api.nsgs.NewListPager(group, nil),
				func(p armnetwork.SecurityGroupsClientListResponse) []*armnetwork.SecurityGroup { return p.Value },
				func(r *armnetwork.SecurityGroup) (string, map[string]*string) { return val(r.Name), r.Tags },
				deleting(d, group, d.api.nsgs.BeginDelete))
			return err
		},
		func() (err error) {
			asgs, err = found(ctx, id, "application security group", d.api.asgs.NewListPager(group, nil),
				func(p armnetwork.ApplicationSecurityGroupsClientListResponse) []*armnetwork.ApplicationSecurityGroup {
					return p.Value
				},
				func(r *armnetwork.ApplicationSecurityGroup) (string, map[string]*string) { return val(r.Name), r.Tags },
				deleting(d, group, d.api.asgs.BeginDelete))
			return err
		},
		func() (err error) {
			near, err = found(ctx, id, "proximity placement group", d.api.proximity.NewListByResourceGroupPager(group, nil),
				func(p armcompute.ProximityPlacementGroupsClientListByResourceGroupResponse) []*armcompute.ProximityPlacementGroup {
					return p.Value
				},
				func(r *armcompute.ProximityPlacementGroup) (string, map[string]*string) { return val(r.Name), r.Tags },
				func(ctx context.Context, name string) error {
					_, err := d.api.proximity.Delete(ctx, group, name, nil)
					return err
				})
			return err
		},
		func() (err error) {
			schedules, err = found(ctx, id, "schedule",
				d.api.resources.NewListByResourceGroupPager(group, &armresources.ClientListByResourceGroupOptions{Filter: new("resourceType eq '" + scheduleKind + "'")}),
				func(p armresources.ClientListByResourceGroupResponse) []*armresources.GenericResourceExpanded {
					return p.Value
				},
				func(r *armresources.GenericResourceExpanded) (string, map[string]*string) { return val(r.Name), r.Tags },
				func(ctx context.Context, name string) error {
					op, err := d.api.resources.BeginDeleteByID(ctx, d.id(id, scheduleKind, name), scheduleVersion, nil)
					_, err = finish(ctx, d, op, err)
					return err
				})
			return err
		},
	)
	if err != nil {
		return nil, err
	}
	var own, gateways []leftover // the address of a gateway goes after it
	for _, ip := range ips {
		if ip.name == d.natIPName(id) {
			gateways = append(gateways, ip)
		} else {
			own = append(own, ip)
		}
	}
	return [][]leftover{append(append(nics, disks...), schedules...), append(append(own, vnets...), near...), append(append(nsgs, asgs...), nats...), gateways}, nil
}

// found keeps of a listing what belongs to the cluster.
func found[P, R any](
	ctx context.Context, id cluster.ID, kind string, pager *runtime.Pager[P], items func(P) []*R,
	label func(*R) (string, map[string]*string), remove func(context.Context, string) error,
) ([]leftover, error) {
	list, err := collect(ctx, pager, items)
	if err != nil {
		return nil, unlessMissing(err)
	}
	var out []leftover
	for _, r := range list {
		if r == nil {
			continue
		}
		name, tags := label(r)
		if belongs(id, name, tags) {
			out = append(out, leftover{kind: kind, name: name, remove: func(ctx context.Context) error { return remove(ctx, name) }})
		}
	}
	return out, nil
}

// deleting deletes a resource of the group and waits until it has gone.
func deleting[R, O any](d *Driver, group string, begin func(context.Context, string, string, O) (*runtime.Poller[R], error)) func(context.Context, string) error {
	return func(ctx context.Context, name string) error {
		var options O // a pointer: none
		op, err := begin(ctx, group, name, options)
		_, err = finish(ctx, d, op, err)
		return err
	}
}
