package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/gofrs/flock"
	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/providers"
)

const (
	taskImage = "build node image"
	taskPull  = "pull image"
	// pullSilence is how long a registry may say nothing before the next way
	// to an image is taken.
	pullSilence = 20 * time.Second
)

// progress receives what is being done, for a person to read.
type progress func(task, message string)

// ensureImage makes the image of a spec available on the engine: as it is,
// pulled, or built.
func (d *Driver) ensureImage(ctx context.Context, image string, report progress) error {
	ref := d.imageRef(image)
	if ok, err := d.hasImage(ctx, ref); ok || err != nil {
		return err
	}
	r, buildable := recipeFor(image)
	if !buildable {
		return d.pullOnly(ctx, image, report)
	}
	unlock, err := lockBuild(ctx, ref, report)
	if err != nil {
		return err
	}
	defer unlock()
	// Another ecluster may have built it while this one waited.
	if ok, err := d.hasImage(ctx, ref); ok || err != nil {
		return err
	}
	return d.build(ctx, r, report)
}

func (d *Driver) pullOnly(ctx context.Context, image string, report progress) error {
	err := d.pull(ctx, image, report)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return &providers.Error{
		Op: "prepare image " + strconv.Quote(image), Kind: providers.NotFound,
		Err: fmt.Errorf("the engine neither has it nor can pull it (%w); correct the name, load it with `docker load`, or use %q, which can be built here", err, defaultImage),
	}
}

// build makes the node image of a recipe, by the first way that works here.
func (d *Driver) build(ctx context.Context, r recipe, report progress) error {
	pullErr := d.ensureBase(ctx, r.base, report)
	if ctx.Err() != nil {
		return pullErr
	}
	if pullErr == nil {
		return d.buildFromBase(ctx, r, report)
	}
	report(taskImage, fmt.Sprintf("%s can't be pulled; building Debian %s from its packages, which takes about a minute", r.base, r.suite))
	err := d.buildFromPackages(ctx, r, report)
	if tool := (*toolMissingError)(nil); errors.As(err, &tool) {
		return &providers.Error{
			Op: "prepare image " + strconv.Quote(r.alias), Kind: providers.NotFound,
			Err: fmt.Errorf("%s can't be pulled (%w), and %w", r.base, pullErr, tool),
		}
	}
	return err
}

func (d *Driver) ensureBase(ctx context.Context, base string, report progress) error {
	if ok, err := d.hasImage(ctx, base); ok || err != nil {
		return err
	}
	return d.pull(ctx, base, report)
}

func (d *Driver) hasImage(ctx context.Context, ref string) (bool, error) {
	_, err := d.cli.ImageInspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	return err == nil, d.fail(ctx, "look for image "+ref, "", err)
}

// pull gives up when the registry is silent for long: in a place without a
// network the next way must be taken soon.
func (d *Driver) pull(ctx context.Context, ref string, report progress) error {
	report(taskPull, "pulling "+ref)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(pullSilence, func() {
		cancel(fmt.Errorf("the registry said nothing for %s", pullSilence))
	})
	defer silence.Stop()
	stream, err := d.cli.ImagePull(ctx, ref, client.ImagePullOptions{})
	if err != nil {
		return pullError(ctx, ref, err)
	}
	defer func() { _ = stream.Close() }()
	for msg, err := range stream.JSONMessages(ctx) {
		silence.Reset(pullSilence)
		switch {
		case err != nil:
			return pullError(ctx, ref, err)
		case msg.Error != nil:
			return pullError(ctx, ref, msg.Error)
		case msg.ID == "":
			report(taskPull, msg.Status)
		}
	}
	return nil
}

func pullError(ctx context.Context, ref string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return fmt.Errorf("pull %s: %w", ref, err)
}

// lockBuild makes builders of one image on this machine wait for one another:
// the second finds the work done.
func lockBuild(ctx context.Context, ref string, report progress) (unlock func(), err error) {
	name := strings.NewReplacer(":", "-", "/", "-").Replace(ref)
	path := filepath.Join(os.TempDir(), fmt.Sprintf("%s.%d.lock", name, os.Getuid()))
	lock := flock.New(path)
	locked, err := lock.TryLock()
	if err == nil && !locked {
		report(taskImage, "waiting for another ecluster that builds the same image")
		locked, err = lock.TryLockContext(ctx, 200*time.Millisecond)
	}
	if err != nil || !locked {
		return nil, fmt.Errorf("lock image build %s: %w", path, err)
	}
	return func() { _ = lock.Unlock() }, nil
}
