package qemu

import (
	"context"
	"os"
	"os/exec"

	"github.com/ecluster/ecluster/providers"
)

var _ providers.Examiner = (*Driver)(nil)

// Examine implements providers.Examiner. That KVM can't be used is a warning:
// machines are then emulated.
func (d *Driver) Examine(ctx context.Context) (string, []providers.Finding, error) {
	findings := d.checkHost(ctx, providers.CheckRequest{})
	words := "QEMU"
	if out, err := exec.CommandContext(ctx, d.emulator, "--version").Output(); err == nil {
		if version := versionNumber.Find(out); version != nil {
			words += " " + string(version)
		}
	}
	if kvmOpens() {
		return words + ", with KVM", findings, nil
	}
	trouble := providers.Finding{
		Summary: "this computer has no KVM: machines are emulated, which is slow",
		Detail:  "Switch virtualization on in the firmware, or, in a virtual machine, nested virtualization.",
	}
	if _, err := os.Stat("/dev/kvm"); err == nil {
		trouble.Summary = "this user may not use KVM: machines are emulated, which is slow"
		trouble.Detail = "Join the group of /dev/kvm (sudo usermod -aG kvm $USER) and log in again."
	}
	return words, append(findings, trouble), nil
}
