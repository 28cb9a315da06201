package google

import (
	"context"
	"maps"
	"slices"
	"time"

	"google.golang.org/api/compute/v1"
	"google.golang.org/api/googleapi"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// confirmTime is for how long inserts are watched. Google tells that it has no
// machine within seconds; what lasts longer is the boot's business.
const confirmTime = 3 * time.Minute

// Confirm implements providers.Confirmer: it watches the inserts of an attempt
// by listing the operations of the cluster's machines, once a tick for all
// attempts together.
func (d *Driver) Confirm(ctx context.Context, req providers.LaunchRequest) ([]providers.LaunchResult, error) {
	a, err := d.client(ctx)
	if err != nil {
		return nil, d.fail(ctx, "confirm", "", err)
	}
	open := d.attempt(req.Token).all()
	maps.DeleteFunc(open, func(n cluster.NodeName, _ operation) bool {
		return !slices.ContainsFunc(req.Nodes, func(r providers.NodeRequest) bool { return r.Name == n })
	})
	var refused []providers.LaunchResult
	for deadline := d.clock.now().Add(confirmTime); len(open) > 0 && d.clock.now().Before(deadline); {
		if err := pause(ctx, d.clock.tick); err != nil {
			return refused, d.fail(ctx, "confirm", "", err)
		}
		for _, zone := range zonesOf(open) {
			over, err := d.watch(zone, req.ID).look(ctx, d, a)
			if err != nil {
				return nil, d.fail(ctx, "confirm", "", err)
			}
			for node, op := range open {
				ended := over[op.name]
				if op.zone != zone || ended == nil {
					continue
				}
				delete(open, node)
				if err := d.operationError(ended); err != nil {
					refused = append(refused, providers.LaunchResult{Node: node, Err: d.fail(ctx, "launch", node, err)})
				}
			}
		}
	}
	return refused, nil
}

func zonesOf(ops map[cluster.NodeName]operation) []string {
	var out []string
	for _, op := range ops {
		if !slices.Contains(out, op.zone) {
			out = append(out, op.zone)
		}
	}
	slices.Sort(out)
	return out
}

// watch is the latest listing of the operations on a cluster's machines in one
// zone, shared by everybody who waits for one.
type watch struct {
	zone  string
	id    cluster.ID
	busy  chan struct{} // holds a token while nobody looks
	began time.Time
	over  map[string]*compute.Operation // by name; those that are done
}

func (d *Driver) watch(zone string, id cluster.ID) *watch {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := zone + "/" + string(id)
	if d.watches[key] == nil {
		w := &watch{zone: zone, id: id, busy: make(chan struct{}, 1)}
		w.busy <- struct{}{}
		d.watches[key] = w
	}
	return d.watches[key]
}

// look returns the operations that are over, by a listing that is at most a
// tick old.
func (w *watch) look(ctx context.Context, d *Driver, a *api) (map[string]*compute.Operation, error) {
	select {
	case <-w.busy:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { w.busy <- struct{}{} }()
	now := d.clock.now()
	if w.over != nil && now.Sub(w.began) < d.clock.tick {
		return w.over, nil
	}
	over := map[string]*compute.Operation{}
	err := a.ZoneOperations.List(a.project, w.zone).
		Filter(`targetLink eq ".*/instances/`+prefix(w.id)+`.*"`).MaxResults(pageSize).
		Fields("items(name,status,error,httpErrorStatusCode,httpErrorMessage)", "nextPageToken").
		Pages(ctx, func(page *compute.OperationList) error {
			for _, op := range page.Items {
				if op.Status == done {
					over[op.Name] = op
				}
			}
			return nil
		})
	if err != nil {
		return nil, err
	}
	w.began, w.over = now, over
	return over, nil
}

// pageSize is how much a listing may give at once; the API's own limit.
const pageSize = 500

// instanceFields leave out the metadata, which are most of a machine and hold
// its keys.
var instanceFields = []googleapi.Field{
	"items/*/instances(name,zone,status,statusMessage,labels,machineType,creationTimestamp,networkInterfaces,scheduling,guestAccelerators)",
	"items/*/warning/code", "nextPageToken",
}
