package aws

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/ecluster/ecluster/internal/sim"
)

// change is how a state change is answered.
func change(i *instance, before, now state) object {
	return object{"InstanceId": i.id, "PreviousState": before.object(), "CurrentState": now.object()}
}

// sticks says whether a fault keeps what a request begins from ever ending. A
// change of power can't fail later on AWS: it hangs instead.
func (c *call) sticks() bool { return c.fault != nil && (c.fault.Never || c.fault.Later) }

func (r *region) terminateInstances(c *call) (object, *failure) {
	items, f := r.instancesOf(c)
	if f != nil {
		return nil, f
	}
	for _, i := range items {
		if i.protected && i.state != terminated {
			return nil, refuse("OperationNotPermitted", "The instance '%s' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.", i.id)
		}
	}
	out := list{}
	for _, i := range items {
		before, now := i.state, shuttingDown
		if before == terminated {
			now = terminated
		}
		out = append(out, change(i, before, now))
		r.terminate(i, byUser(), c.sticks())
	}
	return object{"TerminatingInstances": out}, nil
}

func (r *region) stopInstances(c *call) (object, *failure) {
	items, f := r.instancesOf(c)
	if f != nil {
		return nil, f
	}
	for _, i := range items {
		switch {
		case i.spot != nil && i.spot.order.kind == "one-time":
			return nil, refuse("UnsupportedOperation", "You can't stop the Spot Instance '%s' because it is associated with a one-time Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.", i.id)
		case i.state == starting || i.state == shuttingDown || i.state == terminated:
			return nil, refuse("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be stopped.", i.id)
		}
	}
	out := list{}
	for _, i := range items {
		if i.state != running {
			out = append(out, change(i, i.state, i.state))
			continue
		}
		out = append(out, change(i, running, stopping))
		r.stop(i, byUser(), c.sticks())
	}
	return object{"StoppingInstances": out}, nil
}

func (r *region) startInstances(c *call) (object, *failure) {
	items, f := r.instancesOf(c)
	if f != nil {
		return nil, f
	}
	need := map[string]int{}
	for _, i := range items {
		if i.state != running && i.state != starting && i.state != stopped {
			return nil, refuse("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be started.", i.id)
		}
		if i.state == stopped {
			limit := i.typ.bucket(i.spot != nil)
			if need[limit] += i.order.vcpus(); r.vcpus(limit)+need[limit] > r.quota(limit) {
				return nil, refuse("VcpuLimitExceeded", "%s", vcpuMessage(r.quota(limit)))
			}
		}
	}
	out := list{}
	for _, i := range items {
		if i.state != stopped {
			out = append(out, change(i, i.state, i.state))
			continue
		}
		out = append(out, change(i, stopped, starting))
		i.state, i.reason, i.since = starting, reason{}, r.c.o.Now()
		r.boot(i, c.sticks(), func(ctx context.Context) (sim.Address, error) { return r.c.o.Machines.Start(ctx, i.id) })
	}
	return object{"StartingInstances": out}, nil
}

func (r *region) rebootInstances(c *call) (object, *failure) {
	_, f := r.instancesOf(c)
	return nil, f
}

// consoleLimit is how much of a console EC2 keeps.
const consoleLimit = 64 << 10

// consoleOutput is what the machine printed, with the host keys that
// cloud-init prints where the machine publishes any. It asks the machine
// without the lock.
func (r *region) consoleOutput(c *call) (object, *failure) {
	r.c.mu.RLock()
	i, f := r.instanceOf(c.in.str("InstanceId"))
	up := f == nil && i.state != starting && i.state != terminated
	r.c.mu.RUnlock()
	if f != nil {
		return nil, f
	}
	o := object{"InstanceId": i.id, "Timestamp": r.c.o.Now()}
	if !up {
		return o, nil
	}
	text, err := r.c.o.Machines.Console(r.c.ctx, i.id)
	if err != nil {
		return nil, refuse("InternalError", "An internal error has occurred")
	}
	if keys, err := r.c.o.Machines.HostKeys(r.c.ctx, i.id); err == nil && len(keys) > 0 && !strings.Contains(string(text), beginKeys) {
		text = append(text, (beginKeys + "\n" + strings.Join(keys, "\n") + "\n-----END SSH HOST KEY KEYS-----\n")...)
	}
	if len(text) > consoleLimit {
		text = text[len(text)-consoleLimit:]
	}
	if len(text) > 0 {
		o["Output"] = base64.StdEncoding.EncodeToString(text)
	}
	return o, nil
}

const beginKeys = "-----BEGIN SSH HOST KEY KEYS-----"
