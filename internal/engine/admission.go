package engine

import (
	"context"
	"fmt"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/scheduler"
)

// factAdmitted is waited for by a role whose scheduler lets a machine in only
// after the frontend has named it. The engine sets it for each node alone.
const factAdmitted = "node.admitted"

// admitter tells the scheduler, through the frontend's session, of the nodes
// that want to join: as many at once as there are.
type admitter struct {
	*run
	fresh chan *handler
}

func (r *run) newAdmitter(capacity int) *admitter {
	return &admitter{run: r, fresh: make(chan *handler, capacity)}
}

// ask is called when a node waits to be admitted; it never blocks. The frontend
// does not wait for itself: the scheduler's role has admitted it.
func (a *admitter) ask(h *handler) {
	if h.name == a.spec.FrontendNode() {
		go h.admit(nil) // the node's messages must not wait for its session
		return
	}
	a.fresh <- h
}

// serve runs until fresh is closed.
func (a *admitter) serve(ctx context.Context) {
	for first := range a.fresh {
		batch := gather(first, a.fresh)
		names := make([]cluster.NodeName, len(batch))
		for i, h := range batch {
			names[i] = h.name
		}
		err := a.tell(ctx, names)
		for _, h := range batch {
			h.admit(err)
		}
	}
}

func (a *admitter) tell(ctx context.Context, names []cluster.NodeName) error {
	if a.spec.Scheduler == nil {
		return nil
	}
	client, err := scheduler.New(a.spec.Scheduler.Kind, a.front.Exec)
	if err != nil {
		return err
	}
	gate, has := client.(scheduler.Admitter)
	if !has {
		return nil
	}
	if a.names.answered() { // a scheduler that admits nodes by name must find them
		if err := a.names.tell(ctx, names); err != nil {
			return err
		}
	}
	return gate.Admit(ctx, names)
}

// admit lets the node go on, or ends its set-up.
func (h *handler) admit(err error) {
	<-h.ready
	if err != nil {
		h.cancels[h.name].cancel(fmt.Errorf("the scheduler on %s did not admit it: %w", h.spec.FrontendNode(), err))
		return
	}
	_ = h.session.Fact(factAdmitted, "yes") // a broken session reports itself through Wait
}

// gather returns first and all that is in the channel already.
func gather[T any](first T, more <-chan T) []T {
	batch := []T{first}
	for {
		select {
		case next, open := <-more:
			if !open {
				return batch
			}
			batch = append(batch, next)
		default:
			return batch
		}
	}
}
