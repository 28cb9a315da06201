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
	return c.eachBatch(ctx, "terminate", ids, func(ctx context.Context, batch []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
		return c.driver.Terminate(ctx, id, batch)
	})
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
