package azure

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources/v3"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var (
	_ providers.Identifier   = (*Driver)(nil)
	_ providers.OrphanLister = (*Driver)(nil)
)

// Identity implements providers.Identifier: the subscription and, where it is
// not the cluster's own, the resource group.
func (d *Driver) Identity(ctx context.Context) (providers.Identity, error) {
	words := "the Azure subscription " + d.config.subscription
	found, err := d.api.subscriptions.Get(ctx, d.config.subscription, nil)
	if err != nil && !isCode(err, "AuthorizationFailed") {
		return providers.Identity{}, fail(ctx, "find subscription "+d.config.subscription, "", err)
	}
	if name := val(found.DisplayName); name != "" {
		words = fmt.Sprintf("the Azure subscription %q (%s)", name, d.config.subscription)
	}
	id := strings.ToLower(d.config.subscription)
	if group := d.config.resourceGroup; group != "" {
		id += "/" + strings.ToLower(group)
		words += ", resource group " + group
	}
	return providers.Identity{ID: id, Words: words}, nil
}

// Clusters implements providers.OrphanLister, by the tag of the cluster on
// resource groups and resources of the whole subscription.
func (d *Driver) Clusters(ctx context.Context) ([]providers.ClusterRef, error) {
	ours := new("tagName eq '" + providers.TagCluster + "'")
	var groups []*armresources.ResourceGroup
	var resources []*armresources.GenericResourceExpanded
	err := all(
		func() (err error) {
			groups, err = collect(ctx, d.api.groups.NewListPager(&armresources.ResourceGroupsClientListOptions{Filter: ours}),
				func(p armresources.ResourceGroupsClientListResponse) []*armresources.ResourceGroup { return p.Value })
			return err
		},
		func() (err error) {
			resources, err = collect(ctx, d.api.resources.NewListPager(&armresources.ClientListOptions{Filter: ours}),
				func(p armresources.ClientListResponse) []*armresources.GenericResourceExpanded { return p.Value })
			return err
		},
	)
	if err != nil {
		return nil, fail(ctx, "list clusters", "", err)
	}
	found := refs{}
	for _, g := range groups {
		found.of(g.Tags).add("resource group " + val(g.Name))
	}
	for _, r := range resources {
		ref := found.of(r.Tags)
		if strings.EqualFold(val(r.Type), "Microsoft.Compute/virtualMachines") {
			ref.Machines++
			continue
		}
		_, short, _ := strings.Cut(val(r.Type), "/")
		ref.add(short + " " + val(r.Name))
	}
	return found.sorted(), nil
}

// refs gathers what is found by cluster.
type refs map[cluster.ID]*ref

type ref struct{ providers.ClusterRef }

func (r *ref) add(resource string) { r.Resources = append(r.Resources, resource) }

// of is the cluster of these tags.
func (f refs) of(tags map[string]*string) *ref {
	id := cluster.ID(tag(tags, providers.TagCluster))
	if f[id] == nil {
		f[id] = &ref{providers.ClusterRef{ID: id}}
	}
	if name := tag(tags, providers.TagName); name != "" {
		f[id].Name = cluster.Name(name)
	}
	return f[id]
}

func (f refs) sorted() []providers.ClusterRef {
	delete(f, "") // a filter that the cloud did not understand
	list := make([]providers.ClusterRef, 0, len(f))
	for _, r := range slices.SortedFunc(maps.Values(f), func(a, b *ref) int { return cmp.Compare(a.ID, b.ID) }) {
		slices.Sort(r.Resources)
		list = append(list, r.ClusterRef)
	}
	return list
}
