package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

const undoTimeout = 30 * time.Second

// Launch implements providers.Driver. Containers have deterministic names and
// carry the token: a repeated request finds what the first one made, and
// finishes what it left half done.
func (d *Driver) Launch(ctx context.Context, req providers.LaunchRequest) ([]providers.LaunchResult, error) {
	if err := requireID("launch", req.ID); err != nil {
		return nil, err
	}
	facts, err := d.engine(ctx, "launch")
	if err != nil {
		return nil, err
	}
	results := make([]providers.LaunchResult, len(req.Nodes))
	var wg sync.WaitGroup
	for i, n := range req.Nodes {
		wg.Go(func() {
			id, err := d.launchNode(ctx, facts, req, n)
			results[i] = providers.LaunchResult{Node: n.Name, Instance: instanceID(id), Err: d.fail(ctx, "launch", n.Name, err)}
		})
	}
	wg.Wait()
	return results, nil
}

// launchNode returns the id of the running container, or "" with an error and
// no container left behind.
func (d *Driver) launchNode(ctx context.Context, facts engineFacts, req providers.LaunchRequest, n providers.NodeRequest) (string, error) {
	id, started, err := d.createContainer(ctx, d.createOptions(facts, req, n))
	if err != nil || started {
		return id, err
	}
	files, err := accessFiles(req.Access)
	if err == nil {
		_, err = d.cli.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: "/", Content: files})
	}
	if err == nil {
		_, err = d.cli.ContainerStart(ctx, id, client.ContainerStartOptions{})
	}
	if err == nil {
		return id, nil
	}
	undo, cancel := background(ctx, undoTimeout)
	defer cancel()
	if undoErr := d.remove(undo, id); undoErr != nil {
		err = fmt.Errorf("%w (and the container could not be removed: %w)", err, undoErr)
	}
	return "", err
}

// createContainer returns the container of that name, new or made by an
// earlier call with the same token, and whether it was already started.
func (d *Driver) createContainer(ctx context.Context, opts client.ContainerCreateOptions) (id string, started bool, err error) {
	made, err := d.cli.ContainerCreate(ctx, opts)
	if err == nil {
		return made.ID, false, nil
	}
	if classify(err) != providers.Conflict {
		return "", false, err
	}
	found, inspectErr := d.cli.ContainerInspect(ctx, opts.Name, client.ContainerInspectOptions{})
	if inspectErr != nil {
		return "", false, errors.Join(err, inspectErr)
	}
	old := found.Container
	for _, tag := range []string{providers.TagCluster, providers.TagAttempt} {
		if old.Config.Labels[tag] != opts.Config.Labels[tag] {
			return "", false, &providers.Error{
				Op: "create container", Kind: providers.Conflict,
				Err: fmt.Errorf("%s exists and belongs to another launch; delete it first", opts.Name),
			}
		}
	}
	return old.ID, old.State.Status != container.StateCreated, nil
}

// accessFiles is a tar of what must be in place before sshd starts. The keys
// travel only here: never in the environment, the arguments or the labels of a
// container, where everyone with access to the engine's API reads them.
func accessFiles(access providers.Access) (*bytes.Buffer, error) {
	var buf bytes.Buffer
	err := writeTar(&buf,
		tarFile{name: "etc/ssh/ssh_host_ed25519_key", mode: 0o600, data: access.HostKey.Reveal()},
		// The only host key, even if the image has others.
		tarFile{name: "etc/ssh/sshd_config.d/00-ecluster-hostkey.conf", mode: 0o644, data: "HostKey /etc/ssh/ssh_host_ed25519_key\n"},
		tarFile{name: "root/.ssh/", mode: 0o700},
		tarFile{name: "root/.ssh/authorized_keys", mode: 0o600, data: access.AuthorizedKey + "\n"},
	)
	return &buf, err
}

// instanceID shortens a container's id to what `docker ps` shows.
func instanceID(id string) cluster.InstanceID {
	return cluster.InstanceID(id[:min(len(id), 12)])
}
