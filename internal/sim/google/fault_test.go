package google_test

import (
	"strings"
	"testing"
	"time"

	compute "google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/google"
)

func TestReclaim(t *testing.T) {
	script := sim.NewScript()
	script.Doom(sim.Fate{Node: "compute002", Event: sim.Reclaim, After: sim.Duration(20 * time.Second)})
	simulate(t, sim.Options{Script: script, OperationTime: time.Second}, func(r *rig) {
		r.run(spot("ecluster-abc-compute001"))
		gone := spot("ecluster-abc-compute002")
		gone.Scheduling.InstanceTerminationAction = "DELETE"
		r.run(gone)
		r.run(instance("ecluster-abc-frontend001"))
		if err := r.cloud.Strike("frontend001", sim.Fate{Event: sim.Reclaim}); err == nil {
			t.Error("an instance that is not spot was reclaimed")
		}
		if err := r.cloud.Strike("compute001", sim.Fate{Event: sim.Reclaim}); err != nil {
			t.Fatal(err)
		}
		if got := r.get("ecluster-abc-compute001").Status; got != "STOPPING" {
			t.Errorf("notice: %s", got)
		}
		<-time.After(2 * time.Second)
		if got := r.get("ecluster-abc-compute001").Status; got != "TERMINATED" {
			t.Errorf("then: %s", got)
		}
		<-time.After(20 * time.Second)
		if got := refused(r, r.api.Instances.Get(google.Project, zone, gone.Name)); got != "404 notFound" {
			t.Errorf("the other: %s", got)
		}
		ops := do(r, r.api.ZoneOperations.List(google.Project, zone).Filter(`operationType="compute.instances.preempted"`))
		if len(ops.Items) != 2 || ops.Items[0].User != "system" {
			t.Errorf("%d operations", len(ops.Items))
		}
		r.clean()
	})
}

func TestFates(t *testing.T) {
	script := sim.NewScript()
	script.Doom(sim.Fate{Node: "n001", Event: sim.Break, Message: "disk lost"}, sim.Fate{Node: "n002", Event: sim.Die}, sim.Fate{Node: "n003", Event: sim.Vanish})
	simulate(t, sim.Options{Script: script, OperationTime: time.Second}, func(r *rig) {
		if op := r.done(r.insert(instance("ecluster-abc-n001"))); opCode(op) != "500 INTERNAL_ERROR" || op.Error.Errors[0].Message != "disk lost" {
			t.Errorf("%+v", op)
		}
		for _, n := range []string{"n002", "n003"} {
			r.done(r.insert(instance("ecluster-abc-" + n)))
		}
		<-time.After(3 * time.Second)
		if got := r.get("ecluster-abc-n002").Status; got != "TERMINATED" {
			t.Errorf("dead: %s", got)
		}
		if got := r.inventory(); got != "disk ecluster-abc-n002, instance ecluster-abc-n002" {
			t.Errorf("left: %s", got)
		}
	})
}

func TestRunLimit(t *testing.T) {
	simulate(t, sim.Options{OperationTime: time.Second}, func(r *rig) {
		i := instance("a")
		i.Scheduling = &compute.Scheduling{InstanceTerminationAction: "DELETE", MaxRunDuration: &compute.Duration{Seconds: 3600}}
		if i = r.run(i); i.ResourceStatus.Scheduling.TerminationTimestamp == "" {
			t.Error("no end is shown")
		}
		<-time.After(59 * time.Minute)
		if got := r.get("a").Status; got != "RUNNING" {
			t.Errorf("before its time: %s", got)
		}
		<-time.After(2 * time.Minute)
		if got := r.inventory(); got != "" {
			t.Errorf("left: %s", got)
		}
		r.clean()
	})
}

func TestFaults(t *testing.T) {
	const op = "compute.instances.insert"
	for _, test := range []struct {
		fault sim.Fault
		want  string
		left  string
	}{
		{sim.Fault{Code: "rateLimitExceeded", RetryAfter: sim.Duration(3 * time.Second)}, "403 rateLimitExceeded", ""},
		{sim.Fault{Status: 429}, "429 rateLimitExceeded", ""},
		{sim.Fault{Status: 500}, "500 backendError", ""},
		{sim.Fault{Status: 503, Lands: true}, "503 backendError", "disk a, instance a"},
		{sim.Fault{Code: "accessNotConfigured"}, "403 accessNotConfigured", ""},
		{sim.Fault{Code: "authError"}, "401 authError", ""},
		{sim.Fault{Code: "quotaExceeded"}, "403 quotaExceeded", ""},
		{sim.Fault{Code: "forbidden"}, "403 forbidden", ""},
		{sim.Fault{Code: "resourceInUseByAnotherResource"}, "400 resourceInUseByAnotherResource", ""},
		{sim.Fault{Code: "somethingNew", Status: 418, Message: "no"}, "418 somethingNew", ""},
		{sim.Fault{Reset: true}, "reset", ""},
		{sim.Fault{Reset: true, Lands: true}, "reset", "disk a, instance a"},
		{sim.Fault{Later: true, Code: "QUOTA_EXCEEDED"}, "403 QUOTA_EXCEEDED", ""},
		{sim.Fault{Later: true, Code: "ZONE_RESOURCE_POOL_EXHAUSTED"}, "503 ZONE_RESOURCE_POOL_EXHAUSTED", ""},
		{sim.Fault{Never: true}, "RUNNING", "disk a, instance a"},
		{sim.Fault{Delay: sim.Duration(time.Minute)}, "DONE", "disk a, instance a"},
	} {
		t.Run(test.want, func(t *testing.T) {
			script := sim.NewScript()
			simulate(t, sim.Options{Script: script, OperationTime: time.Second}, func(r *rig) {
				test.fault.Op, test.fault.Node = op, "a"
				script.Inject(test.fault)
				i := instance("a")
				start := time.Now()
				res, err := r.api.Instances.Insert(google.Project, zone, i).Do()
				got := refusal(err)
				switch {
				case err == nil:
					got = opCode(r.done(res))
				case strings.Contains(err.Error(), "connection reset"):
					got = "reset"
				}
				if got != test.want || r.inventory() != test.left {
					t.Errorf("%s; left: %s", got, r.inventory())
				}
				if test.fault.Delay > 0 && time.Since(start) < time.Minute {
					t.Error("no delay")
				}
				if test.fault.Never {
					r.done(do(r, r.api.Instances.Delete(google.Project, zone, "a")))
					if got := r.done(res); opCode(got) != "409 OPERATION_CANCELED_BY_USER" || r.inventory() != "" {
						t.Errorf("after the deletion: %s, %s", opCode(got), r.inventory())
					}
				}
				r.clean()
			})
		})
	}
}
