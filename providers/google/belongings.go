package google

import (
	"context"

	"google.golang.org/api/compute/v1"
)

func networks(ctx context.Context, a *api, filter string) (out []belonging, err error) {
	err = a.Networks.List(a.project).Filter(filter).MaxResults(pageSize).Pages(ctx, func(page *compute.NetworkList) error {
		for _, n := range page.Items {
			out = append(out, described("network", n.Name, n.Description, func(ctx context.Context) (*compute.Operation, error) {
				return a.Networks.Delete(a.project, n.Name).Context(ctx).Do()
			}))
		}
		return nil
	})
	return out, err
}

func subnetworks(ctx context.Context, a *api, filter string) (out []belonging, err error) {
	err = a.Subnetworks.AggregatedList(a.project).Filter(filter).MaxResults(pageSize).Pages(ctx, func(page *compute.SubnetworkAggregatedList) error {
		for _, list := range page.Items {
			for _, s := range list.Subnetworks {
				out = append(out, described("subnetwork", s.Name, s.Description, func(ctx context.Context) (*compute.Operation, error) {
					return a.Subnetworks.Delete(a.project, last(s.Region), s.Name).Context(ctx).Do()
				}))
			}
		}
		return nil
	})
	return out, err
}

func firewalls(ctx context.Context, a *api, filter string) (out []belonging, err error) {
	err = a.Firewalls.List(a.project).Filter(filter).MaxResults(pageSize).Pages(ctx, func(page *compute.FirewallList) error {
		for _, f := range page.Items {
			out = append(out, described("firewall", f.Name, f.Description, func(ctx context.Context) (*compute.Operation, error) {
				return a.Firewalls.Delete(a.project, f.Name).Context(ctx).Do()
			}))
		}
		return nil
	})
	return out, err
}

func routers(ctx context.Context, a *api, filter string) (out []belonging, err error) {
	err = a.Routers.AggregatedList(a.project).Filter(filter).MaxResults(pageSize).Pages(ctx, func(page *compute.RouterAggregatedList) error {
		for _, list := range page.Items {
			for _, r := range list.Routers {
				out = append(out, described("router", r.Name, r.Description, func(ctx context.Context) (*compute.Operation, error) {
					return a.Routers.Delete(a.project, last(r.Region), r.Name).Context(ctx).Do()
				}))
			}
		}
		return nil
	})
	return out, err
}

func policies(ctx context.Context, a *api, filter string) (out []belonging, err error) {
	err = a.ResourcePolicies.AggregatedList(a.project).Filter(filter).MaxResults(pageSize).Pages(ctx, func(page *compute.ResourcePolicyAggregatedList) error {
		for _, list := range page.Items {
			for _, p := range list.ResourcePolicies {
				out = append(out, described("policy", p.Name, p.Description, func(ctx context.Context) (*compute.Operation, error) {
					return a.ResourcePolicies.Delete(a.project, last(p.Region), p.Name).Context(ctx).Do()
				}))
			}
		}
		return nil
	})
	return out, err
}

func disksLeft(ctx context.Context, a *api, filter string) (out []belonging, err error) {
	err = a.Disks.AggregatedList(a.project).Filter(filter).MaxResults(pageSize).Pages(ctx, func(page *compute.DiskAggregatedList) error {
		for _, list := range page.Items {
			for _, disk := range list.Disks {
				out = append(out, labelled("disk", disk.Name, disk.Labels, func(ctx context.Context) (*compute.Operation, error) {
					return a.Disks.Delete(a.project, last(disk.Zone), disk.Name).Context(ctx).Do()
				}))
			}
		}
		return nil
	})
	return out, err
}

func addresses(ctx context.Context, a *api, filter string) (out []belonging, err error) {
	err = a.Addresses.AggregatedList(a.project).Filter(filter).MaxResults(pageSize).Pages(ctx, func(page *compute.AddressAggregatedList) error {
		for _, list := range page.Items {
			for _, ip := range list.Addresses {
				out = append(out, labelled("address", ip.Name, ip.Labels, func(ctx context.Context) (*compute.Operation, error) {
					return a.Addresses.Delete(a.project, last(ip.Region), ip.Name).Context(ctx).Do()
				}))
			}
		}
		return nil
	})
	return out, err
}
