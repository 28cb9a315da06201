package aws

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// network is where the machines of a cluster are.
type network struct {
	vpc     string
	group   string // id of the security group
	subnets []subnet
}

type subnet struct {
	id, zone string
	byName   bool // the spec names it
	standard bool // the default one of its zone
}

// in returns the subnet for a zone: the one of the spec, the zone's default,
// else the first.
func (n network) in(zone string) (subnet, bool) {
	var fit []subnet
	for _, s := range n.subnets {
		if s.byName {
			return s, zone == "" || s.zone == zone
		}
		if s.zone == zone {
			fit = append(fit, s)
		}
	}
	if len(fit) == 0 {
		return subnet{}, false
	}
	return slices.MinFunc(fit, func(a, b subnet) int {
		if a.standard != b.standard {
			return map[bool]int{true: -1, false: 1}[a.standard]
		}
		return cmp.Compare(a.id, b.id)
	}), true
}

// zones are those that have a subnet, sorted.
func (n network) zones() []string {
	var out []string
	for _, s := range n.subnets {
		if s.byName {
			return []string{s.zone}
		}
		out = append(out, s.zone)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// resourceName is what the security group of a cluster is called; a placement
// group adds the name of its node group.
func resourceName(id cluster.ID, suffix string) string {
	return strings.TrimSuffix("ecluster-"+string(id)+"-"+suffix, "-")
}

// networkOf finds what Prepare made, once a cluster.
func (d *Driver) networkOf(ctx context.Context, id cluster.ID) (network, error) {
	return d.networks.get(ctx, id, func(ctx context.Context) (network, error) {
		group, err := d.securityGroup(ctx, id)
		if err != nil {
			return network{}, err
		}
		if group == nil {
			return network{}, &providers.Error{Op: "launch", Kind: providers.NotFound, Err: fmt.Errorf(
				"the cluster has no security group %q any more; run `ecluster start` again, which makes it", resourceName(id, ""))}
		}
		n := network{vpc: aws.ToString(group.VpcId), group: aws.ToString(group.GroupId)}
		n.subnets, err = d.subnetsOf(ctx, n.vpc)
		return n, err
	})
}

// securityGroup returns the group of a cluster, or nil.
func (d *Driver) securityGroup(ctx context.Context, id cluster.ID) (*types.SecurityGroup, error) {
	found, err := d.securityGroups(ctx, ofCluster(id))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func (d *Driver) securityGroups(ctx context.Context, filters ...types.Filter) ([]types.SecurityGroup, error) {
	var found []types.SecurityGroup
	pages := ec2.NewDescribeSecurityGroupsPaginator(d.ec2, &ec2.DescribeSecurityGroupsInput{Filters: filters, MaxResults: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		found = append(found, page.SecurityGroups...)
	}
	return found, nil
}

// subnetsOf returns the subnets that machines may be in.
func (d *Driver) subnetsOf(ctx context.Context, vpc string) ([]subnet, error) {
	in := &ec2.DescribeSubnetsInput{Filters: []types.Filter{filter("vpc-id", vpc)}}
	if d.s.subnet != "" {
		in = &ec2.DescribeSubnetsInput{SubnetIds: []string{d.s.subnet}}
	}
	var out []subnet
	pages := ec2.NewDescribeSubnetsPaginator(d.ec2, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Subnets {
			out = append(out, subnet{
				id: aws.ToString(s.SubnetId), zone: aws.ToString(s.AvailabilityZone),
				byName: d.s.subnet != "", standard: aws.ToBool(s.DefaultForAz),
			})
		}
	}
	return out, nil
}

// existingVPC returns the network of the spec, or the default one of the
// region; "" when the cluster is to have its own.
func (d *Driver) existingVPC(ctx context.Context) (string, error) {
	switch {
	case d.s.subnet != "":
		out, err := d.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{d.s.subnet}})
		if err != nil || len(out.Subnets) == 0 {
			return "", err
		}
		vpc := aws.ToString(out.Subnets[0].VpcId)
		if d.s.vpc != "" && d.s.vpc != vpc {
			return "", invalid("prepare", fmt.Errorf("the subnet %s is in %s, not in the vpc %s of the provider block", d.s.subnet, vpc, d.s.vpc))
		}
		return vpc, nil
	case d.s.vpc == newVPC:
		return "", nil
	case d.s.vpc != "":
		_, err := d.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{d.s.vpc}})
		return d.s.vpc, err
	}
	out, err := d.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: []types.Filter{filter("is-default", "true")}})
	if err != nil || len(out.Vpcs) == 0 {
		return "", err
	}
	return aws.ToString(out.Vpcs[0].VpcId), nil
}

// ofCluster selects what carries the tag of a cluster.
func ofCluster(id cluster.ID) types.Filter {
	return filter("tag:"+providers.TagCluster, string(id))
}

// tagsOf are the tags of what the machines of a cluster share.
func (d *Driver) tagsOf(id cluster.ID, name cluster.Name, called string) map[string]string {
	tags := map[string]string{"Name": called, providers.TagCluster: string(id), providers.TagName: string(name)}
	maps.Copy(tags, d.s.tags)
	return tags
}

// tagged puts tags on what a request makes, one set for each kind of resource.
func tagged(tags map[string]string, kinds ...types.ResourceType) []types.TagSpecification {
	out := make([]types.TagSpecification, 0, len(kinds))
	for _, k := range kinds {
		out = append(out, types.TagSpecification{ResourceType: k, Tags: tagList(tags)})
	}
	return out
}

// tagList is sorted: equal launches must be equal requests.
func tagList(tags map[string]string) []types.Tag {
	out := make([]types.Tag, 0, len(tags))
	for k, v := range tags {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(v)})
	}
	slices.SortFunc(out, func(a, b types.Tag) int { return cmp.Compare(*a.Key, *b.Key) })
	return out
}

func tagMap(tags []types.Tag) map[string]string {
	out := make(map[string]string, len(tags))
	for _, t := range tags {
		out[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return out
}
