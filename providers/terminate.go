package providers

import (
	"context"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Terminate asks for the deletion of machines, in batches, and returns when
// the cloud accepted or refused each: the map holds an *Error for each
// refused one, after the retries that its kind allows. A machine that does
// not exist is no error. WaitGone waits for the deletion itself.
//
// err is for what concerns all of them: ctx ended, or the cloud refuses to
// talk; then the machines that are not in the map may or may not be accepted.
func (c *Cloud) Terminate(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	refused := map[cluster.InstanceID]error{}
	for batch := range slices.Chunk(ids, c.o.BatchSize) {
		if err := c.terminateBatch(ctx, id, batch, refused); err != nil {
			return refused, err
		}
	}
	return refused, nil
}

// terminateBatch asks again for those whose error allows it.
func (c *Cloud) terminateBatch(ctx context.Context, id cluster.ID, ids []cluster.InstanceID, refused map[cluster.InstanceID]error) error {
	r := c.retrier("terminate")
	r.conflict = true // another operation on the machine is still at work
	for {
		errs, err := c.driver.Terminate(ctx, id, ids)
		if e := c.classify(ctx, "terminate", err); e != nil {
			if final := r.again(ctx, e); final != nil {
				return final
			}
			continue
		}
		var again []cluster.InstanceID
		var last *Error
		for _, i := range ids {
			e := c.classify(ctx, "terminate "+string(i), errs[i])
			switch {
			case e == nil || e.Kind == NotFound:
				delete(refused, i)
			default:
				refused[i] = e
				if r.retries(e.Kind) {
					again, last = append(again, i), e
				}
			}
		}
		if last == nil {
			return nil
		}
		if final := r.again(ctx, last); final != nil {
			if final.Kind == Canceled {
				return final
			}
			return nil
		}
		ids = again
	}
}

// WaitGone returns when List shows none of the machines any more. How long
// that may take is the caller's business: ctx.
func (c *Cloud) WaitGone(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) error {
	for n := 0; ; n++ {
		list, err := c.List(ctx, id)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(existing(list), func(i cluster.Instance) bool { return slices.Contains(ids, i.ID) }) {
			return nil
		}
		if err := c.pause(ctx, "wait for deletion", grow(c.o.PollMin, c.o.PollMax, n)); err != nil {
			return err
		}
	}
}

// existing leaves out what is only a memory of a machine.
func existing(list []cluster.Instance) []cluster.Instance {
	return slices.DeleteFunc(slices.Clone(list), func(i cluster.Instance) bool { return i.State == cluster.InstanceGone })
}
