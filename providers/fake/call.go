package fake

import (
	"context"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Call is one call that reached the cloud.
type Call struct {
	Op        Op
	N         int // the N-th call of Op, from 1
	Cluster   cluster.ID
	Token     string               // of a launch
	Nodes     []cluster.NodeName   // of a launch, or those of the machines
	Instances []cluster.InstanceID // of a termination, a pause
}

// Calls returns the calls of some methods in the order of their arrival; of
// all methods when none is named.
func (w *World) Calls(ops ...Op) []Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.calls), func(c Call) bool {
		return len(ops) > 0 && !slices.Contains(ops, c.Op)
	})
}

// Count returns how many calls of a method there were.
func (w *World) Count(op Op) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts[op]
}

// MaxInFlight returns how many calls of a method were under way at once.
func (w *World) MaxInFlight(op Op) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.highest[op]
}

// arrive logs a call, lets its time pass, and returns the faults that strike
// it. The caller must call leave.
func (w *World) arrive(ctx context.Context, c Call) (faults []*fault, leave func(), err error) {
	w.mu.Lock()
	w.counts[c.Op]++
	c.N = w.counts[c.Op]
	w.calls = append(w.calls, c)
	w.flying[c.Op]++
	w.highest[c.Op] = max(w.highest[c.Op], w.flying[c.Op])
	faults = w.strike(c)
	w.mu.Unlock()
	leave = func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.flying[c.Op]--
	}
	w.o.Trace(c)
	return faults, leave, w.o.Sleep(ctx, w.o.Latency)
}

// call runs effect as one call: first the faults that strike it as a whole,
// which may keep the effect away, lose the answer, or let the caller hang.
func (w *World) call(ctx context.Context, c Call, effect func(*state, []*fault) error) error {
	faults, leave, err := w.arrive(ctx, c)
	defer leave()
	if err != nil {
		return err
	}
	var whole *fault
	for _, f := range faults {
		if f.whole() {
			whole = f
			break
		}
	}
	if whole == nil || whole.Lands || whole.Kind == "" && !whole.Hang {
		err = w.change(func(s *state) error { return effect(s, faults) })
	}
	if whole == nil {
		return err
	}
	if whole.Hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if f := whole.err(c.Op); f != nil {
		return f
	}
	return err
}
