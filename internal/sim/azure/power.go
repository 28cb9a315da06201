package azure

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

func timeOf(f sim.Fate) time.Duration { return time.Duration(f.After) }

// target returns the machine that an action is about.
func (c *Cloud) target(q *request) (*resource, *failure) {
	if f := c.around(q); f != nil {
		return nil, f
	}
	r := c.resources[q.key]
	if r == nil || r.vm == nil {
		return nil, c.notFound(q)
	}
	if r.state == deleting {
		return nil, refuse(http.StatusConflict, "OperationNotAllowed",
			"Operation '%s' is not allowed on VM '%s' since the VM is marked for deletion. You can only retry the Delete operation (or wait for an ongoing one to complete).", q.action, r.name)
	}
	return r, nil
}

// powerTo halts a machine on behalf of an action: by way of one state to
// another.
func powerTo(via, end string) handler {
	return func(c *Cloud, q *request) *reply {
		r, f := c.target(q)
		if f != nil {
			return failed(f)
		}
		if r.vm.power == end {
			return c.accepted(q, c.begin(q, 0, func(f *failure) *failure { return f }), &reply{status: http.StatusAccepted})
		}
		r.vm.preempt(c)
		op := c.open(q, c.options.OperationTime)
		if !op.never {
			c.stop(q, r, via, end, op)
		}
		return c.accepted(q, op, &reply{status: http.StatusAccepted})
	}
}

func (c *Cloud) stop(q *request, r *resource, via, end string, op *running) {
	vm := r.vm
	before := vm.power
	vm.generation++
	vm.power = via
	if via != end { // nobody asked for it
		r.state = updating
	}
	generation := vm.generation
	c.both(c.options.OperationTime, func(ctx context.Context) error {
		if vm.booting == nil || before == stopped || before == deallocated {
			return nil
		}
		select {
		case <-vm.booting:
		case <-ctx.Done():
			return ctx.Err()
		}
		return c.options.Machines.Stop(ctx, vm.machine)
	}, func(err error) {
		r := c.current(vm, r.key, generation)
		if r == nil {
			c.finish(op, nil)
			return
		}
		f := c.doomed(q)
		if f == nil && err != nil {
			f = refuse(http.StatusInternalServerError, "InternalExecutionError", "An internal execution error occurred: %s", err)
		}
		r.state, vm.power = succeeded, end
		if f != nil {
			r.state, vm.power = broken, before
		}
		if end == deallocated && f == nil {
			vm.address = sim.Address{}
			c.giveBack(vm)
		}
		c.finish(op, f)
	})
}

// start boots a machine that was stopped or deallocated.
func start(c *Cloud, q *request) *reply {
	r, f := c.target(q)
	if f != nil {
		return failed(f)
	}
	vm := r.vm
	op := c.open(q, c.options.OperationTime+c.options.BootTime)
	accepted := func() *reply { return c.accepted(q, op, &reply{status: http.StatusAccepted}) }
	switch f := c.doomed(q); {
	case op.never:
		return accepted()
	case vm.power == runs:
		c.finish(op, f)
		return accepted()
	case f == nil && vm.held == "":
		vm.held, vm.short = c.take(vm.zone, textAt(r.doc, "location"), vm.size, vm.spot)
		if vm.short != "" {
			f = refuse(statusOf(vm.short), vm.short, "%s", messageOf(vm.short, Subscription))
		}
		if f == nil {
			break
		}
		fallthrough
	case f != nil:
		c.later(c.options.OperationTime, func() { c.finish(op, f) })
		return accepted()
	}
	if vm.machine == "" { // its creation failed
		c.boot(r, op)
	} else {
		c.start(r, op)
	}
	return accepted()
}

func (c *Cloud) start(r *resource, op *running) {
	vm := r.vm
	vm.generation++
	vm.power, r.state = starting, updating
	generation := vm.generation
	var address sim.Address
	c.both(c.options.OperationTime+c.options.BootTime, func(ctx context.Context) error {
		var err error
		address, err = c.options.Machines.Start(ctx, vm.machine)
		return err
	}, func(err error) {
		if r := c.current(vm, r.key, generation); r != nil {
			c.up(r, address, err, op)
			return
		}
		c.finish(op, overtaken())
	})
}

// restart halts and starts a machine that runs.
func restart(c *Cloud, q *request) *reply {
	r, f := c.target(q)
	if f != nil {
		return failed(f)
	}
	vm := r.vm
	if vm.power != runs {
		return failed(refuse(http.StatusConflict, "OperationNotAllowed", "Cannot restart VM '%s': it is not running.", r.name))
	}
	op := c.open(q, c.options.OperationTime+c.options.BootTime)
	if op.never {
		return c.accepted(q, op, &reply{status: http.StatusAccepted})
	}
	vm.generation++
	vm.power, r.state = starting, updating
	generation := vm.generation
	var address sim.Address
	c.both(c.options.OperationTime+c.options.BootTime, func(ctx context.Context) error {
		if err := c.options.Machines.Stop(ctx, vm.machine); err != nil {
			return err
		}
		var err error
		address, err = c.options.Machines.Start(ctx, vm.machine)
		return err
	}, func(err error) {
		if r := c.current(vm, r.key, generation); r != nil {
			c.up(r, address, err, op)
			return
		}
		c.finish(op, overtaken())
	})
	return c.accepted(q, op, &reply{status: http.StatusAccepted})
}

// generalize marks a halted machine as one to make images of.
func generalize(c *Cloud, q *request) *reply {
	r, f := c.target(q)
	if f != nil {
		return failed(f)
	}
	if r.vm.power != stopped && r.vm.power != deallocated {
		return failed(refuse(http.StatusConflict, "OperationNotAllowed",
			"The VM '%s' must be stopped or deallocated before it can be generalized.", r.name))
	}
	r.vm.generalized = true
	return &reply{status: http.StatusOK}
}

// simulateEviction takes a spot machine back, as the real action does.
func simulateEviction(c *Cloud, q *request) *reply {
	r, f := c.target(q)
	if f != nil {
		return failed(f)
	}
	if !r.vm.spot {
		return failed(refuse(http.StatusConflict, "OperationNotAllowed", "The VM '%s' is not a Spot VM: eviction can't be simulated.", r.name))
	}
	c.strike(r, sim.Fate{Event: sim.Reclaim})
	return &reply{status: http.StatusNoContent}
}

// Strike implements sim.Cloud.
func (c *Cloud) Strike(node string, f sim.Fate) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.of(machineType, "") {
		if r.vm.node != node || r.state == deleting {
			continue
		}
		vm, key, generation := r.vm, r.key, r.vm.generation
		c.later(timeOf(f), func() {
			if r := c.current(vm, key, generation); r != nil {
				c.strike(r, f)
			}
		})
		return nil
	}
	return fmt.Errorf("strike %s: no virtual machine has that node's tag or name", node)
}

// strike does to a machine what the world may do to it.
func (c *Cloud) strike(r *resource, f sim.Fate) {
	q := &request{kind: r.kind, segments: split(r.id)}
	switch f.Event {
	case sim.Reclaim:
		// The notice of 30 seconds is told inside of the machine alone, by the
		// metadata service.
		if strings.EqualFold(textAt(r.doc, "properties", "evictionPolicy"), "Delete") {
			r.state = deleting
			r.gone = removeMachine(c, q, r)
			return
		}
		c.stop(q, r, deallocating, deallocated, c.open(q, c.options.OperationTime))
	case sim.Die:
		c.stop(q, r, stopped, stopped, c.open(q, 0))
	case sim.Vanish:
		r.state = deleting
		r.gone = removeMachine(c, q, r)
	case sim.Mute, sim.Break: // only before it is made
	}
}
