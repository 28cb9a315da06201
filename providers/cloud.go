package providers

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Cloud is a Driver with everything that is the same on every cloud around
// it: batches, retries by error kind, waiting, eventual consistency. Every
// error that it returns is an *Error, or joins several. It is safe for
// concurrent use, and it leaves no goroutine behind once its calls returned.
type Cloud struct {
	driver Driver
	o      Options

	mu      sync.Mutex
	pollers map[cluster.ID]*poller
}

// Options tune a Cloud and give it its clock and its randomness. The zero
// value of each field means its default.
type Options struct {
	// BatchSize is how many machines one call may concern; default 10.
	BatchSize int
	// MaxInFlight is how many launch calls may be on their way to the cloud at
	// once; default 1: a batch leaves when the cloud accepted the one before it.
	MaxInFlight int
	// Budget is for how long one call is retried after transient errors and
	// conflicts; default 2 minutes. Throttling, which is the cloud's own
	// request to try later, has five times as much.
	Budget time.Duration
	// CapacityTries is how often a node is asked for while the cloud has no
	// machine left for it; default 3.
	CapacityTries int
	// ConsistencyDelay is for how long after a call List may not show its
	// effect. Default 0: at once.
	ConsistencyDelay time.Duration
	// PollMin and PollMax bound the time between two listings while waiting;
	// defaults 100 ms and 2 s.
	PollMin, PollMax time.Duration

	// Now is the clock; default time.Now.
	Now func() time.Time
	// Sleep returns after d, or earlier with the error of ctx; default a timer.
	Sleep func(ctx context.Context, d time.Duration) error
	// Jitter shortens a pause at random; default to between a half and all of it.
	Jitter func(d time.Duration) time.Duration
	// Random is the source of launch tokens; default crypto/rand.
	Random io.Reader
	// Notify is told in one sentence when something takes longer than it
	// should: a throttled call, a retry. It may be called concurrently.
	Notify func(what string)
}

// New returns the portable cloud around a driver.
func New(d Driver, o Options) *Cloud {
	return &Cloud{driver: d, o: o.withDefaults(), pollers: map[cluster.ID]*poller{}}
}

func (o Options) withDefaults() Options {
	o.BatchSize = positive(o.BatchSize, 10)
	o.MaxInFlight = positive(o.MaxInFlight, 1)
	o.Budget = positive(o.Budget, 2*time.Minute)
	o.CapacityTries = positive(o.CapacityTries, 3)
	o.PollMin = positive(o.PollMin, 100*time.Millisecond)
	o.PollMax = max(positive(o.PollMax, 2*time.Second), o.PollMin)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Jitter == nil {
		o.Jitter = func(d time.Duration) time.Duration { return d/2 + mathrand.N(d/2+1) }
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Notify == nil {
		o.Notify = func(string) {}
	}
	return o
}

func positive[T int | time.Duration](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}

func sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Capability returns the driver as T, one of the optional interfaces of
// capabilities.go, and false when the driver does not offer it. Calls to it
// are not retried by themselves: make them inside Do.
func Capability[T any](c *Cloud) (T, bool) {
	t, ok := c.driver.(T)
	return t, ok
}

// Do runs a call to the driver, classifies its error, and repeats it while
// that is transient or throttled and within the budget. op names the call in
// errors: "pause". The call must be idempotent.
func (c *Cloud) Do(ctx context.Context, op string, call func(context.Context) error) error {
	r := c.retrier(op)
	for {
		e := c.classify(ctx, op, call(ctx))
		if e == nil {
			return nil
		}
		if final := r.again(ctx, e); final != nil {
			return final
		}
	}
}

// Check asks the cloud what would make a launch of the request fail.
func (c *Cloud) Check(ctx context.Context, req CheckRequest) ([]Finding, error) {
	var findings []Finding
	err := c.Do(ctx, "check", func(ctx context.Context) (err error) {
		findings, err = c.driver.Check(ctx, req)
		return err
	})
	return findings, err
}

// Prepare makes what the nodes of a cluster share. A nil Progress is allowed.
func (c *Cloud) Prepare(ctx context.Context, req PrepareRequest) error {
	if req.Progress == nil {
		req.Progress = func(string, string) {}
	}
	return c.Do(ctx, "prepare", func(ctx context.Context) error { return c.driver.Prepare(ctx, req) })
}

// List returns the machines of a cluster as the cloud shows them now.
func (c *Cloud) List(ctx context.Context, id cluster.ID) ([]cluster.Instance, error) {
	var list []cluster.Instance
	err := c.Do(ctx, "list", func(ctx context.Context) (err error) {
		list, err = c.driver.List(ctx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// pause sleeps, and returns a classified error when ctx ends first.
func (c *Cloud) pause(ctx context.Context, op string, d time.Duration) error {
	if err := c.o.Sleep(ctx, d); err != nil {
		return &Error{Op: op, Kind: Canceled, Err: context.Cause(ctx)}
	}
	return nil
}

func (c *Cloud) notifyf(format string, args ...any) {
	c.o.Notify(fmt.Sprintf(format, args...))
}
