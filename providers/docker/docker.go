// Package docker boots nodes as containers of a Docker engine: systemd as
// process 1, sshd, one network and one volume a share for each cluster. It is
// the provider that needs no account and no configuration.
//
// Nothing here knows a role or a scheduler, and no type of the Docker SDK
// leaves the package.
package docker

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

// consistencyDelay is for how long a request that was in flight when its run
// was killed may still make a container; a listing itself is never stale.
const consistencyDelay = 2 * time.Second

// patience is for how long an engine that no longer answers is asked again:
// one that is restarted is back in seconds, one that died waits for its user.
const patience = 20 * time.Second

// Driver is one Docker engine. It is safe for concurrent use.
type Driver struct {
	cli    *client.Client
	host   string // as in DOCKER_HOST
	mirror string // Debian mirror for images that are built here; "" is Debian's own

	reached atomic.Bool // whether the engine ever answered

	mu    sync.Mutex
	facts *engineFacts // what the engine said of itself; nil until it was asked
}

var _ providers.Driver = (*Driver)(nil)

// Plugin returns the provider "docker".
func Plugin() providers.Plugin {
	return providers.Plugin{
		Kind:             "docker",
		Doc:              "Nodes are containers of a Docker engine, by default the one on this machine.",
		Settings:         settingsSchema(),
		Group:            groupSchema(),
		ConsistencyDelay: consistencyDelay,
		Budget:           patience,
		Open:             Open,
		AdminUser:        "root",
		SharedVolumes:    true,
		NamesResolve:     true,
		IgnoresTTL:       true,
		Shape:            func(g cluster.Group) cluster.Shape { return limitsOf(g).shape(cluster.Shape{}) },
	}
}

// Open makes a driver for the engine that the settings, the environment or the
// current Docker context name, in this order. It reads files but talks to
// nobody.
func Open(settings schema.Values) (providers.Driver, error) {
	return open(settings, os.Getenv)
}

func open(settings schema.Values, getenv func(string) string) (*Driver, error) {
	ep, err := findEndpoint(settings.String("host"), getenv)
	if err != nil {
		return nil, err
	}
	opts, err := ep.options(getenv)
	if err != nil {
		return nil, err
	}
	cli, err := client.New(opts...)
	if err != nil {
		return nil, &providers.Error{Op: "open docker engine " + ep.host, Kind: providers.Invalid, Err: err}
	}
	return &Driver{
		cli:    cli,
		host:   ep.host,
		mirror: settings.String("image_mirror"),
	}, nil
}

// ErrorKind implements providers.Driver.
func (*Driver) ErrorKind(err error) providers.Kind {
	if kind := providers.KindOf(err); kind != providers.Unknown {
		return kind
	}
	return classify(err)
}

// resourceName is what a network or a volume of a cluster is called; the
// network has no suffix.
func resourceName(id cluster.ID, suffix string) string {
	if suffix == "" {
		return "ecluster-" + string(id)
	}
	return "ecluster-" + string(id) + "-" + suffix
}

// labelKept marks a volume that outlives clusters; its value is the name of
// the volume within the cluster.
const labelKept = "ecluster-kept"

// volumeName is what the engine calls a volume of a cluster. One that is kept
// belongs to the name of the cluster, so that the next cluster of that name
// has it again.
func volumeName(id cluster.ID, name cluster.Name, m cluster.Mount) string {
	if m.Keep {
		return "ecluster-kept-" + string(name) + "-" + m.Volume
	}
	return resourceName(id, m.Volume)
}

// clusterFilter selects everything of one cluster.
func clusterFilter(id cluster.ID) client.Filters {
	return make(client.Filters).Add("label", providers.TagCluster+"="+string(id))
}

// background detaches work that must be finished from a context that may have
// ended, for at most the given time.
func background(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), limit)
}

// requireID guards against a filter that would match every cluster of ours.
func requireID(op string, id cluster.ID) error {
	if id == "" {
		return &providers.Error{Op: op, Kind: providers.Invalid, Err: errors.New("no cluster id was given")}
	}
	return nil
}
