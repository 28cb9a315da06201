package google

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Prepare implements providers.Driver: a network of the cluster's own, unless
// the settings name one, its firewall rules, and what groups ask for: placement
// policies, and network address translation for nodes without public address.
func (d *Driver) Prepare(ctx context.Context, req providers.PrepareRequest) error {
	const op = "prepare"
	if err := requireID(op, req.ID); err != nil {
		return err
	}
	a, err := d.client(ctx)
	if err != nil {
		return d.fail(ctx, op, "", err)
	}
	return d.fail(ctx, op, "", d.prepare(ctx, a, req))
}

func (d *Driver) prepare(ctx context.Context, a *api, req providers.PrepareRequest) error {
	var all, private []string
	for _, g := range req.Groups {
		o := optionsOf(g)
		zones := d.zones(o)
		if len(zones) == 0 {
			return errNoZone
		}
		all = append(all, zones...)
		if !d.public(o) {
			private = append(private, zones...)
		}
	}
	own := d.set.network == ""
	if own {
		req.Progress("network", "making the network "+networkName(req.ID))
		if err := d.ownNetwork(ctx, a, req, regionsOf(all)); err != nil {
			return err
		}
	}
	req.Progress("network", "opening the firewall")
	var g errgroup.Group
	g.Go(func() error { return d.inside(ctx, a, req) })
	g.Go(func() error { return d.admit(ctx, a, req.ID, req.Name, req.Network) })
	if own {
		for _, region := range regionsOf(private) {
			g.Go(func() error { return d.nat(ctx, a, req, region) })
		}
	}
	for _, group := range slices.DeleteFunc(slices.Clone(req.Groups), func(g cluster.Group) bool { return !optionsOf(g).compact }) {
		for _, region := range regionsOf(d.zones(optionsOf(group))) {
			g.Go(func() error { return d.policy(ctx, a, req, group.Name, region) })
		}
	}
	return g.Wait()
}
