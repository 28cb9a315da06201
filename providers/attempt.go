package providers

import (
	"context"
	"errors"
	"fmt"

	"github.com/ecluster/ecluster/internal/cluster"
)

// launch is one run of Cloud.Launch. Its methods take two contexts: ctx is
// the caller's, for calls to the cloud, and issue, which also ends when
// another batch failed, for everything that precedes a call: a call that is
// out is never cut off because of another batch.
type launch struct {
	c     *Cloud
	plan  LaunchPlan
	hooks LaunchHooks
	calls chan struct{} // one slot a call on its way
	open  chan struct{} // one slot a batch that the cloud has not answered yet
}

// batch launches nodes with as many attempts as it takes: in each place of
// their group, then, after a pause, in all of them again. It is entered with
// both slots and left without.
func (l *launch) batch(ctx, issue context.Context, nodes []NodeRequest) error {
	places := l.c.places(nodes[0].Group)
	last := places * l.c.o.CapacityTries
	for try := 1; ; try++ {
		place := (try - 1) % places
		missing, err := l.attempt(ctx, issue, nodes, place, try == last)
		if err != nil || len(missing) == 0 {
			return err
		}
		if place+1 < places {
			l.c.notifyf("launch: %s for %d of %d nodes; trying the next of %d places", Capacity.Meaning(), len(missing), len(nodes), places)
		} else {
			d := l.c.o.Jitter(grow(capacityBase, retryMax, try/places-1))
			l.c.notifyf("launch: %s for %d of %d nodes; trying again in %s", Capacity.Meaning(), len(missing), len(nodes), d)
			if err := l.c.pause(issue, "launch", d); err != nil {
				return err
			}
		}
		if err := l.enter(issue); err != nil {
			return &Error{Op: "launch", Kind: Canceled, Err: err}
		}
		nodes = missing
	}
}

// places is how many places there are to launch nodes of a group in.
func (c *Cloud) places(g cluster.Group) int {
	p, has := Capability[Placer](c)
	if !has {
		return 1
	}
	return max(1, p.Places(g))
}

// enter takes both slots, or none.
func (l *launch) enter(ctx context.Context) error {
	if err := acquire(ctx, l.open); err != nil {
		return err
	}
	if err := acquire(ctx, l.calls); err != nil {
		release(l.open)
		return err
	}
	return nil
}

// attempt sends one request under one token until its outcome is known. It
// returns the nodes that the cloud had no machine for, unless it is the last
// attempt. It is entered with both slots and left without.
func (l *launch) attempt(ctx, issue context.Context, nodes []NodeRequest, place int, last bool) ([]NodeRequest, error) {
	token, err := l.intend(issue, nodes)
	if err != nil {
		release(l.calls)
		release(l.open)
		return nil, err
	}
	o := &outcome{hooks: l.hooks, errs: make(map[cluster.NodeName]*Error, len(nodes))}
	confirmer, late := Capability[Confirmer](l.c)
	if late {
		o.held = make(map[cluster.NodeName]cluster.InstanceID, len(nodes))
		defer o.letGo()
	}
	for _, n := range nodes {
		o.errs[n.Name] = &Error{Op: "launch", Node: n.Name, Kind: Unknown, Err: errNoResult}
	}
	req := LaunchRequest{
		ID: l.plan.ID, Name: l.plan.Name, Token: token, Nodes: nodes, Access: l.plan.Access,
		Expires: l.plan.Expires, Place: place,
	}
	if err := l.send(ctx, issue, req, o); err != nil {
		return nil, err
	}
	settled := l.reconcile(issue, token, o)
	if late {
		l.confirm(issue, confirmer, req, o)
		o.letGo()
	}
	if !settled && issue.Err() != nil {
		return nil, &Error{Op: "launch", Kind: Canceled, Err: context.Cause(issue)}
	}
	var missing []NodeRequest
	for _, n := range nodes {
		e, refused := o.errs[n.Name]
		switch {
		case !refused: // launched
		case e.Kind == Capacity && !last:
			missing = append(missing, n)
		default:
			l.hooks.Refused(n.Name, e)
		}
	}
	if settled {
		// The outcome is known whatever has happened to ctx meanwhile.
		if err := l.hooks.Settled(context.WithoutCancel(ctx), token); err != nil {
			return nil, fmt.Errorf("launch: record the outcome: %w", err)
		}
	}
	return missing, nil
}

func (l *launch) intend(ctx context.Context, nodes []NodeRequest) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", &Error{Op: "launch", Kind: Canceled, Err: context.Cause(ctx)}
	}
	token, err := l.c.token()
	if err != nil {
		return "", err
	}
	if err := l.hooks.Intend(ctx, token, names(nodes)); err != nil {
		return "", fmt.Errorf("launch: record the intention: %w", err)
	}
	return token, nil
}

// send calls the driver with the same request for as long as a node's error
// allows that. It is entered with both slots and left without.
func (l *launch) send(ctx, issue context.Context, req LaunchRequest, o *outcome) error {
	defer release(l.open)
	r := l.c.retrier("launch")
	r.conflict = true // a machine of that name may be on its way out
	for {
		results, err := l.c.driver.Launch(ctx, req)
		release(l.calls)
		o.absorb(results, l.c.classify(ctx, "launch", err), func(err error) *Error {
			return l.c.classify(ctx, "launch", err)
		})
		e := o.worst(r)
		if e == nil {
			return nil
		}
		if e.Kind == Canceled {
			return e
		}
		if final := r.again(issue, e); final != nil {
			if final.Kind == Canceled {
				return final
			}
			return nil
		}
		if err := acquire(issue, l.calls); err != nil {
			return &Error{Op: "launch", Kind: Canceled, Err: err}
		}
	}
}

// reconcile looks for machines that an attempt made although its call failed
// in a way that leaves that open, and reports whether the attempt is settled.
func (l *launch) reconcile(ctx context.Context, token string, o *outcome) bool {
	if !o.ambiguous() {
		return true
	}
	if l.c.pause(ctx, "launch", l.c.o.ConsistencyDelay) != nil {
		return false
	}
	list, err := l.c.List(ctx, l.plan.ID)
	if err != nil {
		l.c.notifyf("launch: can't tell whether the cloud made what it reported as failed: %v", err)
		return false
	}
	for _, i := range list {
		if _, missing := o.errs[i.Node]; missing && i.Attempt == token && i.State != cluster.InstanceGone {
			o.launched(i.Node, i.ID)
		}
	}
	return true
}

var errNoResult = errors.New("the provider's driver returned no result for this node")

// outcome gathers what is known of the nodes of one attempt: a node without
// an error was launched, and reported.
type outcome struct {
	hooks LaunchHooks
	errs  map[cluster.NodeName]*Error
	// held are nodes that are not reported before the cloud confirmed them; nil
	// for a cloud whose word is final.
	held map[cluster.NodeName]cluster.InstanceID
}

func (o *outcome) launched(n cluster.NodeName, id cluster.InstanceID) {
	delete(o.errs, n)
	if o.held != nil {
		o.held[n] = id
		return
	}
	o.hooks.Launched(n, id)
}

// absorb takes the answer to one call. whole is the refusal of the request as
// a whole, or nil.
func (o *outcome) absorb(results []LaunchResult, whole *Error, classify func(error) *Error) {
	if whole != nil {
		for n := range o.errs {
			o.errs[n] = about(n, whole)
		}
	}
	for _, r := range results {
		_, open := o.errs[r.Node]
		switch {
		case !open: // launched by an earlier call with this token
		case r.Err == nil && r.Instance != "":
			o.launched(r.Node, r.Instance)
		case r.Err != nil:
			o.errs[r.Node] = about(r.Node, classify(r.Err))
		}
	}
}

// worst returns the error that decides about sending the request again: that
// our context ended, or the one that is retried longest; nil for neither.
func (o *outcome) worst(r *retrier) *Error {
	var worst *Error
	for _, e := range o.errs {
		if e.Kind == Canceled {
			return e
		}
		if r.retries(e.Kind) && (worst == nil || r.budget(e.Kind) > r.budget(worst.Kind)) {
			worst = e
		}
	}
	return worst
}

// ambiguous reports whether a node may have a machine in spite of its error.
func (o *outcome) ambiguous() bool {
	for _, e := range o.errs {
		switch e.Kind {
		case Transient, Conflict, Unknown, Canceled:
			return true
		case Quota, Capacity, Throttled, Permission, NotFound, Invalid: // it was refused
		}
	}
	return false
}

// about returns e as the error of one node.
func about(n cluster.NodeName, e *Error) *Error {
	return &Error{Op: e.Op, Node: n, Kind: e.Kind, Err: e.Err}
}
