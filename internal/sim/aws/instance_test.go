package aws_test

import (
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/sim"
)

func TestLifeOfInstances(t *testing.T) {
	r := newRig(t, sim.Options{OperationTime: 5 * time.Millisecond, BootTime: 5 * time.Millisecond})
	ids := r.run(3)
	r.reach(types.InstanceStateNameRunning, ids...)
	index := map[int32]bool{}
	for _, i := range r.instances(ids...) {
		index[*i.AmiLaunchIndex] = true
		if i.PrivateIpAddress == nil || i.PublicIpAddress == nil || len(i.BlockDeviceMappings) != 1 || len(i.NetworkInterfaces) != 1 {
			t.Errorf("instance is not whole: %+v", i)
		}
		if tag := i.Tags[0]; *tag.Key != "ecluster-cluster" || *tag.Value != "c1" {
			t.Errorf("tags are %+v", i.Tags)
		}
	}
	if len(index) != 3 {
		t.Errorf("launch indices are %v", index)
	}
	must[*ec2.StopInstancesOutput](r)(r.ec2.StopInstances(r.ctx(), &ec2.StopInstancesInput{InstanceIds: ids}))
	r.reach(types.InstanceStateNameStopped, ids...)
	must[*ec2.StartInstancesOutput](r)(r.ec2.StartInstances(r.ctx(), &ec2.StartInstancesInput{InstanceIds: ids}))
	r.reach(types.InstanceStateNameRunning, ids...)
	if left := r.cloud.Inventory(); len(left) != 9 {
		t.Errorf("three instances with a disk and an interface each, but the inventory is %+v", left)
	}
	out := must[*ec2.TerminateInstancesOutput](r)(r.ec2.TerminateInstances(r.ctx(), &ec2.TerminateInstancesInput{InstanceIds: ids}))
	if now := out.TerminatingInstances[0].CurrentState.Name; now != types.InstanceStateNameShuttingDown {
		t.Errorf("a terminating instance is %s", now)
	}
	r.reach(types.InstanceStateNameTerminated, ids...)
	r.empty()
}

func TestTokenLaunchesOnce(t *testing.T) {
	r := newRig(t, sim.Options{})
	token := func(in *ec2.RunInstancesInput) { in.ClientToken = sdk.String("attempt-1") }
	first := r.run(2, token)
	if again := r.run(2, token); len(again) != 2 || again[0] != first[0] || again[1] != first[1] {
		t.Errorf("the same token made %v and %v", first, again)
	}
	_, err := r.ec2.RunInstances(r.ctx(), r.input(1, token))
	r.refused(err, "IdempotentParameterMismatch")
	if n := len(r.instances()); n != 2 {
		t.Errorf("%d instances", n)
	}
}
