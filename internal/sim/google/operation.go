package google

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// waitLimit is for how long the cloud keeps a request for the end of an
// operation.
const waitLimit = 2 * time.Minute

// operation is what goes on behind a record of the collection "operations".
type operation struct {
	done  chan struct{} // closed at the end
	abort func(*opError)
}

// task is what an operation does. All but work run under the lock.
type task struct {
	kind   string // "insert", "compute.instances.preempted"
	target *record
	where  string
	system bool // the cloud does it by itself
	// work goes on while the operation runs; it may be nil.
	work func(ctx context.Context)
	// end has the effect; an error of it is the operation's. It may be nil.
	end func() *opError
	// abort undoes what the request began, when the operation fails before its
	// end. It may be nil.
	abort func()
}

// begin starts an operation and returns its record. fault may be nil. c.mu is
// held.
func (c *Cloud) begin(r *request, t task) *record {
	var fault *sim.Fault
	requested, who := "", user
	if r != nil {
		fault, requested = r.fault, r.query.Get("requestId")
	}
	if t.system {
		who = "system"
	}
	now, id := c.o.Now(), newID()
	kind := map[byte]string{'z': "zoneOperations", 'r': "regionOperations", 'g': "globalOperations"}[t.where[0]]
	o := object{
		"operationType": t.kind, "status": "RUNNING", "progress": 0, "user": who,
		"targetLink": t.target.url(), "targetId": text(t.target.obj, "id"),
		"insertTime": c.stamp(), "startTime": c.stamp(),
	}
	if requested != "" {
		o["clientOperationId"] = requested
	}
	op := c.add(collections[kind], Project, t.where, fmt.Sprintf("operation-%d-%s", now.UnixMilli(), id), o)
	delete(op.obj, "creationTimestamp")
	op.op = &operation{done: make(chan struct{})}
	op.shown = now
	op.op.abort = func(e *opError) {
		if t.abort != nil {
			t.abort()
		}
		c.finish(op, e)
	}
	if fault != nil && fault.Never {
		return op
	}
	if fault != nil && fault.Later {
		c.later(c.o.OperationTime, func() {
			if !over(op) {
				op.op.abort(failure(fault.Code, fault.Message))
			}
		})
		return op
	}
	left := 1
	part := func() {
		if left--; left > 0 || over(op) {
			return
		}
		var e *opError
		if t.end != nil {
			e = t.end()
		}
		c.finish(op, e)
	}
	if t.work != nil {
		left++
		c.spawn(func(ctx context.Context) {
			t.work(ctx)
			c.mu.Lock()
			defer c.mu.Unlock()
			if !c.closed {
				part()
			}
		})
	}
	c.later(c.o.OperationTime, part)
	return op
}

// over reports whether an operation has ended.
func over(op *record) bool { return text(op.obj, "status") == "DONE" }

// finish ends an operation. c.mu is held.
func (c *Cloud) finish(op *record, e *opError) {
	changes := object{"status": "DONE", "progress": 100, "endTime": c.stamp()}
	if e != nil {
		changes["error"], changes["httpErrorStatusCode"], changes["httpErrorMessage"] = e.body(), e.status, e.words()
	}
	op.set(changes)
	close(op.op.done)
}

// operation returns the record of an operation that a handler answered with.
func (c *Cloud) operation(answer any) *record {
	name := text(answer, "name")
	if text(answer, "kind") != "compute#operation" {
		return nil
	}
	where := "global"
	for _, key := range []string{"zone", "region"} {
		if url := text(answer, key); url != "" {
			where = key + "s/" + last(url)
		}
	}
	return c.records["operations"][collections["globalOperations"].path(Project, where, name)]
}

// waitOperation answers when the operation is done, or after waitLimit as it
// is then.
func waitOperation(c *Cloud, r *request) (any, error) {
	c.mu.RLock()
	op, e := c.named(r)
	c.mu.RUnlock()
	if e != nil {
		return nil, e
	}
	limit := make(chan struct{})
	stop := c.o.After(waitLimit, func() { close(limit) })
	defer stop()
	select {
	case <-op.op.done:
	case <-limit:
	case <-r.http.Context().Done():
	case <-c.ctx.Done():
		return nil, statusRefusal(http.StatusServiceUnavailable)
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	return op.obj, nil
}
