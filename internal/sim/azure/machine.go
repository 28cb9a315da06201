package azure

import (
	"context"
	"net/http"

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
