package google

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Clusters implements providers.OrphanLister.
func (d *Driver) Clusters(ctx context.Context) ([]providers.ClusterRef, error) {
	const op = "list clusters"
	a, err := d.client(ctx)
	if err != nil {
		return nil, d.fail(ctx, op, "", err)
	}
	ours := "labels." + providers.TagCluster + ":*"
	machines, err := d.machines(ctx, a, ours)
	if err != nil {
		return nil, d.fail(ctx, op, "", err)
	}
	rest, err := d.belongings(ctx, a, func(belonging) bool { return true }, `name eq "ecluster-.*"`, ours)
	if err != nil {
		return nil, d.fail(ctx, op, "", err)
	}
	found := map[cluster.ID]*providers.ClusterRef{}
	of := func(id cluster.ID, name cluster.Name) *providers.ClusterRef {
		if found[id] == nil {
			found[id] = &providers.ClusterRef{ID: id}
		}
		if found[id].Name == "" {
			found[id].Name = name
		}
		return found[id]
	}
	for _, m := range machines {
		of(cluster.ID(m.Labels[providers.TagCluster]), cluster.Name(m.Labels[providers.TagName])).Machines++
	}
	for _, b := range rest {
		ref := of(b.cluster, b.owner)
		ref.Resources = append(ref.Resources, b.kind+" "+b.name)
	}
	out := make([]providers.ClusterRef, 0, len(found))
	for _, ref := range slices.SortedFunc(maps.Values(found), func(a, b *providers.ClusterRef) int { return cmp.Compare(a.ID, b.ID) }) {
		slices.Sort(ref.Resources)
		out = append(out, *ref)
	}
	return out, nil
}

// Identity implements providers.Identifier.
func (d *Driver) Identity(ctx context.Context) (providers.Identity, error) {
	const op = "identify the project"
	a, err := d.client(ctx)
	if err != nil {
		return providers.Identity{}, d.fail(ctx, op, "", err)
	}
	p, err := a.Projects.Get(a.project).Context(ctx).Do()
	if err != nil {
		return providers.Identity{}, d.fail(ctx, op, "", err)
	}
	return providers.Identity{
		ID:    "google/" + strconv.FormatUint(p.Id, 10),
		Words: fmt.Sprintf("the project %s of Google Cloud", p.Name),
	}, nil
}
