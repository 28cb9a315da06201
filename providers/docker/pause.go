package docker

import (
	"context"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var _ providers.Pauser = (*Driver)(nil)

// Pause implements providers.Pauser: the containers shut down. Their file
// systems stay; their addresses and published ports are given back.
func (d *Driver) Pause(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, "pause", id, ids, inParallel, func(c container.Summary) error {
		_, err := d.cli.ContainerStop(ctx, c.ID, client.ContainerStopOptions{})
		return err
	})
}

// Resume implements providers.Pauser. It also gives back the network to those
// that were cut off it. The engine gives out addresses in turn: one container
// after the other, most get the one that they had.
func (d *Driver) Resume(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, "resume", id, ids, 1, func(c container.Summary) error {
		if cutOff(id, c) {
			if err := d.reconnect(ctx, id, c); err != nil {
				return err
			}
		}
		switch c.State { //nolint:exhaustive // the others are started
		case container.StateRunning:
			return nil
		case container.StatePaused:
			_, err := d.cli.ContainerUnpause(ctx, c.ID, client.ContainerUnpauseOptions{})
			return err
		}
		_, err := d.cli.ContainerStart(ctx, c.ID, client.ContainerStartOptions{})
		return err
	})
}

// reconnect puts a container back on the cluster's network, under its name.
func (d *Driver) reconnect(ctx context.Context, id cluster.ID, c container.Summary) error {
	_, err := d.cli.NetworkConnect(ctx, resourceName(id, ""), client.NetworkConnectOptions{
		Container:      c.ID,
		EndpointConfig: &network.EndpointSettings{Aliases: []string{c.Labels[providers.TagNode]}},
	})
	return err
}
