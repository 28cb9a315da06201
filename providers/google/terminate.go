package google

import (
	"context"
	"errors"
	"strings"
	"sync"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Terminate implements providers.Driver. Disks and addresses go with their
// machine.
func (d *Driver) Terminate(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, "terminate", id, ids, func(a *api, i *compute.Instance) (*compute.Operation, error) {
		return a.Instances.Delete(a.project, last(i.Zone), i.Name).Context(ctx).Do()
	})
}

// Pause implements providers.Pauser. What is on local SSDs is lost.
func (d *Driver) Pause(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, "pause", id, ids, func(a *api, i *compute.Instance) (*compute.Operation, error) {
		if stateOf(i.Status) == cluster.InstanceStopped {
			return nil, nil
		}
		call := a.Instances.Stop(a.project, last(i.Zone), i.Name).Context(ctx)
		for _, disk := range i.Disks {
			if disk.Type == "SCRATCH" {
				call = call.DiscardLocalSsd(true) // else Google refuses
				break
			}
		}
		return call.Do()
	})
}

// Resume implements providers.Pauser.
func (d *Driver) Resume(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, "resume", id, ids, func(a *api, i *compute.Instance) (*compute.Operation, error) {
		switch {
		case stateOf(i.Status) == cluster.InstanceRunning:
			return nil, nil
		case i.Status == "SUSPENDED":
			return a.Instances.Resume(a.project, last(i.Zone), i.Name).Context(ctx).Do()
		}
		return a.Instances.Start(a.project, last(i.Zone), i.Name).Context(ctx).Do()
	})
}

// each does something to those of the machines that exist and belong to the
// cluster, and gathers the refusals. do may return no operation.
func (d *Driver) each(ctx context.Context, op string, id cluster.ID, ids []cluster.InstanceID, do func(*api, *compute.Instance) (*compute.Operation, error)) (map[cluster.InstanceID]error, error) {
	if err := requireID(op, id); err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, nil
	}
	a, err := d.client(ctx)
	if err != nil {
		return nil, d.fail(ctx, op, "", err)
	}
	refused := make(map[cluster.InstanceID]error)
	var (
		mu   sync.Mutex
		wg   sync.WaitGroup
		slot = make(chan struct{}, inParallel)
	)
	for _, inst := range ids {
		wg.Go(func() {
			slot <- struct{}{}
			defer func() { <-slot }()
			i, err := d.machine(ctx, a, id, inst)
			if err == nil && i != nil {
				var started *compute.Operation
				if started, err = do(a, i); err == nil && started != nil {
					err = d.operationError(started)
				}
				if isKind(err, providers.NotFound) {
					err = nil
				}
			}
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				refused[inst] = d.fail(ctx, op, "", err)
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return refused, d.fail(ctx, op, "", ctx.Err())
	}
	return refused, nil
}

// machine looks a machine up by itself, because a listing may be late. It is
// nil when it does not exist or belongs to somebody else.
func (d *Driver) machine(ctx context.Context, a *api, id cluster.ID, inst cluster.InstanceID) (*compute.Instance, error) {
	zone, name, ok := splitID(inst)
	if !ok || !strings.HasPrefix(name, prefix(id)) {
		return nil, nil
	}
	i, err := a.Instances.Get(a.project, zone, name).Context(ctx).
		Fields("name", "zone", "status", "labels", "disks(type,source,boot)").Do()
	if isKind(err, providers.NotFound) || err == nil && i.Labels[providers.TagCluster] != string(id) {
		return nil, nil
	}
	return i, err
}

var errNoMachine = errors.New("the cluster has no such machine")
