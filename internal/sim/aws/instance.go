package aws

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
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

	boots         int  // how often it came up
	booted, timed bool // both: it runs
	silent        bool
	fated         bool // its fate was taken from the script
	doom          *sim.Fate
	machine       sync.Mutex // what the machine behind it does, one after the other
	stopBoot      context.CancelFunc
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
