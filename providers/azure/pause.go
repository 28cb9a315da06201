package azure

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var _ providers.Pauser = (*Driver)(nil)

// Pause implements providers.Pauser: the machines give up their hosts, and
// only their disks and public addresses cost. Temporary disks are lost. A spot
// machine may not find a host again.
func (d *Driver) Pause(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.eachMachine(ctx, "pause", id, ids, func(vm *armcompute.VirtualMachine) error {
		_, err := d.api.vms.BeginDeallocate(ctx, d.resourceGroup(id), val(vm.Name), nil)
		return err
	})
}

// Resume implements providers.Pauser.
func (d *Driver) Resume(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.eachMachine(ctx, "resume", id, ids, func(vm *armcompute.VirtualMachine) error {
		_, err := d.api.vms.BeginStart(ctx, d.resourceGroup(id), val(vm.Name), nil)
		return err
	})
}
