package providers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// StopTime is how long machines may take to shut down.
const StopTime = 10 * time.Minute

// CanPause reports whether the driver is a Pauser.
func (c *Cloud) CanPause() bool {
	_, can := Capability[Pauser](c)
	return can
}

// Pause stops machines, in batches, and returns when each is stopped, gone or
// refused: the map holds an *Error for each that runs on, also for those that did
// not shut down within StopTime or before ctx ended. It is safe to call again.
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
	running, err := c.waitWhile(ctx, "pause", id, left, cluster.InstanceRunning, cluster.InstancePending, cluster.InstanceStopping)
	maps.Copy(refused, running)
	if len(running) > 0 {
		err = nil // each has its own
	}
	return refused, err
}

// Resume starts machines that are stopped, in batches, and returns when the
// cloud accepted or refused each: the map holds an *Error for each refused one.
// Machines that are still on their way down are waited for first, because no
// cloud starts those; one that hangs there for StopTime is refused, and keeps no
// other from its start. It is safe to call again. WaitRunning tells what became
// of the accepted ones.
func (c *Cloud) Resume(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	pauser, can := Capability[Pauser](c)
	if !can {
		return nil, &Error{Op: "resume", Kind: Invalid, Err: fmt.Errorf("this provider can't start stopped machines")}
	}
	hanging, err := c.waitWhile(ctx, "resume", id, ids, cluster.InstanceStopping)
	if err != nil && (len(hanging) == 0 || ctx.Err() != nil) {
		return nil, err
	}
	left := slices.DeleteFunc(slices.Clone(ids), func(i cluster.InstanceID) bool { return hanging[i] != nil })
	refused, err := c.eachBatch(ctx, "resume", left, func(ctx context.Context, batch []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
		return pauser.Resume(ctx, id, batch)
	})
	maps.Copy(refused, hanging)
	return refused, err
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

// waitWhile lists until none of the machines is in one of the states any more,
// for StopTime. It returns an *Error for each that still is when that time, or
// ctx, ends, and the error of that.
func (c *Cloud) waitWhile(ctx context.Context, op string, id cluster.ID, ids []cluster.InstanceID, states ...cluster.InstanceState) (map[cluster.InstanceID]error, error) {
	ctx, cancel := context.WithTimeout(ctx, StopTime)
	defer cancel()
	began := c.o.Now()
	var left []cluster.Instance
	for n := 0; len(ids) > 0; n++ {
		list, err := c.List(ctx, id)
		if err == nil {
			left = slices.DeleteFunc(list, func(i cluster.Instance) bool {
				return !slices.Contains(ids, i.ID) || !slices.Contains(states, i.State)
			})
			if len(left) == 0 {
				return nil, nil
			}
			err = c.pause(ctx, "wait for machines to stop", grow(c.o.PollMin, c.o.PollMax, n))
		}
		if err == nil {
			continue
		}
		errs := map[cluster.InstanceID]error{}
		for _, i := range left {
			errs[i.ID] = &Error{Op: op + " " + string(i.ID), Kind: Transient, Err: fmt.Errorf(
				"it is still %s after %s; if it hangs, force it off in the console of its cloud, then try again", i.State, c.o.Now().Sub(began).Round(time.Second))}
		}
		return errs, err
	}
	return nil, nil
}
