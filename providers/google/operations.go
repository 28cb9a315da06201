package google

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/providers"
)

// slowest is the operationTime pause between two questions for one operation.
const slowest = 2 * time.Second

// operationTime is how long an operation may take until we stop asking; those that
// work end within seconds.
const operationTime = 5 * time.Minute

const done = "DONE"

// wait returns when an operation is over, with the reason when it failed.
func (d *Driver) wait(ctx context.Context, a *api, op *compute.Operation) error {
	for began, delay := d.clock.now(), d.clock.poll; ; delay = min(slowest, delay*3/2) {
		if op.Status == done {
			return d.operationError(op)
		}
		if d.clock.now().Sub(began) >= operationTime {
			return &cloudError{
				kind: providers.Unknown, summary: fmt.Sprintf("Google accepted the request, but its operation %s has not ended within %s", op.Name, operationTime),
				advice: "see https://status.cloud.google.com, then run the same command again: it goes on where it stopped",
			}
		}
		if err := pause(ctx, delay); err != nil {
			return err
		}
		var err error
		switch {
		case op.Zone != "":
			op, err = a.ZoneOperations.Get(a.project, last(op.Zone), op.Name).Context(ctx).Do()
		case op.Region != "":
			op, err = a.RegionOperations.Get(a.project, last(op.Region), op.Name).Context(ctx).Do()
		default:
			op, err = a.GlobalOperations.Get(a.project, op.Name).Context(ctx).Do()
		}
		if err != nil {
			return err
		}
	}
}

// change is a request that starts an operation.
type change func(ctx context.Context) (*compute.Operation, error)

// finish sends a request and waits for its operation.
func (d *Driver) finish(ctx context.Context, a *api, do change) error {
	op, err := do(ctx)
	if err != nil {
		return err
	}
	return d.wait(ctx, a, op)
}

// inParallel is how many requests of a kind may be unanswered at once.
const inParallel = 16

// finishAll does it with all, and returns the first error when all are over.
func (d *Driver) finishAll(ctx context.Context, a *api, changes []change) error {
	var g errgroup.Group
	g.SetLimit(inParallel)
	for _, do := range changes {
		g.Go(func() error { return d.finish(ctx, a, do) })
	}
	return g.Wait()
}
