package azure

import (
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"

	"github.com/ecluster/ecluster/internal/cluster"
)

func TestStates(t *testing.T) {
	for name, c := range map[string]struct {
		last   string
		codes  []string
		spot   bool
		blind  bool
		asked  bool
		state  cluster.InstanceState
		reason string
	}{
		"asked for":            {last: "Creating", state: cluster.InstancePending},
		"starting":             {last: "Creating", codes: []string{"ProvisioningState/creating", "PowerState/starting"}, state: cluster.InstancePending},
		"up before its agent":  {last: "Creating", codes: []string{"PowerState/running"}, state: cluster.InstanceRunning},
		"running":              {last: "Succeeded", codes: []string{"ProvisioningState/succeeded", "PowerState/running"}, state: cluster.InstanceRunning},
		"agent that is silent": {last: "Failed", codes: []string{"ProvisioningState/failed/OSProvisioningTimedOut", "PowerState/running"}, state: cluster.InstanceRunning},
		"no host found":        {last: "Failed", codes: []string{"ProvisioningState/failed/AllocationFailed"}, state: cluster.InstanceError, reason: "AllocationFailed"},
		"failed, no reason":    {last: "Failed", state: cluster.InstanceError, reason: "does not say why"},
		"halted":               {last: "Succeeded", codes: []string{"PowerState/stopped"}, state: cluster.InstanceStopped, reason: "still costs"},
		"paused":               {last: "Succeeded", codes: []string{"PowerState/deallocated"}, state: cluster.InstanceStopped, reason: "no host"},
		"pausing":              {last: "Updating", codes: []string{"PowerState/deallocating"}, state: cluster.InstanceStopping},
		"evicted":              {last: "Succeeded", codes: []string{"ProvisioningState/failed/VMEvicted", "PowerState/deallocated"}, spot: true, state: cluster.InstanceStopped, reason: "took the spot machine back"},
		"deleted by us":        {last: "Deleting", codes: []string{"PowerState/running"}, spot: true, asked: true, state: cluster.InstanceStopping, reason: "being deleted"},
		"taken":                {last: "Deleting", codes: []string{"PowerState/running"}, spot: true, state: cluster.InstanceStopping, reason: "takes the spot machine back"},
		"not shown yet":        {last: "Succeeded", state: cluster.InstancePending},
		"not to be seen":       {last: "Succeeded", blind: true, state: cluster.InstanceRunning},
	} {
		t.Run(name, func(t *testing.T) {
			m := machine{blind: c.blind, vm: &armcompute.VirtualMachine{
				Name: new("m"), Properties: &armcompute.VirtualMachineProperties{ProvisioningState: new(c.last)},
			}}
			if c.spot {
				m.vm.Properties.Priority = new(armcompute.VirtualMachinePriorityTypesSpot)
			}
			for _, code := range c.codes {
				m.statuses = append(m.statuses, &armcompute.InstanceViewStatus{Code: new(code)})
			}
			d := &Driver{now: time.Now, deleting: map[string]time.Time{}}
			if c.asked {
				d.noteDeleting("x1", "m")
			}
			state, reason := d.state("x1", m)
			if state != c.state || !strings.Contains(reason, c.reason) {
				t.Errorf("%s (%s), want %s (%s)", state, reason, c.state, c.reason)
			}
		})
	}
}
