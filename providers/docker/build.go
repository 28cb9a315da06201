package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/moby/moby/api/types/jsonstream"

	"github.com/ecluster/ecluster/providers"
)

// buildFromBase adds what a node needs to a bare Debian image.
func (d *Driver) buildFromBase(ctx context.Context, r recipe, report progress) error {
	report(taskImage, "installing systemd and sshd into "+r.base)
	files, err := buildContext()
	if err != nil {
		return fmt.Errorf("build image %s: %w", r.alias, err)
	}
	return d.buildImage(ctx, BuildRequest{
		Ref:    r.ref(d.mirror),
		Files:  files,
		Args:   map[string]*string{"BASE": &r.base, "MIRROR": &d.mirror, "SUITE": &r.suite},
		Labels: imageLabels(r),
		Report: report,
	})
}

// watchBuild follows the engine's messages to the end of the build. Of the
// output of the steps it keeps the last lines, for the error.
func (d *Driver) watchBuild(ctx context.Context, image string, body io.Reader, report progress) error {
	said := newTail(buildTailLines)
	err := eachMessage(body, func(msg jsonstream.Message) error {
		if msg.Error != nil {
			return &providers.Error{
				Op: "build image " + image, Kind: providers.Unknown,
				Err: fmt.Errorf("%w; its last output:\n%s", msg.Error, said),
			}
		}
		for line := range strings.Lines(msg.Stream) {
			line = strings.TrimSpace(line)
			said.add(line)
			if pkg, ok := strings.CutPrefix(line, "Setting up "); ok {
				name, _, _ := strings.Cut(pkg, " ")
				report(taskImage, "installing "+name)
			}
		}
		return nil
	})
	return d.fail(ctx, "build image "+image, "", err)
}

// eachMessage reads the messages of a build or an import to their end.
func eachMessage(body io.Reader, handle func(jsonstream.Message) error) error {
	for dec := json.NewDecoder(body); ; {
		var msg jsonstream.Message
		err := dec.Decode(&msg)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = handle(msg)
		}
		if err != nil {
			return err
		}
	}
}

func imageLabels(r recipe) map[string]string {
	return map[string]string{labelImage: r.alias}
}
