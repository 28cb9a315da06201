// Package docker is the machines of simulated clouds as containers: Debian
// with systemd, sshd, sudo and the real cloud-init, or with a small guest agent
// where the image of the cloud has no cloud-init. Nothing is known to them but
// what their cloud tells them when they boot. No cloud and no driver belongs
// here.
package docker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/docker"
)

// LabelWorld is on everything that a Machines makes on the engine but images;
// its value is Options.World.
const LabelWorld = "ecluster-sim"

const closeTimeout = 2 * time.Minute

// Options configure Machines.
type Options struct {
	// World tells these machines from those of all other simulated clouds on
	// the engine: at most 20 lower-case letters, digits and hyphens.
	World string
	// Host is the engine's, as in DOCKER_HOST; empty is what the docker
	// command would use.
	Host string
	// GPUs is how many device files of GPUs each machine has; nothing is behind
	// them.
	GPUs int
	// Devices are those of the engine's machine that each machine has:
	// "/dev/fuse".
	Devices []string
	// Report is told what takes long, such as building an image; nil: nobody.
	Report func(task, message string)
}

// Machines are containers of one Docker engine. It is safe for concurrent use.
type Machines struct {
	options Options
	engine  *docker.Engine
	cli     *client.Client

	mu       sync.Mutex
	networks map[string]bool   // by name, those that exist
	images   map[string]string // by the name in ecluster's words, those that exist
}

var _ sim.Machines = (*Machines)(nil)

// Open finds the engine. Its error says how to get one.
func Open(ctx context.Context, o Options) (*Machines, error) {
	if o.World == "" || len(o.World) > 20 || strings.Trim(o.World, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return nil, fmt.Errorf("open simulated machines: %q is no name of a world: at most 20 lower-case letters, digits and hyphens", o.World)
	}
	if o.Report == nil {
		o.Report = func(string, string) {}
	}
	settings := schema.Values{}
	if o.Host != "" {
		settings["host"] = o.Host
	}
	opened, err := docker.Open(settings)
	if err != nil {
		return nil, fmt.Errorf("open simulated machines: %w", err)
	}
	driver, ok := opened.(*docker.Driver)
	if !ok {
		return nil, fmt.Errorf("open simulated machines: %T is no Docker driver", opened)
	}
	engine, err := driver.Engine(ctx)
	if err != nil {
		return nil, fmt.Errorf("open simulated machines: %w", err)
	}
	return &Machines{
		options: o, engine: engine, cli: engine.Client,
		networks: map[string]bool{}, images: map[string]string{},
	}, nil
}

// Close removes all machines and networks of the world, also those that an
// earlier process of the same world has left.
func (m *Machines) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	filter := make(client.Filters).Add("label", LabelWorld+"="+m.options.World)
	containers, err := m.cli.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		return fmt.Errorf("close simulated machines: %w", err)
	}
	var (
		wg   sync.WaitGroup
		errs = make([]error, len(containers.Items))
	)
	for i, c := range containers.Items {
		wg.Go(func() { errs[i] = m.remove(ctx, c.ID) })
	}
	wg.Wait()
	networks, err := m.cli.NetworkList(ctx, client.NetworkListOptions{Filters: filter})
	errs = append(errs, err)
	for _, n := range networks.Items {
		_, err := m.cli.NetworkRemove(ctx, n.ID, client.NetworkRemoveOptions{})
		if !errdefs.IsNotFound(err) {
			errs = append(errs, err)
		}
	}
	m.mu.Lock()
	clear(m.networks)
	m.mu.Unlock()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close simulated machines: %w", err)
	}
	return nil
}

// container is the name of a machine's container.
func (m *Machines) container(id string) string { return m.name(id) }

func (m *Machines) name(suffix string) string {
	return "ecluster-sim-" + m.options.World + "-" + suffix
}

// labels are what a resource of this world carries.
func (m *Machines) labels(more map[string]string) map[string]string {
	labels := map[string]string{}
	maps.Copy(labels, more)
	labels[LabelWorld] = m.options.World
	labels[providers.TagName] = "sim-" + m.options.World // whose they are, for those who look for what is left
	return labels
}
