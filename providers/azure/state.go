package azure

import (
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"

	"github.com/ecluster/ecluster/internal/cluster"
)

// provisioning is the state of the last operation on a machine.
func provisioning(vm *armcompute.VirtualMachine) string {
	if vm.Properties == nil {
		return ""
	}
	return val(vm.Properties.ProvisioningState)
}

// power is the part after "PowerState/" in lower case, "" when there is none.
func power(statuses []*armcompute.InstanceViewStatus) string {
	for _, s := range statuses {
		if s == nil {
			continue
		}
		if class, state, ok := strings.Cut(strings.ToLower(val(s.Code)), "/"); ok && class == "powerstate" {
			return state
		}
	}
	return ""
}

// failure is what Azure says of the last operation when it failed: its code
// and its message, "" when it did not.
func failure(statuses []*armcompute.InstanceViewStatus) (code, message string) {
	for _, s := range statuses {
		if s == nil {
			continue
		}
		if parts := strings.SplitN(val(s.Code), "/", 3); strings.EqualFold(parts[0], "ProvisioningState") && len(parts) > 1 && strings.EqualFold(parts[1], "failed") {
			if len(parts) == 3 {
				code = parts[2]
			}
			message = val(s.Message)
			if message == "" {
				message = val(s.DisplayStatus)
			}
			return code, firstLines(message, 800)
		}
	}
	return "", ""
}

// failed is the error of a machine that Azure accepted and could not make.
func (m machine) failed() *cloudError {
	code, message := failure(m.statuses)
	if code == "" && message == "" {
		message = "Azure accepted the machine, could not make it, and does not say why; the activity log of the resource group does"
	}
	return &cloudError{Code: code, Message: message}
}

// state translates what the listings say.
func (d *Driver) state(id cluster.ID, m machine) (cluster.InstanceState, string) {
	last, on := strings.ToLower(provisioning(m.vm)), power(m.statuses)
	if last == "deleting" {
		if m.spot() && !d.weDelete(id, val(m.vm.Name)) {
			return cluster.InstanceStopping, "Azure takes the spot machine back, or somebody deletes it"
		}
		return cluster.InstanceStopping, "it is being deleted"
	}
	switch on {
	case "running":
		// Whatever the last operation came to: SSH will tell whether it is of use.
		return cluster.InstanceRunning, ""
	case "stopping", "deallocating":
		return cluster.InstanceStopping, m.evicted()
	case "stopped":
		return cluster.InstanceStopped, "it was halted from inside and still costs; `ecluster stop` or `pause` ends that"
	case "deallocated":
		return cluster.InstanceStopped, m.evicted()
	}
	switch {
	case last == "failed" || last == "canceled":
		return cluster.InstanceError, m.failed().Error()
	case last == "succeeded" && m.blind:
		return cluster.InstanceRunning, ""
	}
	return cluster.InstancePending, ""
}

func (m machine) spot() bool {
	return m.vm.Properties != nil && val(m.vm.Properties.Priority) == armcompute.VirtualMachinePriorityTypesSpot
}

// evicted is the reason why a machine has no host any more.
func (m machine) evicted() string {
	for _, s := range m.statuses {
		if s == nil {
			continue
		}
		words := strings.ToLower(val(s.Code) + " " + val(s.Message))
		if strings.Contains(words, "evict") || strings.Contains(words, "preempt") {
			return "Azure took the spot machine back: " + firstLines(val(s.Message), 300)
		}
	}
	if m.spot() {
		return "it has no host: Azure took the spot machine back, or it was paused"
	}
	return "it has no host and costs only its disks"
}
