// Package fake is a cloud that exists in memory, or in a file: a Driver with
// the whole contract of package providers, that passes its conformance suite,
// and that fails when and how a test wants it to. It runs no role, no SSH
// server and no scheduler; Machines connects it with something that does.
package fake

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// World is the simulated cloud. It outlives the drivers that talk to it, as a
// cloud outlives ecluster: a test that kills and restarts an engine keeps the
// World, or, across processes, its File. It is safe for concurrent use. It has
// no goroutines: what a machine does follows from the clock.
type World struct {
	o Options

	mu      sync.Mutex
	state   *state
	faults  []*fault
	fates   map[cluster.NodeName][]Fate
	calls   []Call
	counts  map[Op]int
	flying  map[Op]int
	highest map[Op]int
}

// Options say how the cloud behaves while no fault strikes. The zero value is
// a cloud without limits where everything happens at once.
type Options struct {
	BootDelay time.Duration // from the launch to a running machine
	CreateLag time.Duration // for how long List does not show a new machine
	DeleteLag time.Duration // for how long it shows a deleted one, as stopping
	Latency   time.Duration // of each call
	Quota     int           // machines of all clusters together; 0 is no limit
	Images    []string      // the images there are; nil accepts any name
	// Prices are those of an hour in USD, by machine type; nil tells none.
	Prices map[string]float64

	// Now and Sleep are the clock; defaults time.Now and a timer.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
	// Trace is called when a call arrives, before it has any effect.
	Trace func(Call)
	// Machines puts something real behind the address of a machine.
	Machines Machines
	// File keeps the cloud on disk, for tests that kill processes; "" keeps it
	// in memory. Faults, fates and the log of calls are in memory always.
	File string
}

// Machines runs what answers at the address of a machine, for instance an SSH
// server in the process of the test. Its methods must not call the World.
type Machines interface {
	// Boot starts it and returns where it answers. An error becomes the state
	// of the machine.
	Boot(m Machine) (cluster.Endpoint, error)
	// Halt stops it; it may not be running.
	Halt(id cluster.InstanceID)
}

// Machine is what Boot is told.
type Machine struct {
	ID     cluster.InstanceID
	Node   cluster.NodeName
	Group  cluster.Group
	Access providers.Access
}

// NewWorld returns an empty cloud, or the one that is in o.File.
func NewWorld(o Options) *World {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Trace == nil {
		o.Trace = func(Call) {}
	}
	return &World{
		o: o, state: newState(),
		fates: map[cluster.NodeName][]Fate{}, counts: map[Op]int{}, flying: map[Op]int{}, highest: map[Op]int{},
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ConsistencyDelay is what Options.ConsistencyDelay must be for this cloud.
func (w *World) ConsistencyDelay() time.Duration { return max(w.o.CreateLag, w.o.DeleteLag) }

// Driver opens a connection to the cloud.
func (w *World) Driver() *Driver { return &Driver{w: w} }

// Machines returns what exists of a cluster, in the order of its creation and
// without any lag: what a test compares List with.
func (w *World) Machines(id cluster.ID) []cluster.Instance {
	var out []cluster.Instance
	err := w.change(func(s *state) error {
		for _, m := range s.Machines {
			if m.Cluster == id && m.Deleted.IsZero() {
				out = append(out, m.instance(w.o.Now(), w.o.BootDelay))
			}
		}
		return nil
	})
	if err != nil {
		panic(err) // the test's own file is broken
	}
	return out
}

// Leftovers names everything that still belongs to a cluster: machines that
// are not gone, its network, its volumes.
func (w *World) Leftovers(id cluster.ID) []string {
	var out []string
	for _, m := range w.Machines(id) {
		out = append(out, fmt.Sprintf("machine %s (%s)", m.ID, m.Node))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if sh := w.state.Shared[id]; sh != nil {
		out = append(out, sh.names(id)...)
	}
	return out
}

// Vanish deletes the machines of a node behind everybody's back.
func (w *World) Vanish(id cluster.ID, node cluster.NodeName) {
	w.alter(id, node, func(m *machine) { m.Deleted = w.o.Now(); w.halt(m.ID) })
}

// Strike puts the machines of a node into a state, as a crash or the cloud's
// own maintenance would.
func (w *World) Strike(id cluster.ID, node cluster.NodeName, f Fate) {
	w.alter(id, node, func(m *machine) { m.Fate = f; w.halt(m.ID) })
}

func (w *World) alter(id cluster.ID, node cluster.NodeName, change func(*machine)) {
	err := w.change(func(s *state) error {
		for _, m := range s.Machines {
			if m.Cluster == id && m.Node == node && m.Deleted.IsZero() {
				change(m)
			}
		}
		return nil
	})
	if err != nil {
		panic(err) // the test's own file is broken
	}
}

func (w *World) halt(id cluster.InstanceID) {
	if w.o.Machines != nil {
		w.o.Machines.Halt(id)
	}
}
