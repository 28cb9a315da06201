package google_test

import (
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/google"
)

func TestInstanceLife(t *testing.T) {
	simulate(t, sim.Options{OperationTime: 5 * time.Second, BootTime: 20 * time.Second}, func(r *rig) {
		start := time.Now()
		op := r.insert(instance("ecluster-abc-compute001"))
		if op.Status != "RUNNING" || r.get("ecluster-abc-compute001").Status != "PROVISIONING" {
			t.Errorf("operation %s", op.Status)
		}
		if op = r.done(op); op.Status != "DONE" || op.Error != nil || time.Since(start) != 5*time.Second {
			t.Errorf("operation %+v after %s", op, time.Since(start))
		}
		i := r.get("ecluster-abc-compute001")
		if i.Status != "STAGING" {
			t.Errorf("status %s", i.Status)
		}
		i = r.awaitRunning(i.Name)
		if nic := i.NetworkInterfaces[0]; nic.NetworkIP == "" || nic.AccessConfigs[0].NatIP == "" || time.Since(start).Round(5*time.Second) != 25*time.Second {
			t.Errorf("after %s: %+v", time.Since(start), nic)
		}
		if got := r.inventory(); got != "disk ecluster-abc-compute001, instance ecluster-abc-compute001" {
			t.Errorf("inventory %s", got)
		}
		r.done(do(r, r.api.Instances.Stop(google.Project, zone, i.Name)))
		if i = r.get(i.Name); i.Status != "TERMINATED" || i.NetworkInterfaces[0].AccessConfigs[0].NatIP != "" {
			t.Errorf("stopped: %s %+v", i.Status, i.NetworkInterfaces[0].AccessConfigs[0])
		}
		r.done(do(r, r.api.Instances.Start(google.Project, zone, i.Name)))
		r.awaitRunning(i.Name)
		r.done(do(r, r.api.Instances.Delete(google.Project, zone, i.Name)))
		if got := r.inventory(); got != "" {
			t.Errorf("left: %s", got)
		}
		r.clean()
	})
}
