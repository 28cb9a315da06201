package google_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/google"
)

func TestQuota(t *testing.T) {
	simulate(t, sim.Options{Quota: map[string]int{"N2_CPUS": 4, "CPUS_ALL_REGIONS": 5, "PREEMPTIBLE_CPUS": 1}}, func(r *rig) {
		for _, n := range []string{"a", "b"} {
			r.run(instance(n))
		}
		_, err := r.api.Instances.Insert(google.Project, zone, instance("c")).Do()
		if refusal(err) != "403 quotaExceeded" || !strings.Contains(err.Error(), "Quota 'N2_CPUS' exceeded.  Limit: 4.0 in region us-central1.") {
			t.Errorf("%v", err)
		}
		if got := refused(r, r.api.Instances.Insert(google.Project, zone, spot("c"))); got != "403 quotaExceeded" {
			t.Errorf("spot: %s", got)
		}
		other := instance("c")
		other.MachineType = "zones/" + zone + "/machineTypes/e2-medium"
		if op := r.done(r.insert(other)); opCode(op) != "403 QUOTA_EXCEEDED" || op.Error.Errors[0].Message != "Quota 'CPUS_ALL_REGIONS' exceeded.  Limit: 5.0 globally." {
			t.Errorf("%+v", op.Error)
		}
		for _, q := range do(r, r.api.Regions.Get(google.Project, region)).Quotas {
			if q.Metric == "N2_CPUS" && (q.Limit != 4 || q.Usage != 4) || q.Metric == "INSTANCES" && q.Usage != 2 {
				t.Errorf("quota %+v", q)
			}
		}
		r.done(do(r, r.api.Instances.Stop(google.Project, zone, "a")))
		r.run(instance("c"))
		if got := refused(r, r.api.Instances.Start(google.Project, zone, "a")); got != "403 quotaExceeded" {
			t.Errorf("start: %s", got)
		}
		for _, n := range []string{"a", "b", "c"} {
			r.done(do(r, r.api.Instances.Delete(google.Project, zone, n)))
		}
		for _, q := range append(do(r, r.api.Regions.Get(google.Project, region)).Quotas, do(r, r.api.Projects.Get(google.Project)).Quotas...) {
			if q.Usage != 0 {
				t.Errorf("used by nobody: %+v", q)
			}
		}
		r.clean()
	})
}

func TestStockOut(t *testing.T) {
	simulate(t, sim.Options{OperationTime: time.Second, Stock: map[string]int{zone + "/n2-standard-2": 1}}, func(r *rig) {
		r.run(instance("a"))
		op := r.insert(instance("b"))
		if op.Error != nil || r.get("b").Status != "PROVISIONING" {
			t.Errorf("refused at once: %+v", op.Error)
		}
		if op = r.done(op); opCode(op) != "503 ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS" {
			t.Errorf("%+v", op)
		}
		if got := r.inventory(); got != "disk a, instance a" {
			t.Errorf("left: %s", got)
		}
		r.done(do(r, r.api.Instances.Delete(google.Project, zone, "a")))
		r.run(instance("b"))
		r.clean()
	})
}

func TestDenied(t *testing.T) {
	for permission, message := range map[string]string{
		"compute.instances.create":          "Required 'compute.instances.create' permission for 'projects/ecluster-sim/zones/us-central1-a/instances/a'",
		"compute.instances.setLabels":       "Required 'compute.instances.setLabels' permission for 'projects/ecluster-sim/zones/us-central1-a/instances/a'",
		"compute.subnetworks.useExternalIp": "Required 'compute.subnetworks.useExternalIp' permission for 'projects/ecluster-sim/regions/us-central1/subnetworks/default'",
	} {
		simulate(t, sim.Options{Denied: []string{permission}}, func(r *rig) {
			_, err := r.api.Instances.Insert(google.Project, zone, instance("a")).Do()
			if refusal(err) != "403 forbidden" || !strings.Contains(err.Error(), message) || r.inventory() != "" {
				t.Errorf("%v; %s", err, r.inventory())
			}
		})
	}
}
