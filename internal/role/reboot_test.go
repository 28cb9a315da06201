package role_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/ecluster/ecluster/internal/role"
)

// TestReboot: a step asks for a reboot, whoever comes before the node is down
// is sent away, and afterwards the set-up goes on with the same step.
func TestReboot(t *testing.T) {
	t.Parallel()
	r := newRig(t, oneStep(`[ -e "$EC_ROOT/kernel" ] || reboot 'the new kernel needs it'`))
	r.write("bin/systemctl", systemctl, 0o755)
	r.write("bin/systemd-detect-virt", "#!/bin/sh\nexit 1\n", 0o755)
	for _, why := range []string{"the new kernel needs it", ""} {
		_, err := r.finish()
		var reboot *role.RebootError
		if !errors.As(err, &reboot) || reboot.Why != why {
			t.Fatalf("got %v, want a reboot because %q", err, why)
		}
	}
	if got := r.calls(); !slices.Contains(got, "--no-block reboot") {
		t.Errorf("calls %q", got)
	}
	r.remove("run/ecluster.reboot") // as a reboot does
	r.write("kernel", "", 0o644)
	r.must()
	r.must().expectChanged()
}

func TestNoRebootInContainers(t *testing.T) {
	t.Parallel()
	r := newRig(t, oneStep(`reboot 'the new kernel needs it'`))
	r.write("bin/systemd-detect-virt", "#!/bin/sh\nexit 0\n", 0o755)
	_, err := r.finish()
	var failed *role.StepError
	if !errors.As(err, &failed) || failed.Message != "the node needs a reboot (the new kernel needs it), which a container can't do: use a virtual machine for this role" {
		t.Errorf("got %v", err)
	}
}
