package terraform

import (
	"context"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Looking at the cloud costs a run of Terraform, which asks for every single
// resource. Between two looks pass lookEvery and lookShare times what the last
// one took.
const (
	lookEvery = 10 * time.Second
	lookShare = 5
)

// List implements providers.Driver. It reads Terraform's state, after a look at
// the cloud when the last one is some time ago: a machine that somebody deleted
// is then missing. While a run of this or another command is under way it shows
// what was before; it waits for one that goes on after its caller died.
func (d *Driver) List(ctx context.Context, id cluster.ID) ([]cluster.Instance, error) {
	if ctx.Err() != nil {
		return nil, canceled("list", ctx)
	}
	w, known, err := d.workspace("list", id)
	if err != nil || !known {
		return nil, err
	}
	busy, err := w.settle(ctx)
	if err != nil {
		return nil, err
	}
	in, err := w.intent()
	if err != nil {
		return nil, err
	}
	if busy {
		now := w.known()
		if now.nodes == nil { // this process has not seen it yet
			if now, err = w.read(ctx); err != nil {
				return nil, &providers.Error{Op: "list", Kind: providers.Transient, Err: err} // it is being written
			}
		}
		return now.instances(in), nil
	}
	if err := w.look(ctx, in); err != nil {
		return nil, err
	}
	now, err := w.read(ctx)
	if err != nil {
		return nil, err
	}
	return now.instances(in), nil
}

// look has Terraform ask the cloud, when it is time and nobody else is at work.
func (w *workspace) look(ctx context.Context, in *intent) error {
	w.mu.Lock()
	pause := max(lookEvery, lookShare*w.cost)
	due := w.refreshed.IsZero() || w.d.now().Sub(w.refreshed) >= pause
	w.mu.Unlock()
	if !due {
		return nil
	}
	now, err := w.read(ctx)
	if err != nil || len(now.managed) == 0 {
		return err
	}
	h, err := w.tryAcquire()
	if h == nil || err != nil {
		return err
	}
	defer h.release()
	began := w.d.now()
	if err := w.refresh(ctx, h, in); err != nil {
		return err
	}
	w.looked(began)
	return nil
}

// looked notes that the state is what the cloud had just now.
func (w *workspace) looked(began time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refreshed = w.d.now()
	w.cost = w.refreshed.Sub(began)
}
