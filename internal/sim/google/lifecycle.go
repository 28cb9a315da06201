package google

import (
	"context"
	"net/http"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// patience is how long the cloud waits for a machine to halt by itself.
const patience = 90 * time.Second

// enqueue runs f in the background after what was enqueued for the machine
// before: a machine does one thing at a time. c.mu is held.
func (c *Cloud) enqueue(v *vm, f func(ctx context.Context)) {
	before, done := v.queue, make(chan struct{})
	v.queue = done
	c.spawn(func(ctx context.Context) {
		defer close(done)
		if before != nil {
			<-before
		}
		f(ctx)
	})
}

// boot starts the machine of an instance; made before or not. c.mu is held.
func (c *Cloud) boot(rec *record) {
	v := rec.vm
	v.life++
	life, again := v.life, v.made
	v.made, v.booted, v.due = true, false, false
	rec.set(object{"status": "STAGING"})
	b := c.bootOf(rec)
	b.Silent = v.fate != nil && v.fate.Event == sim.Mute
	ctx, cancel := context.WithCancel(c.ctx)
	v.cancel = cancel
	c.enqueue(v, func(context.Context) {
		defer cancel()
		var address sim.Address
		var err error
		if again {
			address, err = c.o.Machines.Start(ctx, v.id)
		} else {
			address, err = c.o.Machines.Boot(ctx, b)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.closed || v.life != life {
			return
		}
		if err != nil {
			c.halted(rec, err.Error())
			return
		}
		v.booted = true
		rec.set(object{"networkInterfaces": setNICs(rec.obj, address, len(v.static) > 0)})
		c.running(rec)
	})
	c.later(c.o.BootTime, func() {
		if v.life == life {
			v.due = true
			c.running(rec)
		}
	})
}

// running shows an instance as running once its machine does and has had its
// time.
func (c *Cloud) running(rec *record) {
	v := rec.vm
	if !v.booted || !v.due {
		return
	}
	changes := object{"status": "RUNNING", "lastStartTimestamp": c.stamp(), "statusMessage": nil}
	life := v.life
	if limit := runLimit(rec.obj); limit > 0 {
		changes["resourceStatus"] = object{"scheduling": object{"terminationTimestamp": c.o.Now().Add(limit).UTC().Format(time.RFC3339)}}
		c.later(limit, func() {
			if v.life == life {
				c.expire(rec)
			}
		})
	}
	rec.set(changes)
	if fate := v.fate; fate != nil && fate.Event != sim.Mute {
		v.fate = nil
		c.later(time.Duration(fate.After), func() {
			if v.life == life {
				c.befall(rec, *fate)
			}
		})
	}
}

// halt stops the machine; the instance is then stopped, and the operation
// over. c.mu is held.
func (c *Cloud) halt(r *request, rec *record, kind string, system bool) *record {
	v := rec.vm
	v.life++
	life := v.life
	if v.cancel != nil {
		v.cancel()
	}
	rec.set(object{"status": "STOPPING"})
	return c.begin(r, task{
		kind: kind, target: rec, where: rec.where, system: system,
		work: func(ctx context.Context) { c.wait(ctx, v, c.o.Machines.Stop) },
		end: func() *opError {
			if v.life == life {
				c.halted(rec, "")
			}
			return nil
		},
	})
}

// halted notes that an instance is stopped, and why if that is unusual.
func (c *Cloud) halted(rec *record, why string) {
	v := rec.vm
	v.life++
	c.release(v.run)
	v.run = nil
	c.unstock(v)
	changes := object{"status": "TERMINATED", "lastStopTimestamp": c.stamp(), "resourceStatus": nil, "statusMessage": nil}
	if why != "" {
		changes["statusMessage"] = why
	}
	rec.set(changes)
	rec.set(object{"networkInterfaces": setNICs(rec.obj, sim.Address{}, len(v.static) > 0)})
}

// wait enqueues what is to be done with a machine, and returns when it is
// done, however it went: the cloud switches off what does not answer.
func (c *Cloud) wait(ctx context.Context, v *vm, do func(ctx context.Context, id string) error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	done := make(chan struct{})
	c.enqueue(v, func(ctx context.Context) {
		defer close(done)
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		_ = do(ctx, v.id)
	})
	c.mu.Unlock()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// erase deletes an instance. c.mu is held.
func (c *Cloud) erase(r *request, rec *record, system bool) *record {
	v := rec.vm
	v.life++
	if v.cancel != nil {
		v.cancel()
	}
	rec.leaving = true
	rec.set(object{"status": "STOPPING"})
	if v.insert != nil && !over(v.insert) {
		c.finish(v.insert, &opError{
			code: "OPERATION_CANCELED_BY_USER", message: "Operation was canceled by user '" + user + "'.", status: http.StatusConflict,
		})
	}
	made := v.made
	op := c.begin(r, task{
		kind: "delete", target: rec, where: rec.where, system: system,
		work: func(ctx context.Context) {
			if made {
				c.wait(ctx, v, c.o.Machines.Delete)
			}
		},
		end: func() *opError {
			c.dissolve(rec)
			return nil
		},
		abort: func() { rec.leaving = false },
	})
	v.deletion = op
	return op
}

// expire ends an instance whose time is over.
func (c *Cloud) expire(rec *record) {
	if text(rec.obj, "scheduling", "instanceTerminationAction") == "DELETE" {
		c.erase(nil, rec, true)
		return
	}
	c.halt(nil, rec, "stop", true)
}

// befall does to an instance what the script says.
func (c *Cloud) befall(rec *record, f sim.Fate) {
	switch f.Event {
	case sim.Reclaim:
		if !isSpot(rec.obj) {
			return // no cloud does that
		}
		if text(rec.obj, "scheduling", "instanceTerminationAction") == "DELETE" {
			c.preempt(rec)
			c.erase(nil, rec, true)
			return
		}
		c.halt(nil, rec, "compute.instances.preempted", true)
	case sim.Die:
		c.halt(nil, rec, "compute.instances.guestTerminate", true)
	case sim.Vanish:
		c.erase(nil, rec, false)
	case sim.Mute, sim.Break:
	}
}

// preempt leaves the record of a reclaim.
func (c *Cloud) preempt(rec *record) {
	c.begin(nil, task{kind: "compute.instances.preempted", target: rec, where: rec.where, system: true})
}
