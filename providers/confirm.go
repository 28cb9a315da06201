package providers

import (
	"context"
	"maps"
	"slices"
)

// confirm waits until the cloud has granted or refused what it accepted; other
// batches are sent meanwhile. What it can't tell within the budget counts as
// granted: whoever waits for the machine will see.
func (l *launch) confirm(ctx context.Context, confirmer Confirmer, req LaunchRequest, o *outcome) {
	req.Nodes = slices.DeleteFunc(slices.Clone(req.Nodes), func(n NodeRequest) bool {
		_, accepted := o.held[n.Name]
		return !accepted
	})
	if len(req.Nodes) == 0 {
		return
	}
	var refused []LaunchResult
	err := l.c.Do(ctx, "confirm the launch", func(ctx context.Context) (err error) {
		limited, cancel := context.WithTimeout(ctx, l.c.o.Budget)
		defer cancel()
		refused, err = confirmer.Confirm(limited, req)
		if limited.Err() != nil && ctx.Err() == nil {
			return nil // whoever waits for the machine will see
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		l.c.notifyf("launch: can't tell whether the cloud has the machines that it accepted: %v", err)
	}
	for _, r := range refused {
		if _, accepted := o.held[r.Node]; accepted && r.Err != nil {
			delete(o.held, r.Node)
			o.errs[r.Node] = about(r.Node, l.c.classify(ctx, "launch", r.Err))
		}
	}
}

// letGo reports what was held.
func (o *outcome) letGo() {
	held := o.held
	o.held = nil
	for _, n := range slices.Sorted(maps.Keys(held)) {
		o.launched(n, held[n])
	}
}
