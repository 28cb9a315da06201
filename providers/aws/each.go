package aws

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Terminate implements providers.Driver.
func (d *Driver) Terminate(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, "terminate", id, ids, func(ctx context.Context, ids []string) error {
		_, err := d.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: ids})
		return err
	}, types.InstanceStateNameTerminated, types.InstanceStateNameShuttingDown)
}

var _ providers.Pauser = (*Driver)(nil)

// Pause implements providers.Pauser. Spot machines are one-time: EC2 refuses
// to stop them.
func (d *Driver) Pause(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, "pause", id, ids, func(ctx context.Context, ids []string) error {
		_, err := d.ec2.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: ids})
		return err
	}, types.InstanceStateNameTerminated, types.InstanceStateNameStopped, types.InstanceStateNameStopping)
}

// Resume implements providers.Pauser.
func (d *Driver) Resume(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, "resume", id, ids, func(ctx context.Context, ids []string) error {
		_, err := d.ec2.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: ids})
		return err
	}, types.InstanceStateNameTerminated, types.InstanceStateNameRunning, types.InstanceStateNamePending)
}

// each does something in one request to those of the machines that exist,
// belong to the cluster and are not in one of the states of having it behind
// them. EC2 refuses such a request as a whole: then each machine gets its own,
// so that one does not stand in the way of the others.
func (d *Driver) each(ctx context.Context, op string, id cluster.ID, ids []cluster.InstanceID,
	do func(context.Context, []string) error, done ...types.InstanceStateName,
) (map[cluster.InstanceID]error, error) {
	refused := map[cluster.InstanceID]error{}
	if len(ids) == 0 {
		return refused, nil
	}
	existing, err := d.theseInstances(ctx, op, id, ids)
	if err != nil {
		return nil, err
	}
	var ours []string
	for _, i := range existing {
		if i.State == nil || !slices.Contains(done, i.State.Name) {
			ours = append(ours, aws.ToString(i.InstanceId))
		}
	}
	if len(ours) == 0 {
		return refused, nil
	}
	err = do(ctx, ours)
	if err == nil {
		return refused, nil
	}
	if !single(err) {
		return nil, d.fail(ctx, op, err)
	}
	for _, i := range ours {
		if len(ours) > 1 {
			err = do(ctx, []string{i})
		}
		if err == nil || kindOf(err) == providers.NotFound {
			continue
		}
		if ctx.Err() != nil {
			return refused, d.fail(ctx, op, err)
		}
		refused[cluster.InstanceID(i)] = d.fail(ctx, op, err)
	}
	return refused, nil
}

// single reports whether an error may be about one machine of several.
func single(err error) bool {
	switch kindOf(err) {
	case providers.NotFound, providers.Invalid, providers.Conflict, providers.Capacity, providers.Unknown:
		return true
	case providers.Permission:
		return parse(err).code == "OperationNotPermitted" // protection of a machine; else nothing is permitted
	case providers.Quota, providers.Throttled, providers.Transient, providers.Canceled:
		return false
	}
	return false
}
