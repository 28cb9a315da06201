package qemu

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// How machines are run.
const (
	accelAuto = "auto"
	accelKVM  = "kvm"
	accelTCG  = "tcg"
)

// probeTime is for how long a kernel may take to get through its own start.
// With KVM that is about a second.
const probeTime = 20 * time.Second

// accelArguments are QEMU's words for one of them.
func accelArguments(accel string) []string {
	if accel == accelKVM {
		return []string{"-machine", "q35", "-accel", "kvm", "-cpu", "host"}
	}
	return []string{"-machine", "q35", "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max"}
}

// accelerator decides how a machine of the image is run.
func (d *Driver) accelerator(ctx context.Context, img image) (string, error) {
	if d.accel != accelAuto {
		return d.accel, nil
	}
	if !kvmOpens() {
		return accelTCG, nil
	}
	if img.kernel == "" {
		return accelKVM, nil // there is no kernel to try it with
	}
	return d.probed(ctx, img)
}

// kvmOpens reports whether this user may use KVM, or what passes for it: in
// some virtual machines the device is there and no ordinary kernel runs on it.
func kvmOpens() bool {
	f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// probed tries the image's kernel with KVM, once a boot of this computer. The
// result lies beside the image.
func (d *Driver) probed(ctx context.Context, img image) (string, error) {
	path := filepath.Join(filepath.Dir(img.kernel), "accel")
	lock, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := retry(ctx, 2*probeTime, errBusy, func() error { return tryLock(lock) }); err != nil {
		return "", err
	}
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if known, err := os.ReadFile(path); err == nil {
		if accel, ok := strings.CutSuffix(string(known), " "+string(boot)); ok {
			return accel, nil
		}
	}
	accel := accelTCG
	if d.kernelRuns(ctx, img) {
		accel = accelKVM
	}
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	return accel, os.WriteFile(path, []byte(fmt.Sprintf("%s %s", accel, boot)), 0o600)
}

// kernelRuns boots the kernel without any disk: it finds no root file system,
// panics, and is told to restart then, which ends QEMU.
func (d *Driver) kernelRuns(ctx context.Context, img image) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	args := append(accelArguments(accelKVM), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-m", "256M", "-kernel", img.kernel, "-append", "panic=-1")
	return exec.CommandContext(ctx, d.emulator, args...).Run() == nil
}
