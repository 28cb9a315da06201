package docker

import (
	"context"
	"fmt"
	"slices"

	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

const (
	// inotifyPerNode is what systemd and its services take on an idle node.
	inotifyPerNode = 7
	inotifyEnough  = 8192
)

// Prepare implements providers.Driver: it makes the network and the volumes
// of the cluster and sees that every image is there.
func (d *Driver) Prepare(ctx context.Context, req providers.PrepareRequest) error {
	if err := requireID("prepare", req.ID); err != nil {
		return err
	}
	facts, err := d.engine(ctx, "prepare")
	if err != nil {
		return err
	}
	var nodes int
	images := make([]string, 0, len(req.Groups))
	for _, g := range req.Groups {
		nodes += g.Count
		if !slices.Contains(images, g.Image) {
			images = append(images, g.Image)
		}
	}
	if inotifyShort(facts, nodes) {
		// Check has said so where this is not allowed, and fewer nodes may work.
		if err := raiseInotifyLimit(inotifyEnough); err == nil {
			req.Progress("engine", fmt.Sprintf("raised fs.inotify.max_user_instances to %d", inotifyEnough))
		}
	}
	for _, image := range images {
		if err := d.ensureImage(ctx, image, req.Progress); err != nil {
			return err
		}
	}
	labels := map[string]string{
		providers.TagCluster: string(req.ID),
		providers.TagName:    string(req.Name),
	}
	if err := d.ensureNetwork(ctx, req.ID, labels); err != nil {
		return err
	}
	for _, volume := range req.Volumes {
		_, err := d.cli.VolumeCreate(ctx, client.VolumeCreateOptions{Name: resourceName(req.ID, volume), Labels: labels})
		if err != nil {
			return d.fail(ctx, "create volume "+volume, "", err)
		}
	}
	for _, volume := range req.Kept {
		_, err := d.cli.VolumeCreate(ctx, client.VolumeCreateOptions{
			Name:   volumeName(req.ID, req.Name, cluster.Mount{Volume: volume, Keep: true}),
			Labels: map[string]string{providers.TagName: string(req.Name), labelKept: volume},
		})
		if err != nil {
			return d.fail(ctx, "create volume "+volume, "", err)
		}
	}
	return nil
}

// ensureNetwork makes the network of the cluster. Engines before 25 allow
// several networks of one name, so whoever made a surplus one removes it.
func (d *Driver) ensureNetwork(ctx context.Context, id cluster.ID, labels map[string]string) error {
	name := resourceName(id, "")
	existing, err := d.networks(ctx, id)
	if err != nil || len(existing) > 0 {
		return err
	}
	made, err := d.cli.NetworkCreate(ctx, name, client.NetworkCreateOptions{Driver: "bridge", Labels: labels})
	if classify(err) == providers.Conflict {
		return nil // made by someone else just now
	}
	if err != nil {
		return d.fail(ctx, "create network "+name, "", err)
	}
	existing, err = d.networks(ctx, id)
	if err != nil || len(existing) < 2 || slices.Min(existing) == made.ID {
		return err
	}
	_, err = d.cli.NetworkRemove(ctx, made.ID, client.NetworkRemoveOptions{})
	return d.fail(ctx, "remove surplus network "+name, "", err)
}

// networks returns the ids of the networks that carry the cluster's tag.
func (d *Driver) networks(ctx context.Context, id cluster.ID) ([]string, error) {
	list, err := d.cli.NetworkList(ctx, client.NetworkListOptions{Filters: clusterFilter(id)})
	if err != nil {
		return nil, d.fail(ctx, "list networks", "", err)
	}
	ids := make([]string, 0, len(list.Items))
	for _, n := range list.Items {
		ids = append(ids, n.ID)
	}
	return ids, nil
}

// inotifyShort reports whether the limit of the local kernel is too low for
// that many nodes more.
func inotifyShort(facts engineFacts, nodes int) bool {
	limit, known := inotifyLimit()
	return facts.local && known && limit < inotifyEnough && (facts.containers+nodes)*inotifyPerNode > limit
}
