package providers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// askAgain is after how long a machine that still shows no sign of its
// deletion is asked for again, on top of the consistency delay.
const askAgain = 15 * time.Second

// maxAsked is how often a machine is asked for that stays as it is.
const maxAsked = 8

// DestroyRequest says what to take away.
type DestroyRequest struct {
	ID   cluster.ID
	Keep Keep
	// Open are the launch attempts that no run has settled: they may still
	// make machines.
	Open []Attempt
	// Progress is told after each listing what is left; may be nil.
	Progress func(left []cluster.Instance)
}

// Destroy deletes every machine that carries the tag of the cluster, whoever
// remembers it, until two listings that are a consistency delay apart are
// empty, and then what the machines shared. It is idempotent: after an error
// it can be called again. How long it may take is the caller's business: ctx.
func (c *Cloud) Destroy(ctx context.Context, req DestroyRequest) error {
	if req.Progress == nil {
		req.Progress = func([]cluster.Instance) {}
	}
	d := &destroy{c: c, req: req, settler: c.settler(req.Open)}
	if err := d.machines(ctx); err != nil {
		return err
	}
	return d.shared(ctx)
}

// destroy is one run of Cloud.Destroy.
type destroy struct {
	c       *Cloud
	req     DestroyRequest
	settler *settler
	asked   map[cluster.InstanceID]time.Time
	times   map[cluster.InstanceID]int   // that it was asked for and did not begin to go
	refused map[cluster.InstanceID]error // the answer to the latest asking
	empty   bool                         // so was the latest listing, with nothing open
}

// machines deletes until nothing is left and nothing can come any more.
func (d *destroy) machines(ctx context.Context) error {
	d.asked = map[cluster.InstanceID]time.Time{}
	d.times = map[cluster.InstanceID]int{}
	d.refused = map[cluster.InstanceID]error{}
	d.empty = false
	for n := 0; ; n++ {
		began := d.c.o.Now()
		list, err := d.c.List(ctx, d.req.ID)
		if err != nil {
			return err
		}
		unsettled := d.settler.left(began, list)
		list = existing(list)
		d.req.Progress(list)
		wait := grow(d.c.o.PollMin, d.c.o.PollMax, n)
		switch {
		case len(list) > 0:
			d.empty = false
			fresh, err := d.ask(ctx, began, list)
			if err != nil {
				return err
			}
			if fresh {
				n = 0
			}
		case unsettled > 0:
			wait = min(wait, unsettled)
		case !d.empty:
			d.empty = true
			wait = d.c.o.ConsistencyDelay
		default: // the second empty listing
			return nil
		}
		if err := d.c.pause(ctx, "destroy", wait); err != nil {
			return err
		}
	}
}

// ask requests the deletion of the machines that were not asked for lately,
// and reports whether there were any. It fails when nothing but refused
// machines is left: the others are not kept from going by those.
func (d *destroy) ask(ctx context.Context, now time.Time, list []cluster.Instance) (bool, error) {
	var ids []cluster.InstanceID
	for _, i := range list {
		at, asked := d.asked[i.ID]
		if !asked || now.Sub(at) >= d.c.o.ConsistencyDelay+askAgain {
			ids = append(ids, i.ID)
		}
	}
	refused, err := d.c.Terminate(ctx, d.req.ID, ids)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		d.asked[id] = now
		delete(d.refused, id)
	}
	maps.Copy(d.refused, refused)
	for _, i := range list {
		switch {
		case i.State == cluster.InstanceStopping:
			delete(d.times, i.ID)
		case slices.Contains(ids, i.ID):
			d.times[i.ID]++
			if d.times[i.ID] >= maxAsked && d.refused[i.ID] == nil {
				d.refused[i.ID] = &Error{Op: "terminate", Kind: Unknown, Err: errStays}
			}
		}
	}
	if !slices.ContainsFunc(list, func(i cluster.Instance) bool { return d.refused[i.ID] == nil }) {
		return false, refusal(list, d.refused)
	}
	return len(ids) > 0, nil
}

var errStays = fmt.Errorf("the provider accepted the deletion %d times, and the machine is still there; "+
	"look at it in the provider's console, then run the same command again", maxAsked)

// refusal joins the errors of the machines that can't be deleted, in the
// order of the listing.
func refusal(list []cluster.Instance, refused map[cluster.InstanceID]error) error {
	var errs []error
	for _, i := range list {
		if e, ok := errors.AsType[*Error](refused[i.ID]); ok {
			errs = append(errs, &Error{Op: "delete machine " + string(i.ID) + " of", Node: i.Node, Kind: e.Kind, Err: e.Err})
		}
	}
	return errors.Join(errs...)
}

// shared removes what is no machine. A conflict means that something is still
// in use: a machine that came late, or one that the cloud has not quite let
// go of.
func (d *destroy) shared(ctx context.Context) error {
	r := d.c.retrier("clean up")
	r.conflict = true
	for {
		e := d.c.classify(ctx, "clean up", d.c.driver.Cleanup(ctx, d.req.ID, d.req.Keep))
		if e == nil {
			return nil
		}
		if final := r.again(ctx, e); final != nil {
			return final
		}
		if e.Kind != Conflict {
			continue
		}
		list, err := d.c.List(ctx, d.req.ID)
		if err != nil {
			return err
		}
		if list = existing(list); len(list) > 0 {
			d.c.notifyf("clean up: %s came up late and will be deleted", describe(list))
			if err := d.machines(ctx); err != nil {
				return err
			}
		}
	}
}

// describe names machines by their nodes where they have one.
func describe(list []cluster.Instance) string {
	var out []string
	for _, i := range list {
		if i.Node != "" {
			out = append(out, string(i.Node))
		} else {
			out = append(out, string(i.ID))
		}
	}
	slices.Sort(out)
	if len(out) > 5 {
		return fmt.Sprintf("%s and %d more", strings.Join(out[:5], ", "), len(out)-5)
	}
	return strings.Join(out, ", ")
}
