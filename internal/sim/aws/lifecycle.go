package aws

import (
	"context"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers"
)

// lingering is for how long EC2 goes on listing what was terminated.
const lingering = time.Hour

// boot brings an instance up: it is running when the machine has its address
// and the time for it has passed; with never, it never is. The caller holds
// the lock.
func (r *region) boot(i *instance, never bool, up func(ctx context.Context) (sim.Address, error)) {
	ctx, stop := context.WithCancel(r.c.ctx)
	i.boots++
	boot := i.boots
	i.stopBoot, i.booted, i.timed = stop, false, false
	r.c.background(func(context.Context) {
		defer stop()
		i.machine.Lock()
		defer i.machine.Unlock()
		if ctx.Err() != nil {
			return
		}
		addr, err := up(ctx)
		r.c.mu.Lock()
		defer r.c.mu.Unlock()
		switch {
		case ctx.Err() != nil: // whoever ended it sees to the rest
		case err != nil:
			r.fail(i, reason{"Server.InternalError", "Server.InternalError: Internal error on launch: " + err.Error()})
		default:
			i.addr, i.booted = addr, true
			r.maybeRunning(i)
		}
	})
	if never {
		return
	}
	r.c.later(r.c.o.OperationTime+r.c.o.BootTime, func() {
		if i.boots == boot {
			i.timed = true
			r.maybeRunning(i)
		}
	})
}

func (r *region) maybeRunning(i *instance) {
	if i.state != starting || !i.booted || !i.timed {
		return
	}
	i.state = running
	if i.spot != nil {
		i.spot.status = "fulfilled"
	}
	if i.doom != nil {
		doom := i.doom
		i.doom = nil
		r.c.later(time.Duration(doom.After), func() {
			if i.state == running {
				r.strike(i, *doom)
			}
		})
	}
}

// launchMachine boots the machine of a new instance.
func (r *region) launchMachine(i *instance, never bool) {
	boot := sim.Boot{
		ID: i.id, Image: i.image.system, Hostname: i.id, UserData: i.order.userData, Network: i.subnet.vpc, Silent: i.silent,
		Labels: map[string]string{"cloud": "aws", "region": r.name},
	}
	for tag, value := range map[string]string{providers.TagCluster: i.tags[providers.TagCluster], providers.TagNode: i.node()} {
		if value != "" {
			boot.Labels[tag] = value
		}
	}
	r.boot(i, never, func(ctx context.Context) (sim.Address, error) { return r.c.o.Machines.Boot(ctx, boot) })
}

// fail ends an instance that could not come up. The caller holds the lock.
func (r *region) fail(i *instance, why reason) {
	if i.state != starting {
		return
	}
	r.terminate(i, why, false)
}

// terminate deletes an instance and its machine. With never it does not end.
// The caller holds the lock.
func (r *region) terminate(i *instance, why reason, never bool) {
	if i.state == terminated || i.state == shuttingDown {
		return
	}
	i.state, i.reason = shuttingDown, why
	i.stopBoot()
	if never {
		return
	}
	r.halt(i, func(ctx context.Context) error { return r.c.o.Machines.Delete(ctx, i.id) }, func() { r.bury(i) })
}

// halt does something to the machine of an instance; then is called, with the
// lock held, when it is done and the operation has had its time.
func (r *region) halt(i *instance, do func(ctx context.Context) error, then func()) {
	left := 2
	part := func() {
		if left--; left == 0 {
			then()
		}
	}
	r.c.background(func(ctx context.Context) {
		i.machine.Lock()
		defer i.machine.Unlock()
		for do(ctx) != nil { // as a cloud, try again until it works
			if !r.c.rest(ctx, time.Second) {
				return
			}
		}
		r.c.mu.Lock()
		defer r.c.mu.Unlock()
		part()
	})
	r.c.later(r.c.o.OperationTime, part)
}

// bury releases what a terminated instance held. The caller holds the lock.
func (r *region) bury(i *instance) {
	i.state, i.addr = terminated, sim.Address{}
	if i.stock != "" && !i.reason.is(byReclaim().code) {
		r.c.stock[i.stock]++
	}
	for _, n := range i.interfaces {
		if n.instance != i.id {
			continue
		}
		n.instance, n.public = "", false
		if n.deleteWith {
			remove(r, r.interfaces, n)
		}
	}
	for _, v := range i.disks {
		if v.instance != i.id {
			continue
		}
		v.instance = ""
		if v.deleteWith {
			remove(r, r.volumes, v)
		}
	}
	for _, a := range r.addresses.existing() {
		if a.instance == i.id {
			a.instance = ""
		}
	}
	if s := i.spot; s != nil {
		s.state = "closed"
		if s.status == "fulfilled" {
			s.status = "instance-terminated-by-user"
		}
		if i.reason.is(byReclaim().code) {
			s.status = "instance-terminated-no-capacity"
		}
	}
	r.c.later(max(lingering, r.c.o.DeleteLag), func() { delete(r.instances.byID, i.id) })
}

// stop halts an instance and keeps its disks. The caller holds the lock.
func (r *region) stop(i *instance, why reason, never bool) {
	i.state, i.reason = stopping, why
	i.stopBoot()
	if never {
		return
	}
	r.halt(i, func(ctx context.Context) error { return r.c.o.Machines.Stop(ctx, i.id) }, func() {
		if i.state == stopping {
			i.state, i.addr.PublicIP = stopped, ""
		}
	})
}
