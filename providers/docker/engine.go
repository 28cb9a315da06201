package docker

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/system"
	"github.com/moby/moby/client"
	"github.com/moby/moby/client/pkg/versions"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

const (
	minAPI         = "1.41" // Docker 20.10
	connectTimeout = 10 * time.Second
)

// engineFacts is what a driver needs to know of its engine.
type engineFacts struct {
	id, name   string
	version    string
	size       cluster.Shape // the whole machine
	local      bool          // on this very kernel: its files and sysctls are ours
	root       string        // where the engine keeps images and containers
	containers int           // that run now, of anybody
	appArmor   bool
	seLinux    bool
	swapLimit  bool
	gpuRuntime bool
}

// engine asks the engine about itself, once, and finds out why when there is
// no answer. Its error is an *providers.Error with advice.
func (d *Driver) engine(ctx context.Context, op string) (engineFacts, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.facts != nil {
		return *d.facts, nil
	}
	limited, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	facts, err := d.askEngine(limited)
	if err != nil {
		if ctx.Err() == nil && limited.Err() != nil {
			err = &providers.Error{Op: op, Kind: providers.Transient, Err: &engineError{
				kind:    providers.Transient,
				summary: fmt.Sprintf("the Docker engine at %s did not answer within %s", d.host, connectTimeout),
				advice:  "see that it is well (`docker info`), then run the same command again",
			}}
		}
		return engineFacts{}, d.fail(ctx, op, "", err)
	}
	d.facts = &facts
	d.reached.Store(true)
	return facts, nil
}

var _ providers.Identifier = (*Driver)(nil)

// Identity implements providers.Identifier: the engine has an ID of its own.
func (d *Driver) Identity(ctx context.Context) (providers.Identity, error) {
	facts, err := d.engine(ctx, "find engine")
	return providers.Identity{ID: facts.id, Words: fmt.Sprintf("the Docker engine of %s (%s)", facts.name, d.host)}, err
}

func (d *Driver) askEngine(ctx context.Context) (engineFacts, error) {
	ping, err := d.cli.Ping(ctx, client.PingOptions{})
	if err != nil {
		return engineFacts{}, err
	}
	if trouble := unfit(d.host, ping); trouble != nil {
		return engineFacts{}, &providers.Error{Op: "use engine", Kind: trouble.kind, Err: trouble}
	}
	info, err := d.cli.Info(ctx, client.InfoOptions{})
	if err != nil {
		return engineFacts{}, err
	}
	return factsFrom(d.host, info.Info), nil
}

// unfit says why an engine that answers can't be used, or nil.
func unfit(host string, ping client.PingResult) *engineError {
	switch {
	case ping.APIVersion != "" && versions.LessThan(ping.APIVersion, minAPI):
		return &engineError{
			kind:    providers.Invalid,
			summary: fmt.Sprintf("the Docker engine at %s is too old: it speaks API %s", host, ping.APIVersion),
			advice:  fmt.Sprintf("install Docker 20.10 or later (API %s)", minAPI),
		}
	case ping.OSType != "" && ping.OSType != "linux":
		return &engineError{
			kind:    providers.Invalid,
			summary: fmt.Sprintf("the Docker engine at %s runs %s containers, and nodes are Linux", host, ping.OSType),
			advice:  "switch it to Linux containers",
		}
	}
	return nil
}

func factsFrom(host string, info system.Info) engineFacts {
	_, gpu := info.Runtimes["nvidia"]
	return engineFacts{
		id:         info.ID,
		name:       info.Name,
		version:    info.ServerVersion,
		size:       cluster.Shape{CPUs: info.NCPU, Memory: cluster.Bytes(info.MemTotal)},
		local:      socketPath(host) != "" && info.KernelVersion != "" && info.KernelVersion == kernelRelease(),
		root:       info.DockerRootDir,
		containers: info.ContainersRunning,
		appArmor:   hasSecurity(info, "apparmor"),
		seLinux:    hasSecurity(info, "selinux"),
		swapLimit:  info.SwapLimit,
		gpuRuntime: gpu,
	}
}

// filesHere reports whether this process sees the files of the engine's machine.
// Within a container it does not, though the kernel is the same.
func (f engineFacts) filesHere() bool {
	if !f.local {
		return false
	}
	_, err := os.Stat(f.root)
	return err == nil
}

// hasSecurity reads entries such as "name=seccomp,profile=default".
func hasSecurity(info system.Info, name string) bool {
	return slices.ContainsFunc(info.SecurityOptions, func(s string) bool {
		return slices.Contains(strings.Split(s, ","), "name="+name) || s == name
	})
}
