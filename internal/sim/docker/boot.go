package docker

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers/docker"
)

// Boot implements sim.Machines. A machine of that ID that exists is an error.
func (m *Machines) Boot(ctx context.Context, b sim.Boot) (sim.Address, error) {
	addr, err := m.boot(ctx, b)
	if err != nil {
		return sim.Address{}, fmt.Errorf("boot machine %s: %w", b.ID, err)
	}
	return addr, nil
}

func (m *Machines) boot(ctx context.Context, b sim.Boot) (sim.Address, error) {
	image, err := m.image(ctx, b.Image)
	if err != nil {
		return sim.Address{}, err
	}
	files, err := seed(b)
	if err != nil {
		return sim.Address{}, err
	}
	if n := m.options.GPUs; n > 0 {
		files = append(files, file{name: docker.PretendedGPUsFile, mode: 0o644, data: []byte(docker.PretendedGPUs(n))})
	}
	stream, err := tarOf(files...)
	if err != nil {
		return sim.Address{}, err
	}
	net, err := m.network(ctx, b.Network)
	if err != nil {
		return sim.Address{}, err
	}
	m.engine.AllowMachines(1, m.options.Report)
	made, err := m.cli.ContainerCreate(ctx, m.createOptions(b, image, net))
	if err != nil {
		return sim.Address{}, err
	}
	_, err = m.cli.CopyToContainer(ctx, made.ID, client.CopyToContainerOptions{DestinationPath: "/", Content: stream})
	var addr sim.Address
	if err == nil {
		addr, err = m.start(ctx, made.ID)
	}
	if err != nil {
		return sim.Address{}, errors.Join(err, m.remove(context.WithoutCancel(ctx), made.ID))
	}
	return addr, nil
}

// ownFiles gives a container files of its own where the engine mounts some: a
// machine of a cloud can be renamed, and remembers its name when it restarts.
const ownFiles = `for f in hostname hosts resolv.conf; do
  cat /etc/$f >/var/lib/engine-$f
  umount /etc/$f
  [ -e /var/lib/engine-booted ] || cat /var/lib/engine-$f >/etc/$f
done
: >/var/lib/engine-booted
`

// createOptions describe the container of a machine. It has no alias on its
// network: no cloud lets machines find each other by the names of nodes.
func (m *Machines) createOptions(b sim.Boot, image, net string) client.ContainerCreateOptions {
	config, host := m.engine.SystemContainer(image)
	config.Hostname = b.Hostname
	config.Entrypoint[len(config.Entrypoint)-1] = ownFiles + config.Entrypoint[len(config.Entrypoint)-1]
	config.Labels = m.labels(b.Labels)
	host.NetworkMode = container.NetworkMode(net)
	// Policy rules keep users of a node from its metadata (providers/bootdata).
	host.CapAdd = append(host.CapAdd, "NET_ADMIN")
	for _, device := range m.options.Devices {
		host.Devices = append(host.Devices, container.DeviceMapping{PathOnHost: device, PathInContainer: device, CgroupPermissions: "rwm"})
	}
	return client.ContainerCreateOptions{
		Name: m.container(b.ID), Config: config, HostConfig: host,
		NetworkingConfig: &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{net: {}}},
	}
}

var networkUnsafe = regexp.MustCompile(`[^a-zA-Z0-9_.-]+`)

// network returns the engine's name of a network and makes it when it is used
// first.
func (m *Machines) network(ctx context.Context, name string) (string, error) {
	full := m.name("net-" + networkUnsafe.ReplaceAllString(name, "-"))
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.networks[full] {
		return full, nil
	}
	_, err := m.cli.NetworkInspect(ctx, full, client.NetworkInspectOptions{})
	if errdefs.IsNotFound(err) {
		_, err = m.cli.NetworkCreate(ctx, full, client.NetworkCreateOptions{Driver: "bridge", Labels: m.labels(nil)})
	}
	if err != nil {
		return "", fmt.Errorf("make network %s: %w", full, err)
	}
	m.networks[full] = true
	return full, nil
}

// start starts a container and returns its address.
func (m *Machines) start(ctx context.Context, ref string) (sim.Address, error) {
	if _, err := m.cli.ContainerStart(ctx, ref, client.ContainerStartOptions{}); err != nil {
		return sim.Address{}, err
	}
	inspected, err := m.cli.ContainerInspect(ctx, ref, client.ContainerInspectOptions{})
	if err != nil {
		return sim.Address{}, err
	}
	for _, n := range inspected.Container.NetworkSettings.Networks {
		if n.IPAddress.IsValid() {
			ip := n.IPAddress.String()
			return sim.Address{PrivateIP: ip, PublicIP: ip}, nil
		}
	}
	return sim.Address{}, errors.New("it has no address: it ended right after its start")
}

// Stop implements sim.Machines: the machine shuts down.
func (m *Machines) Stop(ctx context.Context, id string) error {
	if _, err := m.cli.ContainerStop(ctx, m.container(id), client.ContainerStopOptions{}); err != nil {
		return fmt.Errorf("stop machine %s: %w", id, err)
	}
	return nil
}

// Start implements sim.Machines.
func (m *Machines) Start(ctx context.Context, id string) (sim.Address, error) {
	addr, err := m.start(ctx, m.container(id))
	if err != nil {
		return sim.Address{}, fmt.Errorf("start machine %s: %w", id, err)
	}
	return addr, nil
}

// Delete implements sim.Machines: the machine is gone without a shutdown.
func (m *Machines) Delete(ctx context.Context, id string) error {
	if err := m.remove(ctx, m.container(id)); err != nil {
		return fmt.Errorf("delete machine %s: %w", id, err)
	}
	return nil
}

// remove deletes a container. That it is gone already, or about to be, is no
// error.
func (m *Machines) remove(ctx context.Context, ref string) error {
	_, err := m.cli.ContainerRemove(ctx, ref, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if errdefs.IsNotFound(err) || errdefs.IsConflict(err) {
		return nil
	}
	return err
}
