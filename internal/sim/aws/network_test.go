package aws_test

import (
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/sim"
)

// net is a network of its own, as a cluster has it.
type net struct{ vpc, subnet, gateway, table, association, group string }

func (r *rig) network() net {
	r.Helper()
	var n net
	n.vpc = *must[*ec2.CreateVpcOutput](r)(r.ec2.CreateVpc(r.ctx(), &ec2.CreateVpcInput{CidrBlock: sdk.String("10.20.0.0/16")})).Vpc.VpcId
	must[*ec2.ModifyVpcAttributeOutput](r)(r.ec2.ModifyVpcAttribute(r.ctx(), &ec2.ModifyVpcAttributeInput{
		VpcId: &n.vpc, EnableDnsHostnames: &types.AttributeBooleanValue{Value: sdk.Bool(true)},
	}))
	n.subnet = *must[*ec2.CreateSubnetOutput](r)(r.ec2.CreateSubnet(r.ctx(), &ec2.CreateSubnetInput{
		VpcId: &n.vpc, CidrBlock: sdk.String("10.20.0.0/20"), AvailabilityZone: sdk.String("us-east-1b"),
	})).Subnet.SubnetId
	must[*ec2.ModifySubnetAttributeOutput](r)(r.ec2.ModifySubnetAttribute(r.ctx(), &ec2.ModifySubnetAttributeInput{
		SubnetId: &n.subnet, MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: sdk.Bool(true)},
	}))
	n.gateway = *must[*ec2.CreateInternetGatewayOutput](r)(r.ec2.CreateInternetGateway(r.ctx(), &ec2.CreateInternetGatewayInput{})).InternetGateway.InternetGatewayId
	must[*ec2.AttachInternetGatewayOutput](r)(r.ec2.AttachInternetGateway(r.ctx(), &ec2.AttachInternetGatewayInput{VpcId: &n.vpc, InternetGatewayId: &n.gateway}))
	n.table = *must[*ec2.CreateRouteTableOutput](r)(r.ec2.CreateRouteTable(r.ctx(), &ec2.CreateRouteTableInput{VpcId: &n.vpc})).RouteTable.RouteTableId
	must[*ec2.CreateRouteOutput](r)(r.ec2.CreateRoute(r.ctx(), &ec2.CreateRouteInput{
		RouteTableId: &n.table, DestinationCidrBlock: sdk.String("0.0.0.0/0"), GatewayId: &n.gateway,
	}))
	n.association = *must[*ec2.AssociateRouteTableOutput](r)(r.ec2.AssociateRouteTable(r.ctx(), &ec2.AssociateRouteTableInput{
		RouteTableId: &n.table, SubnetId: &n.subnet,
	})).AssociationId
	n.group = r.group("ecluster-c1", n.vpc)
	return n
}

func (r *rig) group(name, vpc string) string {
	r.Helper()
	return *must[*ec2.CreateSecurityGroupOutput](r)(r.ec2.CreateSecurityGroup(r.ctx(), &ec2.CreateSecurityGroupInput{
		GroupName: &name, Description: sdk.String("ecluster c1"), VpcId: &vpc,
	})).GroupId
}

func TestNetworkGoesInOrder(t *testing.T) {
	r := newRig(t, sim.Options{OperationTime: 2 * time.Millisecond})
	n := r.network()
	ids := r.run(1, func(in *ec2.RunInstancesInput) {
		in.SubnetId, in.SecurityGroupIds = &n.subnet, []string{n.group}
		in.BlockDeviceMappings = []types.BlockDeviceMapping{
			{DeviceName: sdk.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{VolumeSize: sdk.Int32(20), DeleteOnTermination: sdk.Bool(true)}},
			{DeviceName: sdk.String("/dev/sdf"), Ebs: &types.EbsBlockDevice{VolumeSize: sdk.Int32(5), VolumeType: types.VolumeTypeGp3}},
		}
	})
	r.reach(types.InstanceStateNameRunning, ids...)
	i := r.instances(ids...)[ids[0]]
	if *i.Placement.AvailabilityZone != "us-east-1b" || *i.VpcId != n.vpc || *i.SecurityGroups[0].GroupId != n.group || len(i.BlockDeviceMappings) != 2 {
		t.Errorf("instance is %+v", i)
	}

	_, err := r.ec2.DeleteVpc(r.ctx(), &ec2.DeleteVpcInput{VpcId: &n.vpc})
	r.refused(err, "DependencyViolation")
	_, err = r.ec2.DeleteSubnet(r.ctx(), &ec2.DeleteSubnetInput{SubnetId: &n.subnet})
	r.refused(err, "DependencyViolation")
	_, err = r.ec2.DeleteSecurityGroup(r.ctx(), &ec2.DeleteSecurityGroupInput{GroupId: &n.group})
	r.refused(err, "DependencyViolation")
	_, err = r.ec2.DetachInternetGateway(r.ctx(), &ec2.DetachInternetGatewayInput{VpcId: &n.vpc, InternetGatewayId: &n.gateway})
	r.refused(err, "DependencyViolation")
	_, err = r.ec2.DeleteInternetGateway(r.ctx(), &ec2.DeleteInternetGatewayInput{InternetGatewayId: &n.gateway})
	r.refused(err, "DependencyViolation")
	_, err = r.ec2.DeleteRouteTable(r.ctx(), &ec2.DeleteRouteTableInput{RouteTableId: &n.table})
	r.refused(err, "DependencyViolation")
	interfaces := must[*ec2.DescribeNetworkInterfacesOutput](r)(r.ec2.DescribeNetworkInterfaces(r.ctx(), &ec2.DescribeNetworkInterfacesInput{
		Filters: []types.Filter{{Name: sdk.String("group-id"), Values: []string{n.group}}},
	})).NetworkInterfaces
	if len(interfaces) != 1 {
		t.Fatalf("interfaces are %+v", interfaces)
	}
	_, err = r.ec2.DeleteNetworkInterface(r.ctx(), &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: interfaces[0].NetworkInterfaceId})
	r.refused(err, "InvalidParameterValue")
	data := *r.instances(ids...)[ids[0]].BlockDeviceMappings[1].Ebs.VolumeId
	_, err = r.ec2.DeleteVolume(r.ctx(), &ec2.DeleteVolumeInput{VolumeId: &data})
	r.refused(err, "VolumeInUse")

	r.terminate(ids...)
	must[*ec2.DeleteVolumeOutput](r)(r.ec2.DeleteVolume(r.ctx(), &ec2.DeleteVolumeInput{VolumeId: &data})) // an extra disk outlives its instance
	must[*ec2.DeleteSecurityGroupOutput](r)(r.ec2.DeleteSecurityGroup(r.ctx(), &ec2.DeleteSecurityGroupInput{GroupId: &n.group}))
	must[*ec2.DetachInternetGatewayOutput](r)(r.ec2.DetachInternetGateway(r.ctx(), &ec2.DetachInternetGatewayInput{VpcId: &n.vpc, InternetGatewayId: &n.gateway}))
	must[*ec2.DeleteInternetGatewayOutput](r)(r.ec2.DeleteInternetGateway(r.ctx(), &ec2.DeleteInternetGatewayInput{InternetGatewayId: &n.gateway}))
	must[*ec2.DisassociateRouteTableOutput](r)(r.ec2.DisassociateRouteTable(r.ctx(), &ec2.DisassociateRouteTableInput{AssociationId: &n.association}))
	must[*ec2.DeleteRouteTableOutput](r)(r.ec2.DeleteRouteTable(r.ctx(), &ec2.DeleteRouteTableInput{RouteTableId: &n.table}))
	must[*ec2.DeleteSubnetOutput](r)(r.ec2.DeleteSubnet(r.ctx(), &ec2.DeleteSubnetInput{SubnetId: &n.subnet}))
	must[*ec2.DeleteVpcOutput](r)(r.ec2.DeleteVpc(r.ctx(), &ec2.DeleteVpcInput{VpcId: &n.vpc}))
	r.empty()
}

func TestRulesOfGroups(t *testing.T) {
	r := newRig(t, sim.Options{})
	n := r.network()
	ssh := types.IpPermission{
		IpProtocol: sdk.String("tcp"), FromPort: sdk.Int32(22), ToPort: sdk.Int32(22),
		IpRanges: []types.IpRange{{CidrIp: sdk.String("192.0.2.7/32"), Description: sdk.String("ssh")}, {CidrIp: sdk.String("198.51.100.0/24")}},
	}
	all := types.IpPermission{IpProtocol: sdk.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &n.group}}}
	in := &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &n.group, IpPermissions: []types.IpPermission{ssh, all}}
	out := must[*ec2.AuthorizeSecurityGroupIngressOutput](r)(r.ec2.AuthorizeSecurityGroupIngress(r.ctx(), in))
	if len(out.SecurityGroupRules) != 3 {
		t.Errorf("rules are %+v", out.SecurityGroupRules)
	}
	_, err := r.ec2.AuthorizeSecurityGroupIngress(r.ctx(), in)
	r.refused(err, "InvalidPermission.Duplicate")
	_, err = r.ec2.CreateSecurityGroup(r.ctx(), &ec2.CreateSecurityGroupInput{GroupName: sdk.String("ecluster-c1"), Description: sdk.String("x"), VpcId: &n.vpc})
	r.refused(err, "InvalidGroup.Duplicate")

	other := r.group("other", n.vpc)
	must[*ec2.AuthorizeSecurityGroupIngressOutput](r)(r.ec2.AuthorizeSecurityGroupIngress(r.ctx(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &other, IpPermissions: []types.IpPermission{all},
	}))
	_, err = r.ec2.DeleteSecurityGroup(r.ctx(), &ec2.DeleteSecurityGroupInput{GroupId: &n.group})
	r.refused(err, "DependencyViolation") // other names it

	must[*ec2.RevokeSecurityGroupIngressOutput](r)(r.ec2.RevokeSecurityGroupIngress(r.ctx(), &ec2.RevokeSecurityGroupIngressInput{
		GroupId: &n.group, IpPermissions: []types.IpPermission{ssh},
	}))
	_, err = r.ec2.RevokeSecurityGroupIngress(r.ctx(), &ec2.RevokeSecurityGroupIngressInput{GroupId: &n.group, IpPermissions: []types.IpPermission{ssh}})
	r.refused(err, "InvalidPermission.NotFound")
	groups := must[*ec2.DescribeSecurityGroupsOutput](r)(r.ec2.DescribeSecurityGroups(r.ctx(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{n.group}}))
	if p := groups.SecurityGroups[0].IpPermissions; len(p) != 1 || *p[0].UserIdGroupPairs[0].GroupId != n.group {
		t.Errorf("permissions are %+v", p)
	}
	if p := groups.SecurityGroups[0].IpPermissionsEgress; len(p) != 1 || *p[0].IpRanges[0].CidrIp != "0.0.0.0/0" {
		t.Errorf("permissions to go out are %+v", p)
	}
	rules := must[*ec2.DescribeSecurityGroupRulesOutput](r)(r.ec2.DescribeSecurityGroupRules(r.ctx(), &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{{Name: sdk.String("group-id"), Values: []string{n.group}}},
	})).SecurityGroupRules
	if len(rules) != 2 {
		t.Errorf("rules are %+v", rules)
	}
}

func TestPlacementGroupInUse(t *testing.T) {
	r := newRig(t, sim.Options{})
	name := sdk.String("ecluster-c1-compute")
	must[*ec2.CreatePlacementGroupOutput](r)(r.ec2.CreatePlacementGroup(r.ctx(), &ec2.CreatePlacementGroupInput{GroupName: name, Strategy: types.PlacementStrategyCluster}))
	_, err := r.ec2.CreatePlacementGroup(r.ctx(), &ec2.CreatePlacementGroupInput{GroupName: name})
	r.refused(err, "InvalidPlacementGroup.Duplicate")
	ids := r.run(2, func(in *ec2.RunInstancesInput) { in.Placement = &types.Placement{GroupName: name} })
	_, err = r.ec2.DeletePlacementGroup(r.ctx(), &ec2.DeletePlacementGroupInput{GroupName: name})
	r.refused(err, "InvalidPlacementGroup.InUse")
	r.terminate(ids...)
	must[*ec2.DeletePlacementGroupOutput](r)(r.ec2.DeletePlacementGroup(r.ctx(), &ec2.DeletePlacementGroupInput{GroupName: name}))
	_, err = r.ec2.DeletePlacementGroup(r.ctx(), &ec2.DeletePlacementGroupInput{GroupName: name})
	r.refused(err, "InvalidPlacementGroup.Unknown")
	r.empty()
}

func TestKeyPairsAndAddresses(t *testing.T) {
	r := newRig(t, sim.Options{})
	key := must[*ec2.ImportKeyPairOutput](r)(r.ec2.ImportKeyPair(r.ctx(), &ec2.ImportKeyPairInput{
		KeyName: sdk.String("k"), PublicKeyMaterial: []byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJlLNQJBGDTZWRxBbH6bAF1yLTDsG1YZ8Lb8nvpC4qo5 x"),
	}))
	_, err := r.ec2.CreateKeyPair(r.ctx(), &ec2.CreateKeyPairInput{KeyName: sdk.String("k")})
	r.refused(err, "InvalidKeyPair.Duplicate")
	address := must[*ec2.AllocateAddressOutput](r)(r.ec2.AllocateAddress(r.ctx(), &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc}))
	if n := len(r.cloud.Inventory()); n != 2 {
		t.Errorf("%d things", n)
	}
	must[*ec2.DeleteKeyPairOutput](r)(r.ec2.DeleteKeyPair(r.ctx(), &ec2.DeleteKeyPairInput{KeyPairId: key.KeyPairId}))
	must[*ec2.DeleteKeyPairOutput](r)(r.ec2.DeleteKeyPair(r.ctx(), &ec2.DeleteKeyPairInput{KeyPairId: key.KeyPairId}))
	must[*ec2.ReleaseAddressOutput](r)(r.ec2.ReleaseAddress(r.ctx(), &ec2.ReleaseAddressInput{AllocationId: address.AllocationId}))
	r.empty()
}
