package google

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Cleanup implements providers.Driver: first what hangs on the network (rules,
// routers, policies, and disks and addresses that some accident left), then
// the subnetworks, last the network.
func (d *Driver) Cleanup(ctx context.Context, id cluster.ID, _ providers.Keep) error {
	const op = "clean up"
	if err := requireID(op, id); err != nil {
		return err
	}
	a, err := d.client(ctx)
	if err != nil {
		return d.fail(ctx, op, "", err)
	}
	machines, err := d.machines(ctx, a, byLabel(id))
	if err != nil {
		return d.fail(ctx, op, "", err)
	}
	if n := len(machines); n > 0 {
		return &providers.Error{Op: op, Kind: providers.Conflict, Err: fmt.Errorf("%d machines of the cluster still exist, %s among them", n, machines[0].Name)}
	}
	found, err := d.belongings(ctx, a, func(b belonging) bool { return b.cluster == id }, byName(id), byLabel(id))
	if err != nil {
		return d.fail(ctx, op, "", err)
	}
	for _, stage := range [][]string{{"firewall", "router", "policy", "disk", "address"}, {"subnetwork"}, {"network"}} {
		var changes []change
		for _, b := range found {
			if slices.Contains(stage, b.kind) {
				changes = append(changes, d.gone(b))
			}
		}
		if err := d.finishAll(ctx, a, changes); err != nil {
			return d.fail(ctx, op, "", err)
		}
	}
	return nil
}

// belonging is something beside machines that belongs to a cluster.
type belonging struct {
	kind    string // in Google's words
	name    string
	cluster cluster.ID
	owner   cluster.Name
	remove  change
}

// gone deletes something; that it does not exist is no error.
func (d *Driver) gone(b belonging) change {
	return func(ctx context.Context) (*compute.Operation, error) {
		op, err := b.remove(ctx)
		if isKind(err, providers.NotFound) {
			return &compute.Operation{Status: done}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", b.kind, b.name, d.explain(err))
		}
		return op, nil
	}
}

// belongings lists what is not a machine: networks and the like by name and
// description, the rest by label.
func (d *Driver) belongings(ctx context.Context, a *api, wanted func(belonging) bool, name, label string) ([]belonging, error) {
	lists := []func(context.Context, *api, string) ([]belonging, error){
		networks, subnetworks, firewalls, routers, policies, disksLeft, addresses,
	}
	found := make([][]belonging, len(lists))
	g, ctx := errgroup.WithContext(ctx)
	for n, list := range lists {
		filter := name
		if n >= len(lists)-2 {
			filter = label
		}
		g.Go(func() (err error) {
			found[n], err = list(ctx, a, filter)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Concat(found...), func(b belonging) bool { return b.cluster == "" || !wanted(b) }), nil
}

func described(kind, name, description string, remove change) belonging {
	id, owner := owner(description)
	return belonging{kind: kind, name: name, cluster: id, owner: owner, remove: remove}
}

func labelled(kind, name string, labels map[string]string, remove change) belonging {
	return belonging{
		kind: kind, name: name, cluster: cluster.ID(labels[providers.TagCluster]), owner: cluster.Name(labels[providers.TagName]), remove: remove,
	}
}
