package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/containerd/errdefs"
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

// launchNode returns the id of the running container. With an error it leaves
// no container behind that it made itself.
func (d *Driver) launchNode(ctx context.Context, facts engineFacts, req providers.LaunchRequest, n providers.NodeRequest) (string, error) {
	c, err := d.createContainer(ctx, d.createOptions(facts, req, n))
	if err != nil || c.started {
		return c.id, err
	}
	files, err := bootFiles(req.Access, n.Group.GPU)
	if err == nil {
		_, err = d.cli.CopyToContainer(ctx, c.id, client.CopyToContainerOptions{DestinationPath: "/", Content: files})
	}
	if err == nil {
		_, err = d.cli.ContainerStart(ctx, c.id, client.ContainerStartOptions{})
	}
	if err == nil {
		return c.id, nil
	}
	if !c.found {
		undo, cancel := background(ctx, undoTimeout)
		defer cancel()
		if undoErr := d.remove(undo, c.id); undoErr != nil {
			err = fmt.Errorf("%w (and the container could not be removed: %w)", err, undoErr)
		}
	}
	return "", err
}

// created is a container that a launch made or found.
type created struct {
	id      string
	found   bool // made by an earlier call with the same token
	started bool
}

func (d *Driver) createContainer(ctx context.Context, opts client.ContainerCreateOptions) (created, error) {
	made, err := d.cli.ContainerCreate(ctx, opts)
	if err == nil {
		return created{id: made.ID}, nil
	}
	if classify(err) != providers.Conflict {
		return created{}, err
	}
	inspected, inspectErr := d.cli.ContainerInspect(ctx, opts.Name, client.ContainerInspectOptions{})
	switch {
	case errdefs.IsNotFound(inspectErr):
		// The engine reserves a name before the container can be seen.
		return created{}, &providers.Error{
			Op: "create container", Kind: providers.Transient,
			Err: fmt.Errorf("%s is being made or removed by someone else at this moment", opts.Name),
		}
	case inspectErr != nil:
		return created{}, errors.Join(err, inspectErr)
	}
	old := inspected.Container
	for _, tag := range []string{providers.TagCluster, providers.TagAttempt} {
		if old.Config.Labels[tag] != opts.Config.Labels[tag] {
			return created{}, &providers.Error{
				Op: "create container", Kind: providers.Conflict,
				Err: fmt.Errorf("%s exists and belongs to another launch; delete it first (`docker rm -f %[1]s` if ecluster does not know it)", opts.Name),
			}
		}
	}
	return created{id: old.ID, found: true, started: old.State.Status != container.StateCreated}, nil
}

// bootFiles is a tar of what must be in place before systemd and sshd start.
// The keys travel only here: never in the environment, the arguments or the
// labels of a container, where everyone with access to the engine's API reads
// them.
func bootFiles(access providers.Access, gpu *cluster.GPU) (*bytes.Buffer, error) {
	files := []tarFile{
		{name: "etc/ssh/ssh_host_ed25519_key", mode: 0o600, data: access.HostKey.Reveal()},
		// The only host key, even if the image has others.
		{name: "etc/ssh/sshd_config.d/00-ecluster-hostkey.conf", mode: 0o644, data: "HostKey /etc/ssh/ssh_host_ed25519_key\n"},
		{name: "root/.ssh/", mode: 0o700},
		{name: "root/.ssh/authorized_keys", mode: 0o600, data: access.AuthorizedKey + "\n"},
	}
	if gpu != nil && pretended(gpu) {
		files = append(files, tarFile{name: PretendedGPUsFile, mode: 0o644, data: PretendedGPUs(gpu.Count)})
	}
	var buf bytes.Buffer
	err := writeTar(&buf, files...)
	return &buf, err
}

// instanceID shortens a container's id to what `docker ps` shows.
func instanceID(id string) cluster.InstanceID {
	return cluster.InstanceID(id[:min(len(id), 12)])
}
