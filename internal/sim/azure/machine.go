package azure

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/ecluster/ecluster/internal/sim"
)

// Power states, as they stand after "PowerState/".
const (
	starting     = "starting"
	runs         = "running"
	stopping     = "stopping"
	stopped      = "stopped"
	deallocating = "deallocating"
	deallocated  = "deallocated"
)

// machine is what is behind a virtual machine.
type machine struct {
	machine     string // of sim.Machines; "" while there is none
	size        size
	zone        string
	spot        bool
	image       *image // that it booted from; nil when it is unknown
	disk        string // ID of the disk that it boots from
	diskGB      int
	power       string
	address     sim.Address
	fail        *failure // why it did not come up
	creation    *running
	generalized bool
	network     string // key of its virtual network
	node        string
	fate        *sim.Fate
	custom      []byte
	held        string // what it takes of sim.Options.Stock
	short       string // the code with which its stock ran out, or ""
	// generation grows with each thing that is done to it, so that what comes
	// late finds out that it is of no interest any more.
	generation int
	booting    chan struct{} // closed when Boot has returned; nil before
}

// followMachine starts what a PUT of a machine asks for.
func followMachine(c *Cloud, ch *change) *running {
	r, vm := ch.r, ch.r.vm
	switch {
	case ch.old == nil:
	case vm.creation.status == inProgress:
		r.state = creating
		return vm.creation // the same request again
	case vm.booting == nil && vm.fail != nil: // it never came up: Azure tries again
		r.state, vm.fail, vm.power = creating, nil, ""
		vm.held, vm.short = c.take(vm.zone, textAt(r.doc, "location"), vm.size, vm.spot)
	default:
		return c.begin(ch.q, c.options.OperationTime, func(f *failure) *failure {
			r.state = succeeded
			return f
		})
	}
	vm.fate = c.options.Script.Fate(vm.node)
	vm.creation = c.open(ch.q, c.options.OperationTime+c.options.BootTime)
	switch f := c.doomed(ch.q); {
	case vm.creation.never:
	case f != nil:
		c.failLater(r, f, false)
	case vm.short != "":
		c.failLater(r, refuse(statusOf(vm.short), vm.short, "%s", messageOf(vm.short, Subscription)), false)
	case vm.fate != nil && vm.fate.Event == sim.Break:
		f := refuse(http.StatusConflict, "OSProvisioningInternalError", "OS Provisioning failed for VM '%s' due to an internal error.", r.name)
		if vm.fate.Message != "" {
			f.Message = vm.fate.Message
		}
		c.failLater(r, f, true)
	default:
		c.boot(r, vm.creation)
	}
	return vm.creation
}

// failLater lets the creation of a machine fail; after boot if it was broken.
func (c *Cloud) failLater(r *resource, f *failure, boots bool) {
	d := c.options.OperationTime
	if boots {
		d += c.options.BootTime
	}
	generation := r.vm.generation
	if boots {
		c.later(c.options.OperationTime, func() { r.vm.power = starting })
	}
	c.later(d, func() {
		if r := c.current(r.vm, r.key, generation); r != nil {
			r.state, r.vm.fail = broken, f
			c.finish(r.vm.creation, f)
		}
	})
}

// overtaken is how an operation ends on whose machine a later one works.
func overtaken() *failure {
	return refuse(http.StatusConflict, "OperationPreempted", "Operation execution has been preempted by a more recent operation.")
}

// current returns the stored form of a machine if nothing was done to it
// since, or nil.
func (c *Cloud) current(vm *machine, key string, generation int) *resource {
	if r := c.resources[key]; r != nil && r.vm == vm && vm.generation == generation {
		return r
	}
	return nil
}

// boot starts the machine behind r for the first time and ends op when it runs.
func (c *Cloud) boot(r *resource, op *running) {
	vm := r.vm
	vm.machine = "azure-" + hash(r.key, op.id)[:16]
	vm.booting = make(chan struct{})
	generation := vm.generation
	b := sim.Boot{
		ID: vm.machine, Hostname: textAt(r.doc, "properties", "osProfile", "computerName"), UserData: userData(r),
		Labels:  map[string]string{"ecluster-sim-node": vm.node},
		Network: "azure-" + hash(vm.network)[:12],
		Silent:  vm.fate != nil && vm.fate.Event == sim.Mute,
	}
	if b.Hostname == "" {
		b.Hostname = r.name
	}
	if vm.image != nil {
		b.Image = vm.image.alias
	}
	c.later(c.options.OperationTime, func() { // it has a host now
		if c.current(vm, r.key, generation) != nil && vm.power == "" {
			vm.power = starting
		}
	})
	var address sim.Address
	c.both(c.options.OperationTime+c.options.BootTime, func(ctx context.Context) error {
		defer close(vm.booting)
		var err error
		address, err = c.options.Machines.Boot(ctx, b)
		return err
	}, func(err error) {
		if r := c.current(vm, r.key, generation); r != nil {
			c.up(r, address, err, op)
		}
	})
}

// up notes that a machine runs, or why it doesn't, and arranges for its fate.
func (c *Cloud) up(r *resource, address sim.Address, err error, op *running) {
	vm := r.vm
	if err != nil {
		vm.fail = refuse(http.StatusConflict, "OSProvisioningInternalError", "OS Provisioning failed for VM '%s' due to an internal error: %s", r.name, err)
		r.state, vm.power = broken, stopped
		c.finish(op, vm.fail)
		return
	}
	r.state, vm.power, vm.address, vm.fail = succeeded, runs, address, nil
	c.finish(op, nil)
	if vm.fate == nil || vm.fate.Event == sim.Mute {
		return
	}
	fate, generation := *vm.fate, vm.generation
	vm.fate = nil
	c.later(timeOf(fate), func() {
		if r := c.current(vm, r.key, generation); r != nil {
			c.strike(r, fate)
		}
	})
}

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
