package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Terminate implements providers.Driver. The machines are switched off hard:
// what is on their disks goes as well.
func (d *Driver) Terminate(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, "terminate", id, ids, func(p place, m machine) error { return d.destroy(ctx, p, m) })
}

// each does something to those of the machines that exist and belong to the
// cluster, and gathers the refusals.
func (d *Driver) each(ctx context.Context, op string, id cluster.ID, ids []cluster.InstanceID, do func(place, machine) error) (map[cluster.InstanceID]error, error) {
	all, err := d.existing(ctx, op, id)
	if err != nil {
		return nil, err
	}
	refused := map[cluster.InstanceID]error{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, m := range all {
		if !slices.Contains(ids, m.instance()) {
			continue
		}
		wg.Go(func() {
			if err := do(d.place(id), m); err != nil {
				mu.Lock()
				defer mu.Unlock()
				refused[m.instance()] = fail(ctx, op, m.Node, err)
			}
		})
	}
	wg.Wait()
	return refused, nil
}

// destroy takes away all that there is of a machine. Its folder goes last: as
// long as it is there, so is the machine.
func (d *Driver) destroy(ctx context.Context, p place, m machine) error {
	if err := m.end(ctx); err != nil {
		return err
	}
	lock, err := m.acquire(ctx)
	if errors.Is(err, os.ErrNotExist) {
		return nil // somebody else removed it
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	unlock, err := p.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if n := p.network(); exists(n.path("qmp")) {
		n.detach(ctx, m)
	}
	return p.remove(m)
}

// Cleanup implements providers.Driver: the network goes, and the folder of the
// cluster. There are no volumes that could be kept.
func (d *Driver) Cleanup(ctx context.Context, id cluster.ID, _ providers.Keep) error {
	left, err := d.existing(ctx, "clean up", id)
	if err != nil {
		return err
	}
	p := d.place(id)
	if err := os.RemoveAll(p.dir + oldSuffix); err != nil { // of a run that was killed
		return fail(ctx, "clean up", "", err)
	}
	if !exists(p.dir) {
		return nil
	}
	if len(left) > 0 {
		return &providers.Error{
			Op: "clean up", Kind: providers.Conflict,
			Err: fmt.Errorf("%d virtual machines still exist in %s", len(left), p.nodes()),
		}
	}
	return fail(ctx, "clean up", "", p.clear(ctx))
}

// oldSuffix marks the folder of a cluster that is being removed.
const oldSuffix = ".old"

func (p place) clear(ctx context.Context) error {
	unlock, err := p.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := p.network().end(ctx); err != nil {
		return err
	}
	// Before the rest, so that a launch that comes now fails and leaves nothing.
	if err := os.Rename(p.dir, p.dir+oldSuffix); err != nil {
		return err
	}
	if err := os.RemoveAll(p.dir + oldSuffix); err != nil {
		return err
	}
	_ = os.Remove(filepath.Dir(p.dir)) // when it was the last cluster
	return nil
}
