package google

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Launch implements providers.Driver: one insert a node, all at once, under a
// request ID made of the token and the node. It waits for no operation: that is
// what Confirm does.
func (d *Driver) Launch(ctx context.Context, req providers.LaunchRequest) ([]providers.LaunchResult, error) {
	if err := requireID("launch", req.ID); err != nil {
		return nil, err
	}
	if len(req.Nodes) == 0 {
		return nil, nil
	}
	a, err := d.client(ctx)
	if err != nil {
		return nil, d.fail(ctx, "launch", "", err)
	}
	p := d.attempt(req.Token)
	results := make([]providers.LaunchResult, len(req.Nodes))
	var wg sync.WaitGroup
	for i, n := range req.Nodes {
		wg.Go(func() {
			id, err := d.launchNode(ctx, a, req, n, p)
			results[i] = providers.LaunchResult{Node: n.Name, Instance: id, Err: d.fail(ctx, "launch", n.Name, err)}
		})
	}
	wg.Wait()
	return results, nil
}

func (d *Driver) launchNode(ctx context.Context, a *api, req providers.LaunchRequest, n providers.NodeRequest, p *pending) (cluster.InstanceID, error) {
	zone, err := d.zone(optionsOf(n.Group), req.Place)
	if err != nil {
		return "", err
	}
	body, err := d.instance(ctx, a, zone, req, n, p.began)
	if err != nil {
		return "", err
	}
	op, err := a.Instances.Insert(a.project, zone, body).
		RequestId(requestID(req.Token, zone, body.Name)).Context(ctx).Do()
	if isKind(err, providers.Conflict) {
		return d.landed(ctx, a, zone, body, err)
	}
	if err != nil {
		return "", err
	}
	if err := d.operationError(op); err != nil { // the answer to an earlier call
		return "", err
	}
	if op.Status != done {
		p.add(n.Name, operation{zone: zone, name: op.Name})
	}
	return instanceID(zone, body.Name), nil
}

// landed looks whether the machine that is in the way is the one that is
// wanted: made by the same attempt, whose request ID Google has forgotten.
func (d *Driver) landed(ctx context.Context, a *api, zone string, body *compute.Instance, conflict error) (cluster.InstanceID, error) {
	found, err := a.Instances.Get(a.project, zone, body.Name).Context(ctx).Do()
	if err != nil {
		return "", conflict // it is on its way in or out
	}
	for _, label := range []string{providers.TagCluster, providers.TagAttempt} {
		if found.Labels[label] != body.Labels[label] {
			return "", conflict
		}
	}
	return instanceID(zone, body.Name), nil
}

// pending are the operations of one launch attempt that are not over.
type pending struct {
	began time.Time // of the first call with this token
	mu    sync.Mutex
	ops   map[cluster.NodeName]operation
}

// operation is an insert on its way.
type operation struct{ zone, name string }

func (p *pending) add(n cluster.NodeName, op operation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ops[n] = op
}

func (p *pending) all() map[cluster.NodeName]operation {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.ops)
}

// forgetAfter is for how long a token may be sent again.
const forgetAfter = 2 * time.Hour

// attempt is what is known of a token. When it was first used is kept, so that
// the same request is sent whenever it is repeated.
func (d *Driver) attempt(token string) *pending {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock.now()
	maps.DeleteFunc(d.pending, func(_ string, p *pending) bool { return now.Sub(p.began) > forgetAfter })
	if d.pending[token] == nil {
		d.pending[token] = &pending{began: now, ops: map[cluster.NodeName]operation{}}
	}
	return d.pending[token]
}

// remaining is for how long a machine may run when its time ends then.
func remaining(began, expires time.Time) (time.Duration, error) {
	left := expires.Sub(began).Round(time.Second)
	const least, most = 30 * time.Second, 120 * 24 * time.Hour
	if left <= 0 {
		return 0, &cloudError{
			kind: providers.Invalid, summary: fmt.Sprintf("the cluster's time ended %s ago", -left),
			advice: "stop it, or raise limits { ttl }",
		}
	}
	return min(max(left, least), most), nil
}
