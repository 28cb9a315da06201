package qemu

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var _ providers.Pauser = (*Driver)(nil)

// shutdownTime is how long a machine may take to shut down before its power is
// cut, as clouds do; an emulated one that is busy takes minutes.
const shutdownTime = 5 * time.Minute

// pressAgain is how often the power button is pressed: a machine that still
// boots does not notice it.
const pressAgain = 10 * time.Second

// Pause implements providers.Pauser: the machines are told to shut down, as by
// their power button; those that don't are switched off.
func (d *Driver) Pause(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, "pause", id, ids, func(_ place, m machine) error {
		if err := m.shutDown(ctx, d.shutdown); err != nil {
			return err
		}
		return m.end(ctx)
	})
}

// shutDown presses the power button until the machine is off, or for that long.
func (m machine) shutDown(ctx context.Context, most time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, most, errStaysOn)
	defer cancel()
	press := time.NewTimer(0)
	defer press.Stop()
	tick := time.NewTicker(pollProcess)
	defer tick.Stop()
	for {
		if alive, err := m.alive(); err != nil || !alive {
			return err
		}
		select {
		case <-press.C:
			_ = m.call(ctx, "system_powerdown", nil) // what it does not hear is said again
			press.Reset(pressAgain)
		case <-tick.C:
		case <-ctx.Done():
			if cause := context.Cause(ctx); !errors.Is(cause, errStaysOn) {
				return cause
			}
			return nil
		}
	}
}

// errStaysOn is why shutDown ends while the machine runs.
var errStaysOn = errors.New("it does not shut down")

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
