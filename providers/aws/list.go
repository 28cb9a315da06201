package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// pageSize is the most machines that EC2 lists at once.
const pageSize = 1000

// List implements providers.Driver.
func (d *Driver) List(ctx context.Context, id cluster.ID) ([]cluster.Instance, error) {
	found, err := d.instances(ctx, "list", id)
	if err != nil {
		return nil, err
	}
	kinds := make([]string, 0, len(found))
	for _, i := range found {
		kinds = append(kinds, string(i.InstanceType))
	}
	slices.Sort(kinds)
	infos, err := d.learnTypes(ctx, slices.Compact(kinds))
	if err != nil && ctx.Err() != nil {
		return nil, d.fail(ctx, "list", err)
	}
	list := make([]cluster.Instance, 0, len(found))
	for _, i := range found {
		list = append(list, instance(i, infos[string(i.InstanceType)])) // without the shape when it can't be asked for
	}
	return list, nil
}

// instances returns every machine of the cluster that EC2 shows, in any state.
func (d *Driver) instances(ctx context.Context, op string, id cluster.ID, more ...types.Filter) ([]types.Instance, error) {
	if err := requireID(op, id); err != nil {
		return nil, err
	}
	found, err := d.instancesBy(ctx, append(more, ofCluster(id))...)
	return found, d.fail(ctx, op, err)
}

// filterValues is how many values a filter of EC2 may have.
const filterValues = 200

// theseInstances are those of the ids that exist and belong to the cluster. It
// asks for no others: a batch of a large cluster must not cost a listing of all
// of it.
func (d *Driver) theseInstances(ctx context.Context, op string, id cluster.ID, ids []cluster.InstanceID) ([]types.Instance, error) {
	var found []types.Instance
	for some := range slices.Chunk(ids, filterValues) {
		values := make([]string, len(some))
		for i, id := range some {
			values[i] = string(id)
		}
		part, err := d.instances(ctx, op, id, types.Filter{Name: aws.String("instance-id"), Values: values})
		if err != nil {
			return nil, err
		}
		found = append(found, part...)
	}
	return found, nil
}

func (d *Driver) instancesBy(ctx context.Context, filters ...types.Filter) ([]types.Instance, error) {
	var found []types.Instance
	pages := ec2.NewDescribeInstancesPaginator(d.ec2, &ec2.DescribeInstancesInput{Filters: filters, MaxResults: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Reservations {
			found = append(found, r.Instances...)
		}
	}
	return found, nil
}

func instance(i types.Instance, info *types.InstanceTypeInfo) cluster.Instance {
	tags := tagMap(i.Tags)
	out := cluster.Instance{
		ID:        cluster.InstanceID(aws.ToString(i.InstanceId)),
		Node:      nodeOf(tags, int(aws.ToInt32(i.AmiLaunchIndex))),
		Group:     cluster.GroupName(tags[providers.TagGroup]),
		Attempt:   tags[providers.TagAttempt],
		State:     stateOf(i),
		Reason:    reasonOf(i),
		PrivateIP: aws.ToString(i.PrivateIpAddress),
		PublicIP:  aws.ToString(i.PublicIpAddress),
		Shape:     shape(info, i.CpuOptions),
		Created:   aws.ToTime(i.LaunchTime),
	}
	for _, host := range []string{out.PublicIP, out.PrivateIP} {
		if host != "" {
			out.Endpoints = append(out.Endpoints, cluster.Endpoint{Host: host, Port: 22})
		}
	}
	return out
}

// stateOf maps EC2's states. A machine that was terminated is listed for an
// hour, and is gone.
func stateOf(i types.Instance) cluster.InstanceState {
	if i.State == nil {
		return cluster.InstancePending
	}
	switch i.State.Name {
	case types.InstanceStateNamePending:
		return cluster.InstancePending
	case types.InstanceStateNameRunning:
		return cluster.InstanceRunning
	case types.InstanceStateNameShuttingDown, types.InstanceStateNameStopping:
		return cluster.InstanceStopping
	case types.InstanceStateNameStopped:
		return cluster.InstanceStopped
	case types.InstanceStateNameTerminated:
		return cluster.InstanceGone
	}
	return cluster.InstanceError
}

// reasons are EC2's codes in words.
var reasons = map[string]string{
	"Server.SpotInstanceTermination":      "AWS took the spot machine back",
	"Server.SpotInstanceShutdown":         "AWS took the spot machine back",
	"Server.InsufficientInstanceCapacity": "AWS had no such machine free",
	"Server.InternalError":                "the machine failed at AWS",
	"Server.ScheduledStop":                "AWS retired the machine's hardware",
	"Client.InstanceInitiatedShutdown":    "the machine shut itself down",
	"Client.UserInitiatedShutdown":        "the machine was stopped or deleted",
	"Client.VolumeLimitExceeded":          "the account's limit of disk space is reached",
	"Client.InternalError":                "the machine could not start, often because it may not use the key of an encrypted disk",
	"Client.InvalidKMSKey.InvalidState":   "the key of an encrypted disk can't be used",
	"Client.InvalidSnapshot.NotFound":     "the image's snapshot does not exist",
}

// reasonOf says why a machine is in an unusual state, in EC2's words.
func reasonOf(i types.Instance) string {
	if i.StateReason == nil || i.State == nil {
		return ""
	}
	if s := i.State.Name; s == types.InstanceStateNameRunning || s == types.InstanceStateNamePending {
		return "" // it is of the past
	}
	code, message := aws.ToString(i.StateReason.Code), aws.ToString(i.StateReason.Message)
	if message == "" {
		message = code
	}
	if words, known := reasons[code]; known && !strings.Contains(message, words) {
		return words + " (" + message + ")"
	}
	return message
}
