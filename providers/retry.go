package providers

import (
	"context"
	"errors"
	"strings"
	"time"
)

// The pauses between tries double from retryBase up to retryMax; a cloud that
// is out of machines is given longer to find some.
const (
	retryBase    = 250 * time.Millisecond
	retryMax     = 30 * time.Second
	capacityBase = 5 * time.Second
)

// classify turns what a driver returned into an *Error, and nil into nil.
// Once our own context has ended every error means Canceled, whatever an SDK
// made of it; a deadline that is not ours is the cloud's slowness.
func (c *Cloud) classify(ctx context.Context, op string, err error) *Error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return &Error{Op: op, Kind: Canceled, Err: context.Cause(ctx)}
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	kind := c.driver.ErrorKind(err)
	if kind == "" {
		kind = Unknown
	}
	if kind == Unknown || kind == Canceled {
		// Not our context: something inside the driver gave up.
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			kind = Transient
		}
	}
	return &Error{Op: op, Kind: kind, Err: err}
}

// retrier decides about one call: whether it may be sent again, and when.
type retrier struct {
	c        *Cloud
	op       string
	conflict bool // conflicts are retried too: what is in the way is going
	first    time.Time
	tries    int
	said     string // what the user was told last
}

func (c *Cloud) retrier(op string) *retrier { return &retrier{c: c, op: op} }

// budget is for how long errors of a kind are retried; 0 is never.
func (r *retrier) budget(k Kind) time.Duration {
	switch k {
	case Transient:
		return r.c.o.Budget
	case Throttled:
		return 5 * r.c.o.Budget
	case Conflict:
		if r.conflict {
			return r.c.o.Budget
		}
		return 0
	case Unknown, Quota, Capacity, Permission, NotFound, Invalid, Canceled:
		return 0
	}
	return 0
}

func (r *retrier) retries(k Kind) bool { return r.budget(k) > 0 }

// again sleeps until the call may be repeated and returns nil, or returns the
// error that is final: e itself, or that ctx ended.
func (r *retrier) again(ctx context.Context, e *Error) *Error {
	budget := r.budget(e.Kind)
	if budget == 0 {
		return e
	}
	now := r.c.o.Now()
	if r.tries == 0 {
		r.first = now
	}
	d := r.c.o.Jitter(grow(retryBase, retryMax, r.tries))
	if now.Add(d).Sub(r.first) > budget {
		return e
	}
	r.tries++
	if text := withoutAdvice(e.Err); text != r.said { // once is enough, however often it is tried
		r.said = text
		r.c.notifyf("%s: %s (%s); trying again for up to %s", r.op, e.Kind.Meaning(), text, budget)
	}
	if err := r.c.o.Sleep(ctx, d); err != nil {
		return &Error{Op: r.op, Node: e.Node, Kind: Canceled, Err: context.Cause(ctx)}
	}
	return nil
}

// advised is an error of a driver whose text ends with what the user can do.
type advised interface {
	error
	Advice() string
}

// withoutAdvice is the text of an error for those who need do nothing yet.
func withoutAdvice(err error) string {
	text := err.Error()
	if a, ok := errors.AsType[advised](err); ok {
		text = strings.TrimSuffix(text, "; "+a.Advice())
	}
	return text
}

// grow is base doubled n times, at most limit.
func grow(base, limit time.Duration, n int) time.Duration {
	for range n {
		if base >= limit {
			break
		}
		base *= 2
	}
	return min(base, limit)
}
