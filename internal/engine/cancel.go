package engine

import (
	"context"
	"sync"
)

// cancelOnce can end a node's work from outside, also before it began.
type cancelOnce struct {
	once  sync.Once
	done  chan struct{} // closed by cancel, after cause is set
	cause error
}

func (c *cancelOnce) cancel(cause error) {
	c.once.Do(func() {
		c.cause = cause
		close(c.done)
	})
}

// context returns a context that ends with parent, or with the cause given to
// cancel. Call stop when the work is over.
func (c *cancelOnce) context(parent context.Context) (ctx context.Context, stop func()) {
	ctx, end := context.WithCancelCause(parent)
	go func() {
		select {
		case <-c.done:
			end(c.cause)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { end(nil) }
}
