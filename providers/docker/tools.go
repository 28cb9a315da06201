package docker

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

const (
	debstrapTool     = "mmdebstrap"
	debstrapPackages = "mmdebstrap debian-archive-keyring"
)

// toolMissingError says that mmdebstrap is not here and can't be installed.
type toolMissingError struct{ advice string }

// Error implements error.
func (e *toolMissingError) Error() string {
	return debstrapTool + ", which could build it from Debian packages, is not installed; " + e.advice
}

// locateDebstrap returns the path of mmdebstrap, or "" when it would have to
// be installed first and can be, or an error that says what the user can do.
func locateDebstrap() (string, error) {
	if path, err := exec.LookPath(debstrapTool); err == nil {
		return path, nil
	}
	_, err := exec.LookPath("apt-get")
	switch {
	case err != nil:
		return "", &toolMissingError{"build the image on a Debian machine, or give the engine access to a registry"}
	case os.Geteuid() != 0:
		return "", &toolMissingError{"run `sudo apt-get install " + debstrapPackages + "`, then the same command again"}
	}
	return "", nil
}

// ensureDebstrap returns the path of mmdebstrap and installs it where it must.
func ensureDebstrap(ctx context.Context, report progress) (string, error) {
	path, err := locateDebstrap()
	if path != "" || err != nil {
		return path, err
	}
	report(taskImage, "installing "+debstrapTool)
	install := append([]string{"-qq", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", "install"},
		strings.Fields(debstrapPackages)...)
	for _, args := range [][]string{{"-qq", "update"}, install} {
		if err := aptGet(ctx, args); err != nil {
			return "", err
		}
	}
	return exec.LookPath(debstrapTool)
}

func aptGet(ctx context.Context, args []string) error {
	said := newTail(buildTailLines)
	out := &lineWriter{handle: said.add}
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		return &toolMissingError{fmt.Sprintf("`apt-get %s` failed (%v):\n%s", strings.Join(args, " "), err, said)}
	}
	return nil
}
