package qemu

import (
	"context"
	"fmt"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var _ providers.Pauser = (*Driver)(nil)

// Pause implements providers.Pauser: the machines are told to shut down, as by
// their power button.
func (d *Driver) Pause(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, "pause", id, ids, func(_ place, m machine) error {
		if alive, err := m.alive(); err != nil || !alive {
			return err
		}
		return m.call(ctx, "system_powerdown", nil)
	})
}

// Resume implements providers.Pauser. Those that were cut off their network
// are switched off first.
func (d *Driver) Resume(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, "resume", id, ids, func(p place, m machine) error {
		state, reason, err := m.state(p.network())
		if err != nil {
			return err
		}
		switch state { //nolint:exhaustive // the others are not to be started
		case cluster.InstanceRunning, cluster.InstancePending:
			return nil
		case cluster.InstanceError:
			return fmt.Errorf("%s", reason)
		}
		if err := m.end(ctx); err != nil {
			return err
		}
		img, err := d.image(m.Image)
		if err != nil {
			return err
		}
		if m.Accel, err = d.accelerator(ctx, img); err != nil {
			return err
		}
		lock, err := m.acquire(ctx)
		if err != nil {
			return err
		}
		defer lock.Close()
		return d.boot(ctx, p, m, img, lock)
	})
}
