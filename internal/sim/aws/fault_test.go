package aws_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/ecluster/ecluster/internal/sim"
)

func withScript(faults ...sim.Fault) sim.Options {
	s := sim.NewScript()
	s.Inject(faults...)
	return sim.Options{Script: s}
}

func TestFaultsOfRequests(t *testing.T) {
	t.Run("throttled", func(t *testing.T) {
		r := newRig(t, withScript(sim.Fault{Op: "RunInstances", Code: "RequestLimitExceeded", RetryAfter: sim.Duration(time.Second)}))
		_, err := r.ec2.RunInstances(r.ctx(), r.input(1))
		r.refused(err, "RequestLimitExceeded")
		var response *smithyhttp.ResponseError
		if !errors.As(err, &response) || response.HTTPStatusCode() != http.StatusServiceUnavailable || response.Response.Header.Get("Retry-After") != "1" {
			t.Errorf("got %v", err)
		}
		r.run(1)
	})
	t.Run("lands in spite of the answer", func(t *testing.T) {
		r := newRig(t, withScript(sim.Fault{Op: "RunInstances", Code: "InternalError", Lands: true}))
		_, err := r.ec2.RunInstances(r.ctx(), r.input(2))
		r.refused(err, "InternalError")
		if n := len(r.instances()); n != 2 {
			t.Errorf("%d instances", n)
		}
	})
	t.Run("reset after it landed", func(t *testing.T) {
		r := newRig(t, withScript(sim.Fault{Op: "RunInstances", Reset: true, Lands: true}))
		_, err := r.ec2.RunInstances(r.ctx(), r.input(1))
		var api smithy.APIError
		if err == nil || errors.As(err, &api) {
			t.Errorf("got %v, want a broken connection", err)
		}
		if n := len(r.instances()); n != 1 {
			t.Errorf("%d instances", n)
		}
	})
	t.Run("fails later", func(t *testing.T) {
		r := newRig(t, withScript(sim.Fault{Op: "RunInstances", Later: true, Code: "InsufficientInstanceCapacity", Message: "gone"}))
		ids := r.run(1)
		r.reach(types.InstanceStateNameTerminated, ids...)
		if why := r.instances(ids...)[ids[0]].StateReason; *why.Code != "Server.InsufficientInstanceCapacity" {
			t.Errorf("reason is %+v", why)
		}
		r.empty()
	})
	t.Run("never ends", func(t *testing.T) {
		r := newRig(t, withScript(sim.Fault{Op: "RunInstances", Never: true}))
		ids := r.run(1)
		r.reach(types.InstanceStateNamePending, ids...)
		r.terminate(ids...)
	})
	t.Run("short", func(t *testing.T) {
		r := newRig(t, withScript(sim.Fault{Op: "RunInstances", Short: 7, Times: 2}))
		if ids := r.run(0, between(1, 10)); len(ids) != 7 {
			t.Errorf("%d instances", len(ids))
		}
		_, err := r.ec2.RunInstances(r.ctx(), r.input(10))
		r.refused(err, "InsufficientInstanceCapacity")
	})
}

func TestFatesOfMachines(t *testing.T) {
	script := sim.NewScript()
	script.Doom(
		sim.Fate{Node: "c1", Event: sim.Reclaim}, sim.Fate{Node: "c2", Event: sim.Die}, sim.Fate{Node: "c3", Event: sim.Break},
		sim.Fate{Node: "c4", Event: sim.Vanish}, sim.Fate{Node: "c5", Event: sim.Mute},
	)
	machines := &watched{Silent: sim.NewSilent()}
	r := newRig(t, sim.Options{Script: script, Machines: machines, BootTime: time.Millisecond})
	ids := append(r.run(1, spot("")), r.run(4, func(in *ec2.RunInstancesInput) {
		in.InstanceInitiatedShutdownBehavior = types.ShutdownBehaviorTerminate
	})...)
	for n, id := range ids {
		r.name([]string{"c1", "c2", "c3", "c4", "c5"}[n], id)
	}
	r.reach(types.InstanceStateNameTerminated, ids[:4]...)
	r.reach(types.InstanceStateNameRunning, ids[4])
	for n, code := range []string{
		"Server.SpotInstanceTermination", "Client.InstanceInitiatedShutdown", "Server.InternalError", "Client.UserInitiatedShutdown",
	} {
		if why := r.instances(ids[n])[ids[n]].StateReason; *why.Code != code {
			t.Errorf("%s: %s, not %s", ids[n], *why.Code, code)
		}
	}
	r.eventually("a silent machine", func() bool { return machines.silent(ids[4]) })

	stays := r.run(1)
	r.name("c6", stays...)
	r.reach(types.InstanceStateNameRunning, stays...)
	if err := r.cloud.Strike("c6", sim.Fate{Event: sim.Die}); err != nil {
		t.Fatal(err)
	}
	r.reach(types.InstanceStateNameStopped, stays...)
	if err := r.cloud.Strike("c9", sim.Fate{Event: sim.Die}); err == nil {
		t.Error("struck what does not exist")
	}
}

func TestNewsTakeTime(t *testing.T) {
	clock := newClock()
	o := clock.options()
	o.CreateLag, o.DeleteLag = time.Minute, time.Minute
	r := newRig(t, o)
	ids := r.run(1)
	if n := len(r.instances()); n != 0 {
		t.Errorf("%d instances are listed at once", n)
	}
	_, err := r.ec2.DescribeInstances(r.ctx(), &ec2.DescribeInstancesInput{InstanceIds: ids})
	r.refused(err, "InvalidInstanceID.NotFound")
	_, err = r.ec2.CreateTags(r.ctx(), &ec2.CreateTagsInput{Resources: ids, Tags: []types.Tag{{Key: sdk.String("a"), Value: sdk.String("b")}}})
	r.refused(err, "InvalidInstanceID.NotFound")
	group := *must[*ec2.CreateSecurityGroupOutput](r)(r.ec2.CreateSecurityGroup(r.ctx(), &ec2.CreateSecurityGroupInput{
		GroupName: sdk.String("g"), Description: sdk.String("g"),
	})).GroupId
	clock.advance(2 * time.Minute)
	if n := len(r.instances(ids...)); n != 1 {
		t.Errorf("%d instances are listed later", n)
	}
	must[*ec2.DeleteSecurityGroupOutput](r)(r.ec2.DeleteSecurityGroup(r.ctx(), &ec2.DeleteSecurityGroupInput{GroupId: &group}))
	listed := func() int {
		return len(must[*ec2.DescribeSecurityGroupsOutput](r)(r.ec2.DescribeSecurityGroups(r.ctx(), &ec2.DescribeSecurityGroupsInput{
			Filters: []types.Filter{{Name: sdk.String("group-name"), Values: []string{"g"}}},
		})).SecurityGroups)
	}
	if listed() != 1 {
		t.Error("a deleted group is not listed for a while")
	}
	clock.advance(2 * time.Minute)
	if listed() != 0 {
		t.Error("a deleted group is listed for ever")
	}
	r.terminate(ids...)
	r.empty()
}
