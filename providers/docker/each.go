package docker

import (
	"context"
	"sync"

	"github.com/moby/moby/api/types/container"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// inParallel is how many containers are worked on at the same time: the engine
// itself gains nothing from more.
const inParallel = 16

// each does something to those of the containers that exist and belong to the
// cluster, in the order of ids and at most so many at the same time, and gathers
// the refusals.
func (d *Driver) each(ctx context.Context, op string, id cluster.ID, ids []cluster.InstanceID, atOnce int, do func(container.Summary) error) (map[cluster.InstanceID]error, error) {
	existing, err := d.containers(ctx, op, id)
	if err != nil {
		return nil, err
	}
	byID := make(map[cluster.InstanceID]container.Summary, len(existing))
	for _, c := range existing {
		byID[instanceID(c.ID)] = c
	}
	refused := make(map[cluster.InstanceID]error)
	var (
		mu   sync.Mutex
		wg   sync.WaitGroup
		slot = make(chan struct{}, atOnce)
	)
	for _, inst := range ids {
		c, exists := byID[inst]
		if !exists {
			continue
		}
		slot <- struct{}{}
		wg.Go(func() {
			defer func() { <-slot }()
			if err := do(c); err != nil {
				mu.Lock()
				defer mu.Unlock()
				refused[inst] = d.fail(ctx, op, cluster.NodeName(c.Labels[providers.TagNode]), err)
			}
		})
	}
	wg.Wait()
	return refused, nil
}
