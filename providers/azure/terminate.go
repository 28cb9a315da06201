package azure

import (
	"context"
	"slices"
	"sync"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Terminate implements providers.Driver: one request a machine, which takes
// its network interface, address and disks along.
func (d *Driver) Terminate(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.eachMachine(ctx, "terminate", id, ids, func(name string) error { return d.deleteMachine(ctx, id, name) })
}

// eachMachine does something to those of the machines that exist and belong to
// the cluster, and gathers the refusals.
func (d *Driver) eachMachine(ctx context.Context, op string, id cluster.ID, ids []cluster.InstanceID, do func(name string) error) (map[cluster.InstanceID]error, error) {
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
	type target struct {
		name string
		id   cluster.InstanceID
		node cluster.NodeName
	}
	var targets []target
	for _, vm := range existing {
		t := target{
			name: val(vm.Name), id: instanceID(val(vm.Name), tag(vm.Tags, providers.TagAttempt)),
			node: cluster.NodeName(tag(vm.Tags, providers.TagNode)),
		}
		if slices.Contains(ids, t.id) {
			targets = append(targets, t)
		}
	}
	refused := map[cluster.InstanceID]error{}
	var mu sync.Mutex
	each(targets, func(_ int, t target) {
		err := do(t.name)
		if err == nil || missing(err) {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		refused[t.id] = fail(ctx, op, t.node, err)
	})
	return refused, nil
}
