package aws

import (
	"context"
	"fmt"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// meetFate looks up what becomes of an instance as soon as it has the name of
// a node, which on AWS may be after it was launched. The caller holds the lock.
func (r *region) meetFate(i *instance) {
	node := i.node()
	if node == "" || i.fated || i.state != starting && i.state != running {
		return
	}
	i.fated = true
	fate := r.c.o.Script.Fate(node)
	if fate == nil {
		return
	}
	switch fate.Event {
	case sim.Mute:
		r.mute(i)
	case sim.Break:
		message := fate.Message
		if message == "" {
			message = "Internal error on launch"
		}
		why := reason{"Server.InternalError", "Server.InternalError: " + message}
		r.c.later(time.Duration(fate.After), func() { r.terminate(i, why, false) })
	case sim.Reclaim, sim.Die, sim.Vanish:
		if i.state == starting {
			i.doom = fate
			return
		}
		r.c.later(time.Duration(fate.After), func() { r.strike(i, *fate) })
	}
}

// mute puts a machine that never answers in the place of the one that boots.
func (r *region) mute(i *instance) {
	i.stopBoot()
	i.silent = true
	boot := sim.Boot{
		ID: i.id, Image: i.image.system, Hostname: i.id, UserData: i.order.userData, Network: i.subnet.vpc, Silent: true,
		Labels: map[string]string{"cloud": "aws"},
	}
	r.boot(i, false, func(ctx context.Context) (sim.Address, error) {
		if err := r.c.o.Machines.Delete(ctx, i.id); err != nil {
			return sim.Address{}, err
		}
		return r.c.o.Machines.Boot(ctx, boot)
	})
}

// Strike does to the machine of a node what the world may do to it. The notice
// that AWS gives before it takes a Spot instance back, two minutes, is as long
// as an operation takes here.
func (c *Cloud) Strike(node string, f sim.Fate) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.regions {
		for _, i := range r.instances.all() {
			if i.node() != node || i.state != running && i.state != starting && i.state != stopped {
				continue
			}
			if f.Event == sim.Mute || f.Event == sim.Break {
				return fmt.Errorf("strike %s: %s comes only before a machine is made", node, f.Event)
			}
			if f.Event == sim.Reclaim && i.spot == nil {
				return fmt.Errorf("strike %s: %s is no Spot instance", node, i.id)
			}
			c.later(time.Duration(f.After), func() { r.strike(i, f) })
			return nil
		}
	}
	return fmt.Errorf("strike %s: no such machine", node)
}

// strike does it. The caller holds the lock.
func (r *region) strike(i *instance, f sim.Fate) {
	switch f.Event {
	case sim.Reclaim:
		if i.spot == nil {
			return
		}
		i.spot.status = "marked-for-termination"
		r.c.later(r.c.o.OperationTime, func() {
			if i.state == running || i.state == starting {
				r.terminate(i, byReclaim(), false)
			}
		})
	case sim.Die:
		if i.order.shutdown == "terminate" || i.spot != nil {
			r.terminate(i, byItself(), false)
		} else if i.state == running {
			r.stop(i, byItself(), false)
		}
	case sim.Vanish:
		r.terminate(i, byUser(), false)
	case sim.Mute, sim.Break:
	}
}
