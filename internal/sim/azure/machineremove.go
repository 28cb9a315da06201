package azure

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
)

// deleteMachines deletes what is behind virtual machines, some at once.
func (c *Cloud) deleteMachines(ctx context.Context, vms []*machine) error {
	const abreast = 16
	var (
		wg    sync.WaitGroup
		errs  = make([]error, len(vms))
		slots = make(chan struct{}, abreast)
	)
	for i, vm := range vms {
		slots <- struct{}{}
		wg.Go(func() {
			errs[i] = c.halt(ctx, vm)
			<-slots
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// preempt ends the creation of a machine that is to be deleted.
func (vm *machine) preempt(c *Cloud) {
	if vm.creation != nil && vm.creation.status == inProgress {
		c.finish(vm.creation, overtaken())
	}
}

// removeMachine deletes a machine and, with it, what has the delete option.
func removeMachine(c *Cloud, q *request, r *resource) *running {
	vm := r.vm
	vm.generation++
	vm.preempt(c)
	op := c.open(q, c.options.OperationTime)
	if op.never {
		return op
	}
	generation := vm.generation
	c.both(c.options.OperationTime, func(ctx context.Context) error { return c.halt(ctx, vm) }, func(err error) {
		r := c.current(vm, r.key, generation)
		if r == nil {
			c.finish(op, nil) // its group went meanwhile
			return
		}
		f := c.doomed(q)
		if f == nil && err != nil {
			f = refuse(http.StatusInternalServerError, "InternalExecutionError", "An internal execution error occurred: %s", err)
		}
		if f != nil {
			r.state = broken
		} else {
			c.dropMachine(r)
		}
		c.finish(op, f)
	})
	return op
}

// halt deletes the machine behind a virtual machine, once it is there.
func (c *Cloud) halt(ctx context.Context, vm *machine) error {
	if vm.booting == nil {
		return nil
	}
	select {
	case <-vm.booting:
	case <-ctx.Done():
		return ctx.Err() // Close deletes it
	}
	return c.options.Machines.Delete(ctx, vm.machine)
}

// dropMachine removes a machine with everything that goes with it.
func (c *Cloud) dropMachine(r *resource) {
	var with []*resource
	for _, n := range treesAt(r.doc, "properties", "networkProfile", "networkInterfaces") {
		if !strings.EqualFold(textAt(n, "properties", "deleteOption"), "Delete") {
			continue
		}
		nic := c.find(textAt(n, "id"))
		if nic == nil {
			continue
		}
		with = append(with, nic)
		for _, config := range treesAt(nic.doc, "properties", "ipConfigurations") {
			address := c.find(textAt(config, "properties", "publicIPAddress", "id"))
			if address == nil {
				continue
			}
			if strings.EqualFold(textAt(config, "properties", "publicIPAddress", "properties", "deleteOption"), "Delete") ||
				strings.EqualFold(textAt(address.doc, "properties", "deleteOption"), "Delete") {
				with = append(with, address)
			}
		}
	}
	disks := append(treesAt(r.doc, "properties", "storageProfile", "dataDisks"), treeAt(r.doc, "properties", "storageProfile", "osDisk"))
	for _, d := range disks {
		if strings.EqualFold(textAt(d, "deleteOption"), "Delete") {
			if disk := c.find(textAt(d, "managedDisk", "id")); disk != nil {
				with = append(with, disk)
			}
		}
	}
	c.drop(r)
	for _, x := range with {
		c.drop(x)
	}
}
