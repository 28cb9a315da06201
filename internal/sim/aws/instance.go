package aws

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers"
)

// state is that of an instance, with EC2's number.
type state int

const (
	starting     state = 0 // "pending"
	running      state = 16
	shuttingDown state = 32
	terminated   state = 48
	stopping     state = 64
	stopped      state = 80
)

func (s state) String() string {
	switch s {
	case starting:
		return "pending"
	case running:
		return "running"
	case shuttingDown:
		return "shutting-down"
	case terminated:
		return "terminated"
	case stopping:
		return "stopping"
	default:
		return "stopped"
	}
}

func (s state) object() object { return object{"Code": int(s), "Name": s.String()} }

// reason is why an instance is in its state.
type reason struct{ code, message string }

func (x reason) is(code string) bool { return x.code == code }

// The reasons that EC2 gives.
func byUser() reason {
	return reason{"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"}
}

func byItself() reason {
	return reason{"Client.InstanceInitiatedShutdown", "Client.InstanceInitiatedShutdown: Instance initiated shutdown"}
}

func byReclaim() reason {
	return reason{"Server.SpotInstanceTermination", "Server.SpotInstanceTermination: Spot instance termination"}
}

// instance is one virtual machine.
type instance struct {
	thing
	order       order
	reservation string
	index       int // AmiLaunchIndex
	subnet      *subnet
	image       *image
	typ         *instanceType
	state       state
	reason      reason
	since       time.Time // when it was launched or started last
	spot        *spotRequest
	addr        sim.Address
	disks       []*volume
	interfaces  []*networkInterface
	protected   bool // DisableApiTermination
	stock       string

	booted, timed bool // both: it runs
	silent        bool
	fated         bool // its fate was taken from the script
	doom          *sim.Fate
	machine       sync.Mutex // what the machine behind it does, one after the other
	stopBoot      context.CancelFunc
}

// lingering is for how long EC2 goes on listing what was terminated.
const lingering = time.Hour

// boot brings an instance up: it is running when the machine has its address
// and the time for it has passed. The caller holds the lock.
func (r *region) boot(i *instance, d time.Duration, up func(ctx context.Context) (sim.Address, error)) {
	ctx, stop := context.WithCancel(r.c.ctx) //nolint:contextcheck // the boot outlives the request
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
	r.c.later(d, func() {
		if ctx.Err() == nil || i.booted {
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
	for _, tag := range []string{providers.TagCluster, providers.TagNode} {
		if value := i.tags[tag]; value != "" {
			boot.Labels[tag] = value
		}
	}
	d := r.c.o.OperationTime + r.c.o.BootTime
	if never {
		d = 1<<63 - 1
	}
	r.boot(i, d, func(ctx context.Context) (sim.Address, error) { return r.c.o.Machines.Boot(ctx, boot) })
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
		if err := do(ctx); err != nil {
			return // it hangs, and Close tries again
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

// privateName is the name that the Amazon DNS server knows an instance by.
func (r *region) privateName(ip string) string {
	if ip == "" {
		return ""
	}
	domain := r.name + ".compute.internal"
	if r.name == homeRegion {
		domain = "ec2.internal"
	}
	return "ip-" + strings.ReplaceAll(ip, ".", "-") + "." + domain
}

// publicAddress is the address at which an instance is reached from outside.
func (r *region) publicAddress(i *instance) string {
	if !r.isPublic(i) || i.state == stopped || i.state == terminated {
		return ""
	}
	return i.addr.PublicIP
}

func (r *region) isPublic(i *instance) bool {
	for _, n := range i.order.interfaces {
		if n.public {
			return true
		}
	}
	return false
}

func (r *region) instanceOf(id string) (*instance, *failure) {
	if !isID(id, "i") {
		return nil, violates("InvalidInstanceID.Malformed", "Invalid id: \"%s\" (expecting \"i-...\")", id)
	}
	i, ok := find(r, r.instances, id)
	if !ok {
		return nil, refuse("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", id)
	}
	return i, nil
}

// instancesOf are those that a request names; all must exist.
func (r *region) instancesOf(c *call) ([]*instance, *failure) {
	ids := c.in.strs("InstanceIds")
	if len(ids) == 0 {
		return nil, missing("InstanceId")
	}
	var items []*instance
	var lost []string
	for _, id := range ids {
		i, f := r.instanceOf(id)
		switch {
		case f != nil && f.violation:
			return nil, f
		case f != nil:
			lost = append(lost, id)
		default:
			items = append(items, i)
		}
	}
	switch len(lost) {
	case 0:
		return items, nil
	case 1:
		return nil, refuse("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", lost[0])
	}
	return nil, refuse("InvalidInstanceID.NotFound", "The instance IDs '%s' do not exist", strings.Join(lost, ", "))
}
