package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Launch implements providers.Driver with one RunInstances.
func (d *Driver) Launch(ctx context.Context, req providers.LaunchRequest) ([]providers.LaunchResult, error) {
	if err := requireID("launch", req.ID); err != nil {
		return nil, err
	}
	if len(req.Nodes) == 0 {
		return nil, nil
	}
	in, at, err := d.runInput(ctx, req)
	if err != nil {
		return nil, d.launchFailure(ctx, err)
	}
	out, err := d.ec2.RunInstances(ctx, in)
	if err != nil {
		return nil, d.fail(ctx, "launch", err)
	}
	results := make([]providers.LaunchResult, len(req.Nodes))
	for i, n := range req.Nodes {
		results[i].Node = n.Name
	}
	granted := 0
	for _, i := range out.Instances {
		if index := int(aws.ToInt32(i.AmiLaunchIndex)); index < len(results) {
			results[index].Instance = cluster.InstanceID(aws.ToString(i.InstanceId))
			granted++
		}
	}
	for i := range results {
		if results[i].Instance == "" {
			results[i].Err = &providers.Error{Op: "launch", Node: results[i].Node, Kind: providers.Capacity, Err: fmt.Errorf(
				"EC2 had %d of the %d %s machines in %s", granted, len(results), at.machineType, at.zone)}
		}
	}
	return results, nil
}

// launchFailure classifies what went wrong before the launch was sent.
func (d *Driver) launchFailure(ctx context.Context, err error) error {
	if bad, ok := errors.AsType[*imageError](err); ok {
		return &providers.Error{Op: "launch", Kind: bad.kind, Err: bad}
	}
	return d.fail(ctx, "launch", err)
}

// plan is everything that is looked up before machines of a group can be made.
type plan struct {
	place
	group  groupSettings
	info   *types.InstanceTypeInfo
	image  image
	subnet subnet
}

// plan looks up what a launch needs. All of it is remembered, so that a
// hundred batches ask no more than one.
func (d *Driver) plan(ctx context.Context, n providers.NodeRequest, net network, index int) (plan, error) {
	places := d.s.places(n.Group)
	p := plan{place: places[index%len(places)], group: d.s.of(n.Group)}
	if p.machineType == "" {
		return p, invalid("launch", errNoMachineType)
	}
	var err error
	if p.info, err = d.machineType(ctx, p.machineType); err != nil {
		return p, err
	}
	offered, err := d.offeredIn(ctx, p.machineType)
	if err != nil {
		return p, err
	}
	if err := p.settle(offered, net, len(places) > 1); err != nil {
		return p, err
	}
	p.image, err = d.resolveImage(ctx, n.Image, architecture(p.info))
	return p, err
}

// settle finds the zone and the subnet. What another place may have is a
// matter of capacity, so that the next one is tried.
func (p *plan) settle(offered []string, net network, others bool) error {
	k := providers.Invalid
	if others {
		k = providers.Capacity
	}
	if p.zone == "" {
		i := slices.IndexFunc(net.zones(), func(z string) bool { return slices.Contains(offered, z) })
		if i < 0 {
			return &providers.Error{Op: "launch", Kind: k, Err: fmt.Errorf(
				"the network %s has subnets in the zones [%s], and %s is offered in [%s]; choose another machine_type or network",
				net.vpc, strings.Join(net.zones(), " "), p.machineType, strings.Join(offered, " "))}
		}
		p.zone = net.zones()[i]
	}
	if !slices.Contains(offered, p.zone) {
		return &providers.Error{Op: "launch", Kind: k, Err: fmt.Errorf(
			"%s is not offered in %s, only in [%s]; correct zones or machine_type", p.machineType, p.zone, strings.Join(offered, " "))}
	}
	s, ok := net.in(p.zone)
	if !ok {
		return &providers.Error{Op: "launch", Kind: k, Err: fmt.Errorf(
			"the network %s has no subnet in %s, only in [%s]; make one there, or correct zones", net.vpc, p.zone, strings.Join(net.zones(), " "))}
	}
	p.subnet = s
	return nil
}

// runInput is the RunInstances of a batch. Equal requests give equal inputs:
// EC2 refuses a known token with other parameters.
func (d *Driver) runInput(ctx context.Context, req providers.LaunchRequest) (*ec2.RunInstancesInput, place, error) {
	net, err := d.networkOf(ctx, req.ID)
	if err != nil {
		return nil, place{}, err
	}
	first := req.Nodes[0]
	p, err := d.plan(ctx, first, net, req.Place)
	if err != nil {
		return nil, p.place, err
	}
	data, err := userData(req.Access, req.Expires, p.group.userData)
	if err != nil {
		return nil, p.place, err
	}
	in := p.template(first.Group)
	in.ClientToken = aws.String(req.Token)
	in.MinCount, in.MaxCount = aws.Int32(1), aws.Int32(int32(len(req.Nodes))) //nolint:gosec // at most 1000
	in.UserData = aws.String(data)
	in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{
		DeviceIndex: aws.Int32(0), SubnetId: aws.String(p.subnet.id), Groups: []string{net.group},
		AssociatePublicIpAddress: aws.Bool(p.group.public), DeleteOnTermination: aws.Bool(true),
	}}
	if p.group.efa {
		in.NetworkInterfaces[0].InterfaceType = aws.String("efa")
	}
	if p.group.placement != "" {
		in.Placement = &types.Placement{GroupName: aws.String(resourceName(req.ID, string(first.Group.Name)))}
	}
	kinds := []types.ResourceType{types.ResourceTypeInstance, types.ResourceTypeVolume, types.ResourceTypeNetworkInterface}
	if first.Group.Spot {
		kinds = append(kinds, types.ResourceTypeSpotInstancesRequest)
	}
	in.TagSpecifications = tagged(d.machineTags(req, p.group), kinds...)
	return in, p.place, nil
}

// template is what does not depend on the cluster.
func (p plan) template(g cluster.Group) *ec2.RunInstancesInput {
	in := &ec2.RunInstancesInput{
		ImageId:             aws.String(p.image.id),
		InstanceType:        types.InstanceType(p.machineType),
		BlockDeviceMappings: p.blockDevices(g.BootDisk),
		// A machine that halts itself, as when its time is over, is gone.
		InstanceInitiatedShutdownBehavior: types.ShutdownBehaviorTerminate,
		// Containers and jobs can't reach the metadata; root, on the node, can.
		MetadataOptions: &types.InstanceMetadataOptionsRequest{
			HttpEndpoint: types.InstanceMetadataEndpointStateEnabled, HttpTokens: types.HttpTokensStateRequired,
			HttpPutResponseHopLimit: aws.Int32(1),
		},
	}
	if g.Spot {
		spot := &types.SpotMarketOptions{
			SpotInstanceType:             types.SpotInstanceTypeOneTime,
			InstanceInterruptionBehavior: types.InstanceInterruptionBehaviorTerminate,
		}
		if p.group.maxPrice > 0 {
			spot.MaxPrice = aws.String(strconv.FormatFloat(p.group.maxPrice, 'f', -1, 64))
		}
		in.InstanceMarketOptions = &types.InstanceMarketOptionsRequest{MarketType: types.MarketTypeSpot, SpotOptions: spot}
	}
	switch {
	case strings.HasPrefix(p.group.profile, "arn:"):
		in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Arn: aws.String(p.group.profile)}
	case p.group.profile != "":
		in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: aws.String(p.group.profile)}
	}
	if p.group.threads > 0 || p.group.core > 0 {
		in.CpuOptions = p.cpuOptions()
	}
	return in
}

// cpuOptions gives both figures: EC2 takes none alone.
func (p plan) cpuOptions() *types.CpuOptionsRequest {
	cores, threads := int32(p.group.core), int32(p.group.threads) //nolint:gosec // both are checked by the schema
	if v := p.info.VCpuInfo; v != nil {
		if cores == 0 {
			cores = aws.ToInt32(v.DefaultCores)
		}
		if threads == 0 {
			threads = aws.ToInt32(v.DefaultThreadsPerCore)
		}
	}
	return &types.CpuOptionsRequest{CoreCount: aws.Int32(cores), ThreadsPerCore: aws.Int32(threads)}
}

// machineTags are the tags of all machines of a batch and of what is theirs.
func (d *Driver) machineTags(req providers.LaunchRequest, gs groupSettings) map[string]string {
	names := make([]cluster.NodeName, len(req.Nodes))
	for i, n := range req.Nodes {
		names[i] = n.Name
	}
	tags := nodeTags(names)
	called := string(req.Name) + " " + tags[providers.TagNode]
	maps.Copy(tags, d.tagsOf(req.ID, req.Name, called[:min(len(called), maxTagValue)]))
	maps.Copy(tags, gs.tags)
	tags[providers.TagGroup] = string(req.Nodes[0].Group.Name)
	tags[providers.TagAttempt] = req.Token
	return tags
}
