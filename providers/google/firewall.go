package google

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

func sshRule(id cluster.ID) string    { return resourceName(id, "ssh") }
func insideRule(id cluster.ID) string { return resourceName(id, "inside") }

// network is where the cluster's machines are.
func (d *Driver) network(a *api, id cluster.ID) string {
	if d.set.network != "" {
		return networkLink(a.project, d.set.network)
	}
	return networkLink(a.project, networkName(id))
}

// Admit implements providers.Firewall.
func (d *Driver) Admit(ctx context.Context, id cluster.ID, n cluster.Network) error {
	const op = "open the firewall"
	if err := requireID(op, id); err != nil {
		return err
	}
	a, err := d.client(ctx)
	if err == nil {
		err = d.admit(ctx, a, id, "", n)
	}
	return d.fail(ctx, op, "", err)
}

// admit lets those networks log in, and no others.
func (d *Driver) admit(ctx context.Context, a *api, id cluster.ID, name cluster.Name, n cluster.Network) error {
	from := ipv4(n.SSHFrom)
	rule := sshRule(id)
	there, err := a.Firewalls.Get(a.project, rule).Context(ctx).Do()
	switch {
	case isKind(err, providers.NotFound) && len(from) == 0:
		return nil
	case isKind(err, providers.NotFound):
		err = d.finish(ctx, a, func(ctx context.Context) (*compute.Operation, error) {
			return a.Firewalls.Insert(a.project, &compute.Firewall{
				Name: rule, Description: describe(id, name), Network: d.network(a, id), Direction: "INGRESS",
				SourceRanges: from, TargetTags: []string{tag(id)},
				Allowed: []*compute.FirewallAllowed{{IPProtocol: "tcp", Ports: []string{"22"}}},
			}).Context(ctx).Do()
		})
		if isKind(err, providers.Conflict) {
			return nil // another call made it just now
		}
	case err != nil:
	case len(from) == 0:
		err = d.finish(ctx, a, func(ctx context.Context) (*compute.Operation, error) {
			return a.Firewalls.Delete(a.project, rule).Context(ctx).Do()
		})
	case !slices.Equal(from, sorted(there.SourceRanges)):
		err = d.finish(ctx, a, func(ctx context.Context) (*compute.Operation, error) {
			return a.Firewalls.Patch(a.project, rule, &compute.Firewall{Name: rule, SourceRanges: from}).Context(ctx).Do()
		})
	}
	if err != nil {
		return fmt.Errorf("firewall rule %s: %w", rule, d.explain(err))
	}
	return nil
}

// inside lets the machines of the cluster reach each other.
func (d *Driver) inside(ctx context.Context, a *api, req providers.PrepareRequest) error {
	rule := insideRule(req.ID)
	err := d.ensure(ctx, a,
		func() error { _, err := a.Firewalls.Get(a.project, rule).Context(ctx).Do(); return err },
		func(ctx context.Context) (*compute.Operation, error) {
			return a.Firewalls.Insert(a.project, &compute.Firewall{
				Name: rule, Description: describe(req.ID, req.Name), Network: d.network(a, req.ID), Direction: "INGRESS",
				SourceTags: []string{tag(req.ID)}, TargetTags: []string{tag(req.ID)},
				Allowed: []*compute.FirewallAllowed{{IPProtocol: "all"}},
			}).Context(ctx).Do()
		})
	if err != nil {
		return fmt.Errorf("firewall rule %s: %w", rule, d.explain(err))
	}
	return nil
}

// ipv4 leaves out IPv6 networks: the machines have no such address, and a rule
// can't hold both.
func ipv4(networks []string) []string {
	var out []string
	for _, n := range networks {
		if p, err := netip.ParsePrefix(n); err != nil || p.Addr().Is4() {
			out = append(out, n)
		}
	}
	return slices.Compact(sorted(out))
}

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return out
}
