package docker

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Terminate implements providers.Driver. Containers are killed, not shut down:
// whoever calls has drained them or does not care.
func (d *Driver) Terminate(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, "terminate", id, ids, inParallel, func(c container.Summary) error {
		return d.remove(ctx, c.ID)
	})
}

// remove kills and deletes a container with its anonymous volumes. That it is
// gone, or being removed by someone else, is no error.
func (d *Driver) remove(ctx context.Context, id string) error {
	_, err := d.cli.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	switch classify(err) { //nolint:exhaustive // all other kinds are errors
	case providers.NotFound, providers.Conflict:
		return nil
	}
	return err
}

// Cleanup implements providers.Driver.
func (d *Driver) Cleanup(ctx context.Context, id cluster.ID, keep providers.Keep) error {
	left, err := d.containers(ctx, "clean up", id)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		names := make([]string, len(left))
		for i, c := range left {
			names[i] = strings.TrimPrefix(slices.Concat(c.Names, []string{c.ID})[0], "/")
		}
		slices.Sort(names)
		return &providers.Error{
			Op: "clean up", Kind: providers.Conflict,
			Err: fmt.Errorf("containers of the cluster still exist: %s", strings.Join(names, ", ")),
		}
	}
	networks, err := d.networks(ctx, id)
	if err != nil {
		return err
	}
	for _, n := range networks {
		if err := d.removeNetwork(ctx, n); err != nil {
			return err
		}
	}
	return d.removeVolumes(ctx, id, keep)
}

func (d *Driver) removeNetwork(ctx context.Context, id string) error {
	_, err := d.cli.NetworkRemove(ctx, id, client.NetworkRemoveOptions{})
	switch classify(err) { //nolint:exhaustive // all other kinds are errors
	case providers.NotFound:
		return nil
	case providers.Permission: // the engine's answer while something is attached
		return &providers.Error{
			Op: "remove network", Kind: providers.Conflict,
			Err: fmt.Errorf("%w; disconnect what is not ours (`docker network inspect %s`), then run stop again", err, id[:min(12, len(id))]),
		}
	}
	return d.fail(ctx, "remove network", "", err)
}

func (d *Driver) removeVolumes(ctx context.Context, id cluster.ID, keep providers.Keep) error {
	list, err := d.cli.VolumeList(ctx, client.VolumeListOptions{Filters: clusterFilter(id)})
	if err != nil {
		return d.fail(ctx, "list volumes", "", err)
	}
	for _, v := range list.Items {
		name := strings.TrimPrefix(v.Name, resourceName(id, "")+"-")
		if slices.Contains(keep.Volumes, name) {
			continue
		}
		_, err := d.cli.VolumeRemove(ctx, v.Name, client.VolumeRemoveOptions{})
		if err != nil && classify(err) != providers.NotFound {
			return d.fail(ctx, "remove volume "+v.Name, "", err)
		}
	}
	return nil
}
