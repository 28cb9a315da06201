package aws

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/catalog"
	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

const testRegion = "eu-west-1"

// testSettings lead to a service at url with keys that nobody has.
func testSettings(url string) schema.Values {
	return schema.Values{"region": testRegion, "endpoint": url, "access_key": "AKIATEST", "secret_key": "secret"}
}

// testDriver opens a driver that neither reads the files of this machine nor
// waits.
func testDriver(t *testing.T, values schema.Values) *Driver {
	t.Helper()
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent/config")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")
	images, err := catalog.LoadImages()
	if err != nil {
		t.Fatal(err)
	}
	d, err := open(values, images, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	d.pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return d
}

var testAccess = providers.Access{
	AuthorizedKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ6m1y user", HostKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb\n-----END OPENSSH PRIVATE KEY-----\n",
	HostKeyPublic: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHost",
}

// leftovers names everything that has the tag of a cluster or its name. It
// asks for each kind of thing, not for tags.
func leftovers(t *testing.T, d *Driver, id cluster.ID) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	var left []string
	add := func(kind string, id2 *string, name *string, tags []types.Tag) {
		m := tagMap(tags)
		if m[providers.TagCluster] == string(id) || strings.Contains(aws.ToString(name), string(id)) {
			left = append(left, kind+" "+aws.ToString(id2))
		}
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	instances, err := d.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
	must(err)
	for _, r := range instances.Reservations {
		for _, i := range r.Instances {
			if i.State.Name != types.InstanceStateNameTerminated {
				add("instance", i.InstanceId, nil, i.Tags)
			}
		}
	}
	volumes, err := d.ec2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{})
	must(err)
	for _, v := range volumes.Volumes {
		add("volume", v.VolumeId, nil, v.Tags)
	}
	interfaces, err := d.ec2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{})
	must(err)
	for _, e := range interfaces.NetworkInterfaces {
		add("interface", e.NetworkInterfaceId, e.Description, e.TagSet)
	}
	groups, err := d.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{})
	must(err)
	for _, g := range groups.SecurityGroups {
		add("security group", g.GroupId, g.GroupName, g.Tags)
	}
	vpcs, err := d.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
	must(err)
	for _, v := range vpcs.Vpcs {
		add("vpc", v.VpcId, nil, v.Tags)
	}
	subnets, err := d.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	must(err)
	for _, s := range subnets.Subnets {
		add("subnet", s.SubnetId, nil, s.Tags)
	}
	gateways, err := d.ec2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{})
	must(err)
	for _, g := range gateways.InternetGateways {
		add("internet gateway", g.InternetGatewayId, nil, g.Tags)
	}
	slices.Sort(left)
	return left
}
