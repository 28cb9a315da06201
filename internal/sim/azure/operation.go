package azure

import (
	"context"
	"net/http"
	"time"
)

// running is one long operation, running or ended.
type running struct {
	id        string
	namespace string
	version   string
	started   time.Time
	due       time.Time // when it should end
	ended     time.Time
	status    string // InProgress, Succeeded or Failed
	fail      *failure
	never     bool
	plain     bool // told by the Location header alone, as operations on groups are
}

const inProgress = "InProgress"

// open notes an operation that takes d, unless something else delays it.
func (c *Cloud) open(q *request, d time.Duration) *running {
	c.serial++
	now := c.options.Now()
	op := &running{
		id: fakeUUID("operation", now.String(), string(rune(c.serial))), namespace: q.namespace(), version: q.query.Get("api-version"),
		started: now, due: now.Add(d), status: inProgress, never: q.fault != nil && q.fault.Never,
	}
	c.operations[op.id] = op
	return op
}

// finish ends an operation, well when f is nil.
func (c *Cloud) finish(op *running, f *failure) {
	if op.status != inProgress {
		return
	}
	op.ended, op.status, op.fail = c.options.Now(), succeeded, f
	if f != nil {
		op.status = broken
	}
}

// doomed is what the script wants the operation to end with, or nil.
func (c *Cloud) doomed(q *request) *failure {
	if q.fault == nil || !q.fault.Later {
		return nil
	}
	return c.scripted(*q.fault)
}

// begin opens an operation that ends after d with what end makes of it; end
// is given the failure that the script wants.
func (c *Cloud) begin(q *request, d time.Duration, end func(*failure) *failure) *running {
	op := c.open(q, d)
	if !op.never {
		c.later(d, func() { c.finish(op, end(c.doomed(q))) })
	}
	return op
}

// both does work in the background and calls done, with c.mu held, when it is
// done and d has passed. c.mu must be held.
func (c *Cloud) both(d time.Duration, work func(context.Context) error, done func(error)) {
	var (
		missing = 2
		first   error
	)
	arrive := func(err error) {
		if first == nil {
			first = err
		}
		if missing--; missing == 0 {
			done(first)
		}
	}
	c.spawn(func(ctx context.Context) {
		err := work(ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.closed {
			arrive(err)
		}
	})
	c.later(d, func() { arrive(nil) })
}

// accepted adds to an answer where its operation can be followed.
func (c *Cloud) accepted(q *request, op *running, r *reply) *reply {
	base := q.base + "/subscriptions/" + Subscription
	version := "?api-version=" + op.version
	r.header = map[string]string{}
	if op.plain {
		r.header["Location"] = base + "/operationresults/" + op.id + version
	} else {
		locations := base + "/providers/" + op.namespace + "/locations/" + Location
		r.header["Azure-AsyncOperation"] = locations + "/operations/" + op.id + version
		if q.method != http.MethodPut {
			r.header["Location"] = locations + "/operationResults/" + op.id + version
		}
	}
	c.hint(op, r.header)
	return r
}

const (
	longestHint  = 10 * time.Second
	shortestHint = 2 * time.Millisecond
)

// hint says when it is worth asking again: when it should be done, and when
// that has passed, twice as late each time.
func (c *Cloud) hint(op *running, h map[string]string) {
	now := c.options.Now()
	d := op.due.Sub(now)
	if d <= 0 {
		d = min(now.Sub(op.due), time.Second)
	}
	retryAfter(h, min(max(d, shortestHint), longestHint))
}

// poll answers how an operation is getting on.
func (c *Cloud) poll(q *request, id string) *reply {
	op := c.operations[id]
	if op == nil {
		return failed(refuse(http.StatusNotFound, "NotFound", "The operation '%s' could not be found.", id))
	}
	if !containsFold(q.path, "/operations/") {
		return c.pollResult(q, op)
	}
	body := tree{"name": op.id, "startTime": stamp(op.started), "status": op.status}
	r := ok(body)
	if op.status == inProgress {
		r.header = map[string]string{}
		c.hint(op, r.header)
		return r
	}
	body["endTime"] = stamp(op.ended)
	if op.fail != nil {
		body["error"] = op.fail
	}
	return r
}

// pollResult answers at the address of the Location header.
func (c *Cloud) pollResult(q *request, op *running) *reply {
	switch {
	case op.status == inProgress:
		return c.accepted(q, op, &reply{status: http.StatusAccepted})
	case op.fail != nil:
		f := *op.fail
		if f.Status < http.StatusBadRequest || f.Status == http.StatusTooManyRequests || f.Status >= http.StatusInternalServerError {
			f.Status = http.StatusConflict // of the others, clients believe that they are about the poll
		}
		return failed(&f)
	case op.plain:
		return &reply{status: http.StatusOK}
	}
	return &reply{status: http.StatusNoContent}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }
