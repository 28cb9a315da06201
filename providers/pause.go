package providers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// CanPause reports whether the driver is a Pauser.
func (c *Cloud) CanPause() bool {
	_, can := Capability[Pauser](c)
	return can
}

// Pause stops machines, in batches, and returns when each is stopped, gone or
// refused: the map holds an *Error for each that runs on. It is safe to call
// again. How long machines may take to shut down is the caller's business:
// ctx; those that did not make it are in the map then.
func (c *Cloud) Pause(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	pauser, can := Capability[Pauser](c)
	if !can {
		return nil, &Error{Op: "pause", Kind: Invalid, Err: fmt.Errorf("this provider can't stop machines")}
	}
	refused, err := c.eachBatch(ctx, "pause", ids, func(ctx context.Context, batch []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
		return pauser.Pause(ctx, id, batch)
	})
	if err != nil {
		return refused, err
	}
	left := slices.DeleteFunc(slices.Clone(ids), func(i cluster.InstanceID) bool { return refused[i] != nil })
	running, err := c.waitWhile(ctx, id, left, cluster.InstanceRunning, cluster.InstancePending, cluster.InstanceStopping)
	for _, i := range running {
		refused[i.ID] = &Error{Op: "pause " + string(i.ID), Kind: Transient, Err: fmt.Errorf("it is still %s", i.State)}
	}
	if len(running) > 0 {
		err = nil // each has its own
	}
	return refused, err
}

// Resume starts machines that are stopped, in batches, and returns when the
// cloud accepted or refused each: the map holds an *Error for each refused one.
// Machines that are still on their way down are waited for first, because no
// cloud starts those. It is safe to call again. WaitRunning tells what became
// of the accepted ones.
func (c *Cloud) Resume(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	pauser, can := Capability[Pauser](c)
	if !can {
		return nil, &Error{Op: "resume", Kind: Invalid, Err: fmt.Errorf("this provider can't start stopped machines")}
	}
	if _, err := c.waitWhile(ctx, id, ids, cluster.InstanceStopping); err != nil {
		return nil, err
	}
	return c.eachBatch(ctx, "resume", ids, func(ctx context.Context, batch []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
		return pauser.Resume(ctx, id, batch)
	})
}

// Calm waits until a listing shows what a run asked for that died at that time:
// before that a machine may be listed as running that is about to stop.
func (c *Cloud) Calm(ctx context.Context, died time.Time) error {
	left := died.Add(c.o.ConsistencyDelay).Sub(c.o.Now())
	if left <= 0 {
		return nil
	}
	return c.pause(ctx, "settle", min(left, c.o.ConsistencyDelay))
}

// waitWhile lists until none of the machines is in one of the states any more.
// It returns those that still are when ctx ends, with the error of that.
func (c *Cloud) waitWhile(ctx context.Context, id cluster.ID, ids []cluster.InstanceID, states ...cluster.InstanceState) ([]cluster.Instance, error) {
	var left []cluster.Instance
	for n := 0; len(ids) > 0; n++ {
		list, err := c.List(ctx, id)
		if err != nil {
			return left, err
		}
		left = slices.DeleteFunc(list, func(i cluster.Instance) bool {
			return !slices.Contains(ids, i.ID) || !slices.Contains(states, i.State)
		})
		if len(left) == 0 {
			return nil, nil
		}
		if err := c.pause(ctx, "wait for machines to stop", grow(c.o.PollMin, c.o.PollMax, n)); err != nil {
			return left, err
		}
	}
	return nil, nil
}
