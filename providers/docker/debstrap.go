package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/providers"
)

// buildFromPackages makes the node image without any registry: mmdebstrap
// unpacks Debian packages, and the engine imports the result.
func (d *Driver) buildFromPackages(ctx context.Context, r recipe, report progress) error {
	tool, err := ensureDebstrap(ctx, report)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ecluster-image-")
	if err != nil {
		return fmt.Errorf("build image %s: %w", r.alias, err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	script := filepath.Join(dir, "provision.sh")
	if err := os.WriteFile(script, []byte(provisionScript), 0o600); err != nil {
		return fmt.Errorf("build image %s: %w", r.alias, err)
	}
	return d.runDebstrap(ctx, r, debstrapCommand(ctx, tool, r, d.mirror, script), report)
}

func debstrapCommand(ctx context.Context, tool string, r recipe, mirror, script string) *exec.Cmd {
	args := []string{
		"--variant=minbase",
		"--format=tar",
		"--include=" + strings.Join(packages(), ","),
		"--aptopt=Acquire::Languages \"none\"",
		"--skip=cleanup/apt/lists",
		`--customize-hook=chroot "$1" /bin/sh -s < "$ECLUSTER_PROVISION"`,
		r.suite, "-",
	}
	if mirror != "" {
		args = append(args, mirror)
	}
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Env = append(os.Environ(), "ECLUSTER_PROVISION="+script, "MIRROR="+mirror, "SUITE="+r.suite, "LC_ALL=C.UTF-8")
	// It cleans its work folder up when it is asked to stop.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// runDebstrap streams the output of mmdebstrap into the engine and names the
// image only after both ended well: a half image is never found by its name.
func (d *Driver) runDebstrap(ctx context.Context, r recipe, cmd *exec.Cmd, report progress) error {
	said := newTail(buildTailLines)
	cmd.Stderr = &lineWriter{handle: func(line string) {
		said.add(line)
		if step, ok := strings.CutPrefix(line, "I: "); ok {
			report(taskImage, step)
		}
	}}
	reader, writer := io.Pipe()
	cmd.Stdout = writer
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("build image %s: %w", r.alias, err)
	}
	built := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		built <- err // before the engine can notice
		_ = writer.CloseWithError(err)
	}()
	id, importErr := d.importImage(ctx, reader, "ecluster node image, Debian "+r.suite, imageLabels(r))
	var buildErr error
	select {
	case buildErr = <-built: // what the engine says of half an image is no news then
	default:
		_ = reader.CloseWithError(io.ErrClosedPipe) // the engine stopped reading: ends mmdebstrap
		if err := <-built; importErr == nil {
			importErr = err // the engine was content with less than there was
		}
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case buildErr != nil:
		return &providers.Error{
			Op: "build image " + r.alias, Kind: providers.Unknown,
			Err: fmt.Errorf("mmdebstrap failed (%w); its last output:\n%s", buildErr, said),
		}
	case importErr != nil:
		return d.fail(ctx, "import image "+r.alias, "", importErr)
	}
	_, err := d.cli.ImageTag(ctx, client.ImageTagOptions{Source: id, Target: r.ref(d.mirror)})
	return d.fail(ctx, "name image "+r.alias, "", err)
}

// importImage makes an unnamed image of a tar stream and returns its id.
func (d *Driver) importImage(ctx context.Context, content io.Reader, message string, labels map[string]string) (string, error) {
	source := client.ImageImportSource{Source: content, SourceName: "-"}
	body, err := d.cli.ImageImport(ctx, source, "", client.ImageImportOptions{
		Message: message, Changes: append([]string{`CMD ["/sbin/init"]`}, labelChanges(labels)...),
	})
	if err != nil {
		return "", err
	}
	defer func() { _ = body.Close() }()
	return lastStatus(body)
}

// lastStatus reads the engine's messages; the last one is the id of the image.
func lastStatus(body io.Reader) (string, error) {
	var id string
	err := eachMessage(body, func(msg jsonstream.Message) error {
		if msg.Error != nil {
			return msg.Error
		}
		id = msg.Status
		return nil
	})
	if err == nil && id == "" {
		err = errors.New("the engine made no image and gave no reason")
	}
	return id, err
}
