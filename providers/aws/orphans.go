package aws

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var (
	_ providers.OrphanLister = (*Driver)(nil)
	_ providers.Identifier   = (*Driver)(nil)
)

// Clusters implements providers.OrphanLister, for the region of the driver.
// What is the machines' own (disks, interfaces) is named only where no machine
// is left.
func (d *Driver) Clusters(ctx context.Context) ([]providers.ClusterRef, error) {
	machines, err := d.instancesBy(ctx, filter("tag-key", providers.TagCluster))
	if err != nil {
		return nil, d.fail(ctx, "list machines", err)
	}
	things, err := d.thingsBy(ctx, filter("key", providers.TagCluster))
	if err != nil {
		return nil, d.fail(ctx, "list tags", err)
	}
	refs := map[cluster.ID]*providers.ClusterRef{}
	of := func(id cluster.ID) *providers.ClusterRef {
		if refs[id] == nil {
			refs[id] = &providers.ClusterRef{ID: id}
		}
		return refs[id]
	}
	for _, i := range machines {
		if stateOf(i) == cluster.InstanceGone {
			continue
		}
		tags := tagMap(i.Tags)
		r := of(cluster.ID(tags[providers.TagCluster]))
		r.Name = cluster.Name(tags[providers.TagName])
		r.Machines++
	}
	for _, t := range things {
		if r := of(t.cluster); r.Machines == 0 || !isPart(t.kind) {
			r.Resources = append(r.Resources, t.String())
		}
	}
	if err := d.nameRefs(ctx, refs); err != nil {
		return nil, d.fail(ctx, "list tags", err)
	}
	out := make([]providers.ClusterRef, 0, len(refs))
	for _, r := range slices.SortedFunc(maps.Values(refs), func(a, b *providers.ClusterRef) int { return cmp.Compare(a.ID, b.ID) }) {
		slices.Sort(r.Resources)
		out = append(out, *r)
	}
	return out, nil
}

// isPart reports whether a resource comes and goes with a machine.
func isPart(k types.ResourceType) bool {
	return k == types.ResourceTypeVolume || k == types.ResourceTypeNetworkInterface || k == types.ResourceTypeSpotInstancesRequest
}

// nameRefs finds the names of clusters without machines: by the other tag of
// their resources.
func (d *Driver) nameRefs(ctx context.Context, refs map[cluster.ID]*providers.ClusterRef) error {
	nameless := false
	for _, r := range refs {
		nameless = nameless || r.Name == ""
	}
	if !nameless {
		return nil
	}
	groups, err := d.securityGroups(ctx, filter("tag-key", providers.TagCluster))
	if err != nil {
		return err
	}
	for _, g := range groups {
		tags := tagMap(g.Tags)
		if r := refs[cluster.ID(tags[providers.TagCluster])]; r != nil && r.Name == "" {
			r.Name = cluster.Name(tags[providers.TagName])
		}
	}
	return nil
}

// Identity implements providers.Identifier.
func (d *Driver) Identity(ctx context.Context) (providers.Identity, error) {
	out, err := d.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return providers.Identity{}, d.fail(ctx, "identify the account", err)
	}
	account := aws.ToString(out.Account)
	return providers.Identity{
		ID:    "aws:" + account + ":" + d.s.region,
		Words: "the AWS account " + account + " in " + d.s.region,
	}, nil
}
