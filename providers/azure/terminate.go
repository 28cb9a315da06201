package azure

import (
	"context"
	"slices"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Terminate implements providers.Driver: one request a machine, which takes
// its network interface, address and disks along.
func (d *Driver) Terminate(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.eachMachine(ctx, "terminate", id, ids, func(vm *armcompute.VirtualMachine) error {
		if tag(vm.Tags, tagExpires) != "" {
			if err := d.unschedule(ctx, id, val(vm.Name)); err != nil {
				return err
			}
		}
		return d.deleteMachine(ctx, id, val(vm.Name))
	})
}

// eachMachine does something to those of the machines that exist and belong to
// the cluster, and gathers the refusals.
func (d *Driver) eachMachine(ctx context.Context, op string, id cluster.ID, ids []cluster.InstanceID, do func(*armcompute.VirtualMachine) error) (map[cluster.InstanceID]error, error) {
	if err := requireID(op, id); err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, nil
	}
	existing, err := d.ownMachines(ctx, id)
	if err != nil {
		return nil, fail(ctx, op, "", err)
	}
	existing = slices.DeleteFunc(existing, func(vm *armcompute.VirtualMachine) bool { return !slices.Contains(ids, idOf(vm)) })
	refused := map[cluster.InstanceID]error{}
	var mu sync.Mutex
	each(existing, func(_ int, vm *armcompute.VirtualMachine) {
		err := do(vm)
		if err == nil || missing(err) {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		refused[idOf(vm)] = fail(ctx, op, cluster.NodeName(tag(vm.Tags, providers.TagNode)), err)
	})
	return refused, nil
}

// idOf is the instance that a machine is.
func idOf(vm *armcompute.VirtualMachine) cluster.InstanceID {
	return instanceID(val(vm.Name), tag(vm.Tags, providers.TagAttempt))
}
