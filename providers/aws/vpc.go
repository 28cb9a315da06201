package aws

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/providers"
)

// A cluster's own network: 4,091 nodes in each of up to 16 zones.
const (
	vpcBlock    = "10.77.0.0/16"
	subnetBits  = 20
	everywhere  = "0.0.0.0/0"
	maxVPCZones = 16
)

// makeVPC makes a network with a subnet in each zone that the groups may use
// and a way out to the internet.
func (d *Driver) makeVPC(ctx context.Context, req providers.PrepareRequest) (string, error) {
	found, err := d.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: []types.Filter{ofCluster(req.ID)}})
	if err != nil {
		return "", err
	}
	var vpc string
	if len(found.Vpcs) > 0 { // a run that did not get to its end
		vpc = aws.ToString(found.Vpcs[0].VpcId)
	} else {
		req.Progress("network", "making the network "+vpcBlock)
		made, err := d.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{
			CidrBlock:         aws.String(vpcBlock),
			TagSpecifications: d.tagsFor(req, types.ResourceTypeVpc),
		})
		if err != nil {
			return "", err
		}
		vpc = aws.ToString(made.Vpc.VpcId)
	}
	err = d.until(ctx, "the network "+vpc, func() (bool, error) {
		out, err := d.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{vpc}})
		return err == nil && len(out.Vpcs) > 0 && out.Vpcs[0].State == types.VpcStateAvailable, err
	})
	if err != nil {
		return "", err
	}
	return vpc, d.equip(ctx, req, vpc)
}

// finishOwnVPC gives a network that is the cluster's own what a run that did
// not get to its end, or a zone that is new in the spec, still needs.
func (d *Driver) finishOwnVPC(ctx context.Context, req providers.PrepareRequest, vpc string) error {
	if d.s.subnet != "" || d.s.vpc != "" && d.s.vpc != newVPC {
		return nil
	}
	found, err := d.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: []types.Filter{ofCluster(req.ID)}})
	if err != nil || !slices.ContainsFunc(found.Vpcs, func(v types.Vpc) bool { return aws.ToString(v.VpcId) == vpc }) {
		return err
	}
	return d.equip(ctx, req, vpc)
}

// equip makes what a network lacks.
func (d *Driver) equip(ctx context.Context, req providers.PrepareRequest, vpc string) error {
	if _, err := d.ec2.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{
		VpcId: aws.String(vpc), EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)},
	}); err != nil {
		return err
	}
	if err := d.openToInternet(ctx, req, vpc); err != nil {
		return err
	}
	zones, err := d.zonesFor(ctx, req)
	if err != nil {
		return err
	}
	have, err := d.subnetsOf(ctx, vpc)
	if err != nil {
		return err
	}
	blocks, err := d.freeBlocks(ctx, vpc)
	if err != nil {
		return err
	}
	for _, z := range zones {
		if slices.ContainsFunc(have, func(s subnet) bool { return s.zone == z }) {
			continue
		}
		if len(blocks) == 0 {
			return invalid("prepare", fmt.Errorf("the network %s has room for subnets in %d zones only; list fewer", vpc, maxVPCZones))
		}
		if err := d.makeSubnet(ctx, req, vpc, z, blocks[0]); err != nil {
			return err
		}
		blocks = blocks[1:]
	}
	return nil
}

// openToInternet gives a network an internet gateway and the route to it.
func (d *Driver) openToInternet(ctx context.Context, req providers.PrepareRequest, vpc string) error {
	found, err := d.ec2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: []types.Filter{ofCluster(req.ID)}})
	if err != nil {
		return err
	}
	var gateway types.InternetGateway
	if len(found.InternetGateways) > 0 {
		gateway = found.InternetGateways[0]
	} else {
		made, err := d.ec2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{
			TagSpecifications: d.tagsFor(req, types.ResourceTypeInternetGateway),
		})
		if err != nil {
			return err
		}
		gateway = *made.InternetGateway
	}
	if len(gateway.Attachments) == 0 {
		err := d.until(ctx, "the internet gateway", func() (bool, error) {
			_, err := d.ec2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{
				InternetGatewayId: gateway.InternetGatewayId, VpcId: aws.String(vpc),
			})
			if parse(err).code == "Resource.AlreadyAssociated" {
				err = nil
			}
			return err == nil, err
		})
		if err != nil {
			return err
		}
	}
	tables, err := d.ec2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{
		Filters: []types.Filter{filter("vpc-id", vpc), filter("association.main", "true")},
	})
	if err != nil {
		return err
	}
	if len(tables.RouteTables) == 0 {
		return &providers.Error{Op: "prepare", Kind: providers.Transient, Err: fmt.Errorf("the network %s has no route table yet", vpc)}
	}
	for _, r := range tables.RouteTables[0].Routes {
		if aws.ToString(r.DestinationCidrBlock) == everywhere {
			return nil
		}
	}
	_, err = d.ec2.CreateRoute(ctx, &ec2.CreateRouteInput{
		RouteTableId: tables.RouteTables[0].RouteTableId, GatewayId: gateway.InternetGatewayId,
		DestinationCidrBlock: aws.String(everywhere),
	})
	if parse(err).code == "RouteAlreadyExists" {
		err = nil
	}
	return err
}

func (d *Driver) makeSubnet(ctx context.Context, req providers.PrepareRequest, vpc, zone, block string) error {
	made, err := d.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId: aws.String(vpc), AvailabilityZone: aws.String(zone), CidrBlock: aws.String(block),
		TagSpecifications: d.tagsFor(req, types.ResourceTypeSubnet),
	})
	if err != nil {
		return err
	}
	id := aws.ToString(made.Subnet.SubnetId)
	return d.until(ctx, "the subnet "+id, func() (bool, error) {
		out, err := d.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{id}})
		return err == nil && len(out.Subnets) > 0 && out.Subnets[0].State == types.SubnetStateAvailable, err
	})
}

// zonesFor are the zones in which groups may launch: those of the spec, and
// for groups without any the first that offers their machine types.
func (d *Driver) zonesFor(ctx context.Context, req providers.PrepareRequest) ([]string, error) {
	var zones []string
	for _, g := range req.Groups {
		for _, p := range d.s.places(g) {
			zone := p.zone
			if zone == "" {
				offered, err := d.offeredIn(ctx, p.machineType)
				if err != nil {
					return nil, err
				}
				if len(offered) == 0 {
					continue // Launch says so
				}
				zone = offered[0]
			}
			if !slices.Contains(zones, zone) {
				zones = append(zones, zone)
			}
		}
	}
	return zones, nil
}

// freeBlocks are the parts of the network that no subnet has.
func (d *Driver) freeBlocks(ctx context.Context, vpc string) ([]string, error) {
	out, err := d.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []types.Filter{filter("vpc-id", vpc)}})
	if err != nil {
		return nil, err
	}
	base := netip.MustParsePrefix(vpcBlock).Addr().As4()
	var free []string
	for i := range maxVPCZones {
		a := base
		a[2] = byte(i << (24 - subnetBits))
		block := netip.PrefixFrom(netip.AddrFrom4(a), subnetBits).String()
		if !slices.ContainsFunc(out.Subnets, func(s types.Subnet) bool { return aws.ToString(s.CidrBlock) == block }) {
			free = append(free, block)
		}
	}
	return free, nil
}

func (d *Driver) tagsFor(req providers.PrepareRequest, k types.ResourceType) []types.TagSpecification {
	return tagged(d.tagsOf(req.ID, req.Name, resourceName(req.ID, "")), k)
}
