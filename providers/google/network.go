package google

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/sync/errgroup"
	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

func networkName(id cluster.ID) string               { return resourceName(id, "net") }
func subnetName(id cluster.ID, region string) string { return resourceName(id, region) }
func routerName(id cluster.ID, region string) string { return resourceName(id, "nat-"+region) }
func policyName(id cluster.ID, g cluster.GroupName) string {
	return resourceName(id, "place-"+string(g))
}

// ensure creates what does not exist, and waits for it. These inserts carry no
// request ID: what was deleted meanwhile must be made again.
func (d *Driver) ensure(ctx context.Context, a *api, get func() error, insert change) error {
	err := get()
	if !isKind(err, providers.NotFound) {
		return err
	}
	return d.create(ctx, a, insert)
}

// create makes something unless somebody else just did.
func (d *Driver) create(ctx context.Context, a *api, insert change) error {
	err := d.finish(ctx, a, insert)
	if isKind(err, providers.Conflict) {
		return nil
	}
	return err
}

// ownNetwork makes a network that has only the subnetworks that are needed.
func (d *Driver) ownNetwork(ctx context.Context, a *api, req providers.PrepareRequest, regions []string) error {
	name := networkName(req.ID)
	err := d.ensure(ctx, a,
		func() error { _, err := a.Networks.Get(a.project, name).Context(ctx).Do(); return err },
		func(ctx context.Context) (*compute.Operation, error) {
			return a.Networks.Insert(a.project, &compute.Network{
				Name: name, Description: describe(req.ID, req.Name),
				ForceSendFields: []string{"AutoCreateSubnetworks"}, // false: none of its own
			}).Context(ctx).Do()
		})
	if err != nil {
		return fmt.Errorf("make network %s: %w", name, d.explain(err))
	}
	return d.subnets(ctx, a, req, regions)
}

// subnets makes one subnetwork a region. Each has its own range, found by
// counting those that are there: regions may be added to a cluster later.
func (d *Driver) subnets(ctx context.Context, a *api, req providers.PrepareRequest, regions []string) error {
	there, err := d.listSubnets(ctx, a, req.ID)
	if err != nil {
		return err
	}
	taken := map[string]bool{}
	for _, s := range there {
		taken[s.IpCidrRange] = true
		regions = slices.DeleteFunc(regions, func(r string) bool { return r == last(s.Region) })
	}
	var g errgroup.Group
	for _, region := range regions {
		cidr := freeRange(taken)
		taken[cidr] = true
		insert := func(ctx context.Context) (*compute.Operation, error) {
			return a.Subnetworks.Insert(a.project, region, &compute.Subnetwork{
				Name: subnetName(req.ID, region), Description: describe(req.ID, req.Name),
				Network: networkLink(a.project, networkName(req.ID)), IpCidrRange: cidr, PrivateIpGoogleAccess: true,
			}).Context(ctx).Do()
		}
		g.Go(func() error { return d.create(ctx, a, insert) })
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("make subnetworks of %s: %w", networkName(req.ID), d.explain(err))
	}
	return nil
}

// freeRange returns the first range of 65,536 addresses that nobody has.
func freeRange(taken map[string]bool) string {
	for n := byte(10); ; n++ {
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, n, 0, 0}), 16).String()
		if !taken[p] || n == 255 {
			return p
		}
	}
}

func (d *Driver) listSubnets(ctx context.Context, a *api, id cluster.ID) ([]*compute.Subnetwork, error) {
	var out []*compute.Subnetwork
	err := a.Subnetworks.AggregatedList(a.project).Filter(byName(id)).MaxResults(pageSize).
		Pages(ctx, func(page *compute.SubnetworkAggregatedList) error {
			for _, list := range page.Items {
				for _, s := range list.Subnetworks {
					if of, _ := owner(s.Description); of == id {
						out = append(out, s)
					}
				}
			}
			return nil
		})
	return out, err
}

// nat lets machines without a public address reach the world, in the
// cluster's own network.
func (d *Driver) nat(ctx context.Context, a *api, req providers.PrepareRequest, region string) error {
	name := routerName(req.ID, region)
	err := d.ensure(ctx, a,
		func() error { _, err := a.Routers.Get(a.project, region, name).Context(ctx).Do(); return err },
		func(ctx context.Context) (*compute.Operation, error) {
			return a.Routers.Insert(a.project, region, &compute.Router{
				Name: name, Description: describe(req.ID, req.Name), Network: networkLink(a.project, networkName(req.ID)),
				Nats: []*compute.RouterNat{{
					Name: "nat", NatIpAllocateOption: "AUTO_ONLY", SourceSubnetworkIpRangesToNat: "ALL_SUBNETWORKS_ALL_IP_RANGES",
				}},
			}).Context(ctx).Do()
		})
	if err != nil {
		return fmt.Errorf("make router %s: %w", name, d.explain(err))
	}
	return nil
}

// policy asks for machines close to each other.
func (d *Driver) policy(ctx context.Context, a *api, req providers.PrepareRequest, g cluster.GroupName, region string) error {
	name := policyName(req.ID, g)
	err := d.ensure(ctx, a,
		func() error { _, err := a.ResourcePolicies.Get(a.project, region, name).Context(ctx).Do(); return err },
		func(ctx context.Context) (*compute.Operation, error) {
			return a.ResourcePolicies.Insert(a.project, region, &compute.ResourcePolicy{
				Name: name, Description: describe(req.ID, req.Name),
				GroupPlacementPolicy: &compute.ResourcePolicyGroupPlacementPolicy{Collocation: "COLLOCATED"},
			}).Context(ctx).Do()
		})
	if err != nil {
		return fmt.Errorf("make placement policy %s: %w", name, d.explain(err))
	}
	return nil
}
