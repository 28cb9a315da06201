package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/ecluster/ecluster/providers"
)

// build, which holds the lock of the image, makes it from Debian packages: mmdebstrap unpacks and configures
// them, a script makes a disk of the result. Who is not root needs fakeroot.
func (d *Driver) build(ctx context.Context, r recipe, report func(task, message string)) error {
	if missing := missingTools(builders()); len(missing) > 0 {
		return &providers.Error{
			Op: "prepare image " + r.alias, Kind: providers.NotFound,
			Err: fmt.Errorf("it is built with %s, which this computer lacks; run `sudo apt-get install %s`",
				strings.Join(missing, " and "), debianPackages(missing)),
		}
	}
	report(taskImage, "building Debian "+r.suite+" from its packages, which takes minutes")
	final, tmp := d.folder(r), d.folder(r)+".new"
	if err := os.RemoveAll(tmp); err != nil { // what a build left that was killed
		return err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	if err := d.runBuild(ctx, r, tmp, report); err != nil {
		return err
	}
	return os.Rename(tmp, final)
}

// runBuild leaves the image in dir.
func (d *Driver) runBuild(ctx context.Context, r recipe, dir string, report func(task, message string)) error {
	in := filepath.Join(dir, "in")
	if err := os.MkdirAll(in, 0o755); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"provision.sh": provisionScript, "disk.sh": diskScript, "cloud.cfg": cloudConfig, "ecluster": initramfsModules,
	} {
		if err := os.WriteFile(filepath.Join(in, name), []byte(text), 0o644); err != nil { //nolint:gosec // read by the builder's other user
			return err
		}
	}
	said := &lines{report: func(line string) { report(taskImage, line) }}
	system := d.systemCommand(ctx, r, in)
	disk := diskCommand(ctx, dir, filepath.Join(in, "disk.sh"))
	system.Stderr, disk.Stderr = said, said
	pipe, err := system.StdoutPipe()
	if err != nil {
		return err
	}
	disk.Stdin = pipe
	if err := disk.Start(); err != nil {
		return err
	}
	systemErr := system.Run()
	diskErr := disk.Wait()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case systemErr != nil || diskErr != nil:
		return &providers.Error{
			Op: "build image " + r.alias, Kind: providers.Unknown,
			Err: fmt.Errorf("%w; the last output:\n%s", errors.Join(systemErr, diskErr), said),
		}
	}
	return os.RemoveAll(in)
}

// systemCommand writes the root file system to its standard output.
func (d *Driver) systemCommand(ctx context.Context, r recipe, in string) *exec.Cmd {
	args := []string{
		"--variant=minbase", "--format=tar", "--skip=cleanup/apt/lists",
		"--include=" + strings.Join(d.allPackages(), ","),
		`--aptopt=Acquire::Languages "none"`,
		// In time for the kernel's own script, which makes the initrd.
		`--essential-hook=mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"`,
		`--essential-hook=echo MODULES=list >"$1/etc/initramfs-tools/conf.d/ecluster"`,
		"--essential-hook=copy-in " + quote(filepath.Join(in, "ecluster")) + " /usr/share/initramfs-tools/modules.d/",
		"--customize-hook=copy-in " + quote(filepath.Join(in, "cloud.cfg")) + " /etc/cloud/",
		`--customize-hook=chroot "$1" /bin/sh -s <` + quote(filepath.Join(in, "provision.sh")),
		r.suite, "-",
	}
	if d.mirror != "" {
		args = append(args, d.mirror)
	}
	cmd := exec.CommandContext(ctx, "mmdebstrap", args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	// It cleans its work folder up when it is asked to stop.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// diskCommand makes a disk of the file system that it reads.
func diskCommand(ctx context.Context, dir, script string) *exec.Cmd {
	words := []string{"sh", script}
	if os.Geteuid() != 0 {
		words = append([]string{"fakeroot", "--"}, words...)
	}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	return cmd
}

// quote makes one word of the shell of s.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
