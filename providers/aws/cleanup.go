package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Cleanup implements providers.Driver. What EC2 still finds in use is of kind
// Conflict: disks and network interfaces outlive their machine by seconds, and
// what is in their way goes with them.
func (d *Driver) Cleanup(ctx context.Context, id cluster.ID, _ providers.Keep) error {
	machines, err := d.instances(ctx, "clean up", id)
	if err != nil {
		return err
	}
	var left []string
	for _, i := range machines {
		if stateOf(i) != cluster.InstanceGone {
			left = append(left, aws.ToString(i.InstanceId))
		}
	}
	if len(left) > 0 {
		slices.Sort(left)
		return &providers.Error{Op: "clean up", Kind: providers.Conflict, Err: fmt.Errorf("machines of the cluster still exist: %s", strings.Join(left, ", "))}
	}
	d.networks.forget(id)
	return d.fail(ctx, "clean up", d.remove(ctx, id))
}

// remove deletes everything that carries the tag of a cluster but machines, in
// the order in which EC2 allows it.
func (d *Driver) remove(ctx context.Context, id cluster.ID) error {
	things, err := d.thingsBy(ctx, filter("key", providers.TagCluster), filter("value", string(id)))
	if err != nil {
		return err
	}
	has := func(k types.ResourceType) bool {
		return slices.ContainsFunc(things, func(t thing) bool { return t.kind == k })
	}
	for _, step := range []struct {
		kind   types.ResourceType
		delete func(context.Context, cluster.ID) error
	}{
		{types.ResourceTypeSpotInstancesRequest, d.cancelSpot},
		{types.ResourceTypeVolume, d.deleteVolumes},
		{types.ResourceTypeNetworkInterface, d.deleteInterfaces},
	} {
		if !has(step.kind) {
			continue
		}
		if err := step.delete(ctx, id); err != nil {
			return err
		}
	}
	for _, step := range []struct {
		kind   types.ResourceType
		delete func(context.Context, string) error
	}{
		{types.ResourceTypeSecurityGroup, d.deleteSecurityGroup},
		{types.ResourceTypePlacementGroup, d.deletePlacementGroup},
		{types.ResourceTypeSubnet, d.deleteSubnet},
		{types.ResourceTypeInternetGateway, d.deleteGateway},
		{types.ResourceTypeVpc, d.deleteVPC},
	} {
		for _, t := range things {
			if t.kind != step.kind {
				continue
			}
			if err := step.delete(ctx, t.id); err != nil && kindOf(err) != providers.NotFound {
				return inUse(t, err)
			}
		}
	}
	return nil
}

// inUse names what could not be deleted.
func inUse(t thing, err error) error {
	var why error = parse(err)
	if own, ok := errors.AsType[*providers.Error](err); ok {
		why = own.Err
	} else if kindOf(err) != providers.Conflict {
		return err
	}
	return &providers.Error{Op: "clean up", Kind: providers.Conflict, Err: fmt.Errorf(
		"the %s is still in use: %w; if it stays, remove what is not ecluster's and uses it%s, then stop again", t, why, t.users())}
}

// thing is a resource of a cluster that is no machine.
type thing struct {
	kind    types.ResourceType
	id      string
	cluster cluster.ID
}

// users is how to find what uses a thing, in brackets; "" where there is no
// one way.
func (t thing) users() string {
	filters := map[types.ResourceType]string{
		types.ResourceTypeSecurityGroup: "group-id", types.ResourceTypeSubnet: "subnet-id", types.ResourceTypeVpc: "vpc-id",
	}
	if filters[t.kind] == "" {
		return ""
	}
	return fmt.Sprintf(" (`aws ec2 describe-network-interfaces --filters Name=%s,Values=%s`)", filters[t.kind], t.id)
}

func (t thing) String() string { return strings.ReplaceAll(string(t.kind), "-", " ") + " " + t.id }

// thingsBy returns what the tags of a region tell of, but machines and what
// outlives clusters. It may be of the past: tags are shown for some time after
// their resource is gone.
func (d *Driver) thingsBy(ctx context.Context, filters ...types.Filter) ([]thing, error) {
	var out []thing
	pages := ec2.NewDescribeTagsPaginator(d.ec2, &ec2.DescribeTagsInput{Filters: filters, MaxResults: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Tags {
			switch t.ResourceType {
			case types.ResourceTypeInstance, types.ResourceTypeImage, types.ResourceTypeSnapshot:
			default:
				out = append(out, thing{kind: t.ResourceType, id: aws.ToString(t.ResourceId), cluster: cluster.ID(aws.ToString(t.Value))})
			}
		}
	}
	return out, nil
}
