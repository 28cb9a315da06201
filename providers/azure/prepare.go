package azure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources/v3"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// The cluster's own network. It is routed nowhere else, so every cluster may
// have the same.
const (
	networkPrefix = "10.42.0.0/16"
	subnetPrefix  = "10.42.0.0/17" // 32,763 nodes
)

// Prepare implements providers.Driver: the resource group, the firewall, the
// network with its way out for nodes without a public address, and placement
// groups. All are written whole, so that a second call changes nothing.
func (d *Driver) Prepare(ctx context.Context, req providers.PrepareRequest) error {
	if err := requireID("prepare", req.ID); err != nil {
		return err
	}
	if len(req.Volumes)+len(req.Kept) > 0 {
		return &providers.Error{Op: "prepare", Kind: providers.Invalid, Err: errors.New(`there are no shared volumes on Azure; write type = "nfs" in the share block`)}
	}
	p := &preparation{d: d, req: req, group: d.resourceGroup(req.ID), tags: tags(req.ID, req.Name, nil)}
	if err := p.resourceGroup(ctx); err != nil {
		return fail(ctx, "prepare resource group "+p.group, "", err)
	}
	req.Progress("network", "making the firewall and the network of the cluster")
	if err := all(
		func() error { return fail(ctx, "prepare firewall", "", p.firewall(ctx)) },
		func() error { return fail(ctx, "prepare network", "", p.network(ctx)) },
		func() error { return fail(ctx, "prepare proximity placement groups", "", p.proximity(ctx)) },
	); err != nil {
		return err
	}
	return nil
}

// preparation is one call of Prepare.
type preparation struct {
	d     *Driver
	req   providers.PrepareRequest
	group string
	tags  map[string]*string
}

// resourceGroup makes the cluster's own, or sees that the user's exists.
func (p *preparation) resourceGroup(ctx context.Context) error {
	found, err := p.d.api.groups.Get(ctx, p.group, nil)
	switch {
	case err != nil && !missing(err):
		return err
	case p.d.config.resourceGroup != "" && err != nil:
		return &providers.Error{Op: "prepare", Kind: providers.NotFound, Err: fmt.Errorf(
			"the resource group %q does not exist; make it with `az group create`, or leave resource_group out", p.group)}
	case p.d.config.resourceGroup != "":
		return nil
	case err == nil:
		return ours(p.req.ID, &found.ResourceGroup)
	}
	p.req.Progress("resource group", "making "+p.group)
	_, err = p.d.api.groups.CreateOrUpdate(ctx, p.group, armresources.ResourceGroup{Location: new(p.d.config.location), Tags: p.tags}, nil)
	return err
}

// ours refuses a resource group that only has the right name, or that is on
// its way out.
func ours(id cluster.ID, g *armresources.ResourceGroup) error {
	if tag(g.Tags, providers.TagCluster) != string(id) {
		return &providers.Error{Op: "find resource group", Kind: providers.Conflict, Err: fmt.Errorf(
			"the resource group %s exists without the tag %s = %s, so somebody else made it; set resource_group to use it", val(g.Name), providers.TagCluster, id)}
	}
	if g.Properties != nil && strings.EqualFold(val(g.Properties.ProvisioningState), "Deleting") {
		return &providers.Error{Op: "find resource group", Kind: providers.Conflict, Err: fmt.Errorf("the resource group %s is being deleted", val(g.Name))}
	}
	return nil
}

// firewall makes the group of nodes that trust each other, where others share
// their network, and the rules.
func (p *preparation) firewall(ctx context.Context) error {
	if p.d.config.subnet != "" {
		op, err := p.d.api.asgs.BeginCreateOrUpdate(ctx, p.group, p.d.asgName(p.req.ID),
			armnetwork.ApplicationSecurityGroup{Location: new(p.d.config.location), Tags: p.tags}, nil)
		if _, err := finish(ctx, p.d, op, err); err != nil {
			return err
		}
	}
	return p.d.writeFirewall(ctx, p.req.ID, p.tags, p.req.Network)
}

// network makes the cluster's own; a subnet that is given stays as it is.
func (p *preparation) network(ctx context.Context) error {
	if p.d.config.subnet != "" {
		return nil
	}
	subnet := &armnetwork.SubnetPropertiesFormat{AddressPrefix: new(subnetPrefix), DefaultOutboundAccess: new(false)}
	if slices.ContainsFunc(p.req.Groups, func(g cluster.Group) bool { return !p.d.config.group(g).public }) {
		nat, err := p.nat(ctx)
		if err != nil {
			return err
		}
		subnet.NatGateway = &armnetwork.SubResource{ID: new(nat)}
	}
	op, err := p.d.api.vnets.BeginCreateOrUpdate(ctx, p.group, p.d.netName(p.req.ID), armnetwork.VirtualNetwork{
		Location: new(p.d.config.location), Tags: p.tags,
		Properties: &armnetwork.VirtualNetworkPropertiesFormat{
			AddressSpace: &armnetwork.AddressSpace{AddressPrefixes: []*string{new(networkPrefix)}},
			Subnets:      []*armnetwork.Subnet{{Name: new(subnetName), Properties: subnet}},
		},
	}, nil)
	_, err = finish(ctx, p.d, op, err)
	return err
}

// nat makes the way out for nodes without a public address; Azure gives them
// none by itself any more. It returns the id of the gateway.
func (p *preparation) nat(ctx context.Context) (string, error) {
	ip, err := p.d.api.ips.BeginCreateOrUpdate(ctx, p.group, p.d.natIPName(p.req.ID), armnetwork.PublicIPAddress{
		Location: new(p.d.config.location), Tags: p.tags,
		SKU: &armnetwork.PublicIPAddressSKU{Name: new(armnetwork.PublicIPAddressSKUNameStandard)},
		Properties: &armnetwork.PublicIPAddressPropertiesFormat{
			PublicIPAllocationMethod: new(armnetwork.IPAllocationMethodStatic),
			PublicIPAddressVersion:   new(armnetwork.IPVersionIPv4),
		},
	}, nil)
	if _, err := finish(ctx, p.d, ip, err); err != nil {
		return "", err
	}
	id := p.d.id(p.req.ID, "Microsoft.Network/publicIPAddresses", p.d.natIPName(p.req.ID))
	nat, err := p.d.api.nats.BeginCreateOrUpdate(ctx, p.group, p.d.natName(p.req.ID), armnetwork.NatGateway{
		Location: new(p.d.config.location), Tags: p.tags,
		SKU:        &armnetwork.NatGatewaySKU{Name: new(armnetwork.NatGatewaySKUNameStandard)},
		Properties: &armnetwork.NatGatewayPropertiesFormat{PublicIPAddresses: []*armnetwork.SubResource{{ID: new(id)}}},
	}, nil)
	_, err = finish(ctx, p.d, nat, err)
	return p.d.id(p.req.ID, "Microsoft.Network/natGateways", p.d.natName(p.req.ID)), err
}

// proximity makes a placement group for each zone that a group may be in.
func (p *preparation) proximity(ctx context.Context) error {
	for _, g := range p.req.Groups {
		own := p.d.config.group(g)
		if !own.proximity {
			continue
		}
		for _, zone := range own.zones {
			near := armcompute.ProximityPlacementGroup{
				Location: new(p.d.config.location), Tags: p.tags,
				Properties: &armcompute.ProximityPlacementGroupProperties{ProximityPlacementGroupType: new(armcompute.ProximityPlacementGroupTypeStandard)},
			}
			if zone != "" { // Azure takes a zone only together with what will be in it
				near.Zones = []*string{new(zone)}
				near.Properties.Intent = &armcompute.ProximityPlacementGroupPropertiesIntent{VMSizes: pointers(own.types)}
			}
			if _, err := p.d.api.proximity.CreateOrUpdate(ctx, p.group, p.d.proximityName(p.req.ID, g.Name, zone), near, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func pointers(list []string) []*string {
	out := make([]*string, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}
