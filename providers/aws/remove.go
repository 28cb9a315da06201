package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// What machines leave behind may be a thousand things, and tags are shown for
// longer than the things are: each kind is listed once, and what is really
// there is deleted.

// cancelSpot withdraws requests that may still give machines.
func (d *Driver) cancelSpot(ctx context.Context, id cluster.ID) error {
	var open []string
	pages := ec2.NewDescribeSpotInstanceRequestsPaginator(d.ec2, &ec2.DescribeSpotInstanceRequestsInput{
		Filters: []types.Filter{ofCluster(id), filter("state", "open", "active")},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, r := range page.SpotInstanceRequests {
			open = append(open, aws.ToString(r.SpotInstanceRequestId))
		}
	}
	if len(open) == 0 {
		return nil
	}
	_, err := d.ec2.CancelSpotInstanceRequests(ctx, &ec2.CancelSpotInstanceRequestsInput{SpotInstanceRequestIds: open})
	return err
}

// deleteVolumes deletes the disks that their machines have left.
func (d *Driver) deleteVolumes(ctx context.Context, id cluster.ID) error {
	pages := ec2.NewDescribeVolumesPaginator(d.ec2, &ec2.DescribeVolumesInput{Filters: []types.Filter{ofCluster(id)}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, v := range page.Volumes {
			t := thing{kind: types.ResourceTypeVolume, id: aws.ToString(v.VolumeId)}
			switch v.State {
			case types.VolumeStateDeleting, types.VolumeStateDeleted:
				continue
			case types.VolumeStateInUse:
				return inUse(t, errAttached)
			case types.VolumeStateAvailable, types.VolumeStateCreating, types.VolumeStateError:
			}
			_, err := d.ec2.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: v.VolumeId})
			if err != nil && kindOf(err) != providers.NotFound {
				return inUse(t, err)
			}
		}
	}
	return nil
}

// deleteInterfaces deletes the network interfaces that their machines have left.
func (d *Driver) deleteInterfaces(ctx context.Context, id cluster.ID) error {
	pages := ec2.NewDescribeNetworkInterfacesPaginator(d.ec2, &ec2.DescribeNetworkInterfacesInput{Filters: []types.Filter{ofCluster(id)}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, e := range page.NetworkInterfaces {
			t := thing{kind: types.ResourceTypeNetworkInterface, id: aws.ToString(e.NetworkInterfaceId)}
			if e.Status == types.NetworkInterfaceStatusInUse {
				return inUse(t, errAttached)
			}
			_, err := d.ec2.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: e.NetworkInterfaceId})
			if err != nil && kindOf(err) != providers.NotFound {
				return inUse(t, err)
			}
		}
	}
	return nil
}

// errAttached is what a disk or an interface says of itself while its machine
// goes.
var errAttached = &providers.Error{Op: "clean up", Kind: providers.Conflict, Err: errors.New("it is attached to a machine")}

func (d *Driver) deleteSecurityGroup(ctx context.Context, group string) error {
	_, err := d.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: aws.String(group)})
	return err
}

func (d *Driver) deleteSubnet(ctx context.Context, subnet string) error {
	_, err := d.ec2.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: aws.String(subnet)})
	return err
}

func (d *Driver) deleteVPC(ctx context.Context, vpc string) error {
	_, err := d.ec2.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: aws.String(vpc)})
	return err
}

// deletePlacementGroup deletes by the name, which the id leads to.
func (d *Driver) deletePlacementGroup(ctx context.Context, group string) error {
	out, err := d.ec2.DescribePlacementGroups(ctx, &ec2.DescribePlacementGroupsInput{GroupIds: []string{group}})
	if err != nil {
		return err
	}
	for _, g := range out.PlacementGroups {
		if g.State == types.PlacementGroupStateDeleted || g.State == types.PlacementGroupStateDeleting {
			continue
		}
		if _, err := d.ec2.DeletePlacementGroup(ctx, &ec2.DeletePlacementGroupInput{GroupName: g.GroupName}); err != nil {
			return err
		}
	}
	return nil
}

func (d *Driver) deleteGateway(ctx context.Context, gateway string) error {
	out, err := d.ec2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{InternetGatewayIds: []string{gateway}})
	if err != nil {
		return err
	}
	for _, g := range out.InternetGateways {
		for _, a := range g.Attachments {
			_, err := d.ec2.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: g.InternetGatewayId, VpcId: a.VpcId})
			if err != nil && parse(err).code != "Gateway.NotAttached" && kindOf(err) != providers.NotFound {
				return err
			}
		}
		if _, err := d.ec2.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: g.InternetGatewayId}); err != nil {
			return err
		}
	}
	return nil
}
