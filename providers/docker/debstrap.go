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

// toolMissingError says that mmdebstrap is not here and can't be installed.
type toolMissingError struct{ advice string }

// Error implements error.
func (e *toolMissingError) Error() string {
	return "mmdebstrap, which could build it from Debian packages, is not installed; " + e.advice
}

// buildFromPackages makes the node image without any registry: mmdebstrap
// unpacks Debian packages, and the engine imports the result.
func (d *Driver) buildFromPackages(ctx context.Context, r recipe, report progress) error {
	tool, err := findDebstrap(ctx, report)
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
		_ = writer.CloseWithError(err)
		built <- err
	}()
	id, importErr := d.importImage(ctx, r, reader)
	_ = reader.CloseWithError(io.ErrClosedPipe) // ends mmdebstrap when the engine stopped reading
	buildErr := <-built
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case buildErr != nil && !errors.Is(importErr, errImportRefused):
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

var errImportRefused = errors.New("the engine refused the image")

func (d *Driver) importImage(ctx context.Context, r recipe, content io.Reader) (string, error) {
	source := client.ImageImportSource{Source: content, SourceName: "-"}
	changes := []string{`CMD ["/sbin/init"]`}
	for k, v := range imageLabels(r) {
		changes = append(changes, fmt.Sprintf("LABEL %s=%s", k, v))
	}
	body, err := d.cli.ImageImport(ctx, source, "", client.ImageImportOptions{
		Message: "ecluster node image, Debian " + r.suite, Changes: changes,
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
			return fmt.Errorf("%w: %w", errImportRefused, msg.Error)
		}
		id = msg.Status
		return nil
	})
	if err == nil && id == "" {
		err = fmt.Errorf("%w without a reason", errImportRefused)
	}
	return id, err
}

// findDebstrap returns the path of mmdebstrap and installs it first where that
// is possible: as root on a Debian system.
func findDebstrap(ctx context.Context, report progress) (string, error) {
	const tool = "mmdebstrap"
	const install = "apt-get install --no-install-recommends mmdebstrap debian-archive-keyring"
	if path, err := exec.LookPath(tool); err == nil {
		return path, nil
	}
	apt, err := exec.LookPath("apt-get")
	switch {
	case err != nil:
		return "", &toolMissingError{"build the image on a Debian machine, or give the engine access to a registry"}
	case os.Geteuid() != 0:
		return "", &toolMissingError{"run `sudo " + install + "`, then the same command again"}
	}
	report(taskImage, "installing mmdebstrap")
	for _, args := range [][]string{
		{"update", "-qq"},
		append([]string{"-qq", "-y", "-o", "DPkg::Lock::Timeout=120"}, strings.Fields(install)[1:]...),
	} {
		cmd := exec.CommandContext(ctx, apt, args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			said := newTail(buildTailLines)
			for line := range strings.Lines(string(out)) {
				said.add(strings.TrimSpace(line))
			}
			return "", &toolMissingError{fmt.Sprintf("`apt-get %s` failed (%v):\n%s", strings.Join(args, " "), err, said)}
		}
	}
	return exec.LookPath(tool)
}
