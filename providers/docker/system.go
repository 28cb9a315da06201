package docker

import (
	"context"
	"fmt"
	"io"

	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// systemConfig is how a container must be made so that systemd runs in it.
func systemConfig(image string) *container.Config {
	return &container.Config{
		Image:      image,
		Entrypoint: []string{"/bin/sh", "-c", bootScript},
		Env:        []string{"container=docker"},
		StopSignal: stopSignal,
	}
}

// systemHost is what the engine must grant to such a container.
func systemHost(facts engineFacts) *container.HostConfig {
	return &container.HostConfig{
		CgroupnsMode: container.CgroupnsModePrivate,
		// SYS_PTRACE lets a scheduler see what the processes of its jobs use.
		CapAdd:      []string{"SYS_ADMIN", "SYS_PTRACE"},
		SecurityOpt: securityOptions(facts),
		Tmpfs:       map[string]string{"/run": "", "/run/lock": ""},
	}
}

// Engine is what this package shares with internal/sim/docker, the only other
// importer of the SDK: the engine of a driver, and how machines with systemd
// are made on it. Its errors are those of a driver's methods.
type Engine struct {
	Client *client.Client
	driver *Driver
	facts  engineFacts
}

// Engine returns the engine of the driver once it has answered.
func (d *Driver) Engine(ctx context.Context) (*Engine, error) {
	facts, err := d.engine(ctx, "use engine")
	if err != nil {
		return nil, err
	}
	return &Engine{Client: d.cli, driver: d, facts: facts}, nil
}

// SystemContainer describes a container in which systemd is process 1.
func (e *Engine) SystemContainer(image string) (*container.Config, *container.HostConfig) {
	return systemConfig(image), systemHost(e.facts)
}

// NodeImage makes the node image of a spec available, as Prepare does, and
// returns its name on the engine. It is false for an image that is used as it
// is.
func (e *Engine) NodeImage(ctx context.Context, image string, report func(task, message string)) (ref string, ours bool, err error) {
	if _, ours = recipeFor(image); !ours {
		return "", false, nil
	}
	return e.driver.imageRef(image), true, e.driver.ensureImage(ctx, image, report)
}

// BuildRequest is an image to build from files, of which one is a Dockerfile.
type BuildRequest struct {
	Ref    string // the tag; it should name what is inside
	Files  io.Reader
	Args   map[string]*string
	Labels map[string]string
	// Report is told what is being done; never nil.
	Report func(task, message string)
}

// Build makes an image unless it is there; of several builders of one image
// on this machine, one builds and the others wait.
func (e *Engine) Build(ctx context.Context, req BuildRequest) error {
	d := e.driver
	if ok, err := d.hasImage(ctx, req.Ref); ok || err != nil {
		return err
	}
	unlock, err := lockBuild(ctx, req.Ref, req.Report)
	if err != nil {
		return err
	}
	defer unlock()
	if ok, err := d.hasImage(ctx, req.Ref); ok || err != nil {
		return err
	}
	return d.buildImage(ctx, req)
}

func (d *Driver) buildImage(ctx context.Context, req BuildRequest) error {
	result, err := d.cli.ImageBuild(ctx, req.Files, client.ImageBuildOptions{
		Tags:        []string{req.Ref},
		BuildArgs:   req.Args,
		Labels:      req.Labels,
		Remove:      true,
		ForceRemove: true,
		Version:     build.BuilderV1, // needs no session with a BuildKit client
	})
	if err != nil {
		return d.fail(ctx, "build image "+req.Ref, "", err)
	}
	defer func() { _ = result.Body.Close() }()
	return d.watchBuild(ctx, req.Ref, result.Body, req.Report)
}

// AllowMachines raises the kernel's limit on what systemd needs, where it is
// too low for n machines more and this may be done.
func (e *Engine) AllowMachines(n int, report func(task, message string)) {
	if !inotifyShort(e.facts, n) {
		return
	}
	if err := raiseInotifyLimit(inotifyEnough); err == nil {
		report("engine", fmt.Sprintf("raised fs.inotify.max_user_instances to %d", inotifyEnough))
	}
}
