package providers

import (
	"context"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
)

// machineCall asks the cloud for one thing for some machines; the map holds an
// error for each that was refused.
type machineCall func(context.Context, []cluster.InstanceID) (map[cluster.InstanceID]error, error)

// eachBatch asks for something in batches, and again for those machines whose
// error allows it. A machine that does not exist is no error.
func (c *Cloud) eachBatch(ctx context.Context, op string, ids []cluster.InstanceID, call machineCall) (map[cluster.InstanceID]error, error) {
	refused := map[cluster.InstanceID]error{}
	for batch := range slices.Chunk(ids, c.o.BatchSize) {
		if err := c.oneBatch(ctx, op, batch, call, refused); err != nil {
			return refused, err
		}
	}
	return refused, nil
}

func (c *Cloud) oneBatch(ctx context.Context, op string, ids []cluster.InstanceID, call machineCall, refused map[cluster.InstanceID]error) error {
	r := c.retrier(op)
	r.conflict = true // another operation on the machine is still at work
	for {
		errs, err := call(ctx, ids)
		if e := c.classify(ctx, op, err); e != nil {
			if final := r.again(ctx, e); final != nil {
				return final
			}
			continue
		}
		var again []cluster.InstanceID
		var last *Error
		for _, i := range ids {
			e := c.classify(ctx, op+" "+string(i), errs[i])
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
