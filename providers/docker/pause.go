package docker

import (
	"context"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var _ providers.Pauser = (*Driver)(nil)

// Pause implements providers.Pauser: the containers shut down. Their file
// systems stay; their addresses and published ports are given back.
func (d *Driver) Pause(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, "pause", id, ids, func(c container.Summary) error {
		_, err := d.cli.ContainerStop(ctx, c.ID, client.ContainerStopOptions{})
		return err
	})
}

// Resume implements providers.Pauser.
func (d *Driver) Resume(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, "resume", id, ids, func(c container.Summary) error {
		if c.State == container.StatePaused {
			_, err := d.cli.ContainerUnpause(ctx, c.ID, client.ContainerUnpauseOptions{})
			return err
		}
		_, err := d.cli.ContainerStart(ctx, c.ID, client.ContainerStartOptions{})
		return err
	})
}
