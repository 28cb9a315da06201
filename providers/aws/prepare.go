package aws

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Prepare implements providers.Driver: it makes the security group, the
// placement groups, and, where the cluster has its own, the network.
func (d *Driver) Prepare(ctx context.Context, req providers.PrepareRequest) error {
	if err := requireID("prepare", req.ID); err != nil {
		return err
	}
	return d.fail(ctx, "prepare", d.prepare(ctx, req))
}

func (d *Driver) prepare(ctx context.Context, req providers.PrepareRequest) error {
	d.networks.forget(req.ID)
	group, err := d.securityGroup(ctx, req.ID)
	if err != nil {
		return err
	}
	if group == nil {
		req.Progress("network", "making the security group")
		vpc, err := d.vpcFor(ctx, req)
		if err != nil {
			return err
		}
		if group, err = d.makeSecurityGroup(ctx, req, vpc); err != nil {
			return err
		}
	} else if err := d.finishOwnVPC(ctx, req, aws.ToString(group.VpcId)); err != nil {
		return err
	}
	efa := false
	for _, g := range req.Groups {
		gs := d.s.of(g)
		efa = efa || gs.efa
		if gs.placement == "" {
			continue
		}
		if err := d.makePlacementGroup(ctx, req, g.Name, types.PlacementStrategy(gs.placement)); err != nil {
			return err
		}
	}
	if err := d.openInside(ctx, group, efa); err != nil {
		return err
	}
	if err := d.admit(ctx, group, req.Network.SSHFrom); err != nil {
		return err
	}
	n := network{vpc: aws.ToString(group.VpcId), group: aws.ToString(group.GroupId)}
	if n.subnets, err = d.subnetsOf(ctx, n.vpc); err != nil {
		return err
	}
	if len(n.subnets) == 0 {
		return invalid("prepare", fmt.Errorf("the network %s has no subnet; make one, or set vpc = %q in the provider block", n.vpc, newVPC))
	}
	d.networks.put(req.ID, n)
	return nil
}

// vpcFor returns the network that a new cluster uses.
func (d *Driver) vpcFor(ctx context.Context, req providers.PrepareRequest) (string, error) {
	vpc, err := d.existingVPC(ctx)
	if err != nil || vpc != "" {
		return vpc, err
	}
	return d.makeVPC(ctx, req)
}

func (d *Driver) makeSecurityGroup(ctx context.Context, req providers.PrepareRequest, vpc string) (*types.SecurityGroup, error) {
	name := resourceName(req.ID, "")
	made, err := d.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: aws.String(name), VpcId: aws.String(vpc),
		Description:       aws.String("Nodes of the cluster " + string(req.Name) + ", made by ecluster"),
		TagSpecifications: tagged(d.tagsOf(req.ID, req.Name, name), types.ResourceTypeSecurityGroup),
	})
	if err != nil && parse(err).code != "InvalidGroup.Duplicate" { // it landed although its answer did not
		return nil, err
	}
	in := &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{filter("group-name", name), filter("vpc-id", vpc)}}
	if err == nil {
		in = &ec2.DescribeSecurityGroupsInput{GroupIds: []string{aws.ToString(made.GroupId)}}
	}
	var group *types.SecurityGroup
	err = d.until(ctx, "the security group "+name, func() (bool, error) {
		out, err := d.ec2.DescribeSecurityGroups(ctx, in)
		if err != nil || len(out.SecurityGroups) == 0 {
			return false, err
		}
		group = &out.SecurityGroups[0]
		return true, nil
	})
	return group, err
}

func (d *Driver) makePlacementGroup(ctx context.Context, req providers.PrepareRequest, g cluster.GroupName, s types.PlacementStrategy) error {
	name := resourceName(req.ID, string(g))
	_, err := d.ec2.CreatePlacementGroup(ctx, &ec2.CreatePlacementGroupInput{
		GroupName: aws.String(name), Strategy: s,
		TagSpecifications: tagged(d.tagsOf(req.ID, req.Name, name), types.ResourceTypePlacementGroup),
	})
	if err != nil && parse(err).code != "InvalidPlacementGroup.Duplicate" {
		return err
	}
	return d.until(ctx, "the placement group "+name, func() (bool, error) {
		out, err := d.ec2.DescribePlacementGroups(ctx, &ec2.DescribePlacementGroupsInput{GroupNames: []string{name}})
		if err != nil || len(out.PlacementGroups) == 0 {
			return false, err
		}
		return out.PlacementGroups[0].State == types.PlacementGroupStateAvailable, nil
	})
}

// What was made is shown and usable within seconds; the pauses between looks
// double from the first to the last of these.
const (
	lookFirst    = 100 * time.Millisecond
	lookLast     = 3 * time.Second
	lookPatience = 2 * time.Minute
)

// until looks again until something that was just made is there; that it does
// not exist is EC2's word for not yet.
func (d *Driver) until(ctx context.Context, what string, there func() (bool, error)) error {
	return d.patiently(ctx, what, lookPatience, func() (bool, error) {
		ok, err := there()
		if err != nil && kindOf(err) == providers.NotFound {
			return false, nil
		}
		return ok, err
	})
}

func (d *Driver) patiently(ctx context.Context, what string, limit time.Duration, there func() (bool, error)) error {
	wait := lookFirst
	for waited := time.Duration(0); ; waited += wait {
		ok, err := there()
		if err != nil || ok {
			return err
		}
		if waited >= limit {
			return &providers.Error{Op: "wait", Kind: providers.Transient, Err: errors.New(what + " was made and is still not there; run the same command again")}
		}
		if waited > 0 {
			wait = min(2*wait, lookLast)
		}
		if err := d.pause(ctx, wait); err != nil {
			return err
		}
	}
}
