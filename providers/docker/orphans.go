package docker

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var _ providers.OrphanLister = (*Driver)(nil)

// Clusters implements providers.OrphanLister.
func (d *Driver) Clusters(ctx context.Context) ([]providers.ClusterRef, error) {
	ours := make(client.Filters).Add("label", providers.TagCluster)
	containers, err := d.cli.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: ours})
	if err != nil {
		return nil, d.fail(ctx, "list containers", "", err)
	}
	networks, err := d.cli.NetworkList(ctx, client.NetworkListOptions{Filters: ours})
	if err != nil {
		return nil, d.fail(ctx, "list networks", "", err)
	}
	volumes, err := d.cli.VolumeList(ctx, client.VolumeListOptions{Filters: ours})
	if err != nil {
		return nil, d.fail(ctx, "list volumes", "", err)
	}
	found := make(refs)
	for _, c := range containers.Items {
		found.of(c.Labels).Machines++
	}
	for _, n := range networks.Items {
		found.of(n.Labels).add("network " + n.Name)
	}
	for _, v := range volumes.Items {
		found.of(v.Labels).add("volume " + v.Name)
	}
	return found.sorted(), nil
}

// refs gathers what is found by cluster.
type refs map[cluster.ID]*ref

type ref struct{ providers.ClusterRef }

func (r *ref) add(resource string) { r.Resources = append(r.Resources, resource) }

func (f refs) of(labels map[string]string) *ref {
	id := cluster.ID(labels[providers.TagCluster])
	if f[id] == nil {
		f[id] = &ref{providers.ClusterRef{ID: id, Name: cluster.Name(labels[providers.TagName])}}
	}
	return f[id]
}

func (f refs) sorted() []providers.ClusterRef {
	list := make([]providers.ClusterRef, 0, len(f))
	for _, r := range slices.SortedFunc(maps.Values(f), func(a, b *ref) int { return cmp.Compare(a.ID, b.ID) }) {
		slices.SortFunc(r.Resources, strings.Compare)
		list = append(list, r.ClusterRef)
	}
	return list
}
