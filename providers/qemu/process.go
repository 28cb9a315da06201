package qemu

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// process is a QEMU that goes on by itself, known by the files of its folder:
//
//	lock     locked as long as it lives, and while somebody starts it
//	pid      from its start until it ends by itself
//	qmp      socket of its monitor
//
// QEMU inherits the lock from whoever starts it. So there is no moment between
// the decision to start and the end of the process at which a kill of ecluster
// would leave something that can't be seen, and no process ID that could mean
// another process by now.
type process struct{ dir string }

// errBusy says that a process runs, or is being started or removed.
var errBusy = errors.New("it is being started or removed by another ecluster at this moment")

const (
	pollProcess = 20 * time.Millisecond
	// patience is for how long a QEMU may leave a request to end unanswered
	// until it is killed.
	patience = 2 * time.Second
)

func (p process) path(name string) string { return filepath.Join(p.dir, name) }

// acquire takes the lock of a process that does not run, and fails with
// errBusy when it does. The caller closes the file.
func (p process) acquire(ctx context.Context) (*os.File, error) {
	f, err := os.OpenFile(p.path("lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	// Somebody may just be looking whether it is locked.
	err = retry(ctx, patience, errBusy, func() error { return tryLock(f) })
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// retry repeats do for a while as long as it fails with the given error.
func retry(ctx context.Context, while time.Duration, with error, do func() error) error {
	deadline := time.Now().Add(while)
	tick := time.NewTicker(pollProcess)
	defer tick.Stop()
	for {
		err := do()
		if !errors.Is(err, with) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// alive reports whether the process runs or is being started.
func (p process) alive() (bool, error) {
	f, err := os.OpenFile(p.path("lock"), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	err = tryLockShared(f)
	if errors.Is(err, errBusy) {
		return true, nil
	}
	return false, err
}

// started reports whether a process that is alive got as far as running.
func (p process) started() bool { return exists(p.path("pid")) }

// start runs the emulator and returns when it has come up, or why it did not.
// It hands on the lock, which the caller still has to close.
func (p process) start(ctx context.Context, lock *os.File, emulator string, args ...string) error {
	for _, stale := range []string{"pid", "qmp"} {
		if err := os.Remove(p.path(stale)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	args = append([]string{
		"-nodefaults", "-no-user-config", "-display", "none", "-daemonize",
		"-pidfile", p.path("pid"),
		"-qmp", "unix:" + comma(p.path("qmp")) + ",server=on,wait=off",
	}, args...)
	cmd := exec.CommandContext(ctx, emulator, args...)
	cmd.Dir = p.dir
	cmd.ExtraFiles = []*os.File{lock}
	cmd.WaitDelay = patience
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%s: %w: %s", emulator, err, lastLine(said.String()))
	}
	return nil
}

// end ends the process and returns once it is gone.
func (p process) end(ctx context.Context) error {
	began := time.Now()
	tick := time.NewTicker(pollProcess)
	defer tick.Stop()
	asked := false
	for {
		if alive, err := p.alive(); err != nil || !alive {
			return err
		}
		if !asked && p.started() {
			asked = true
			_ = p.call(ctx, "quit", nil) // what it does not hear is said louder below
		}
		if time.Since(began) > patience {
			p.kill()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// kill ends a process that is known to run. Its pid file is its own: start
// removes an older one.
func (p process) kill() {
	text, err := os.ReadFile(p.path("pid"))
	if err != nil {
		return
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		return
	}
	if proc, err := os.FindProcess(pid); err == nil {
		_ = proc.Kill()
	}
}

// comma doubles the commas of a value within an option of QEMU.
func comma(s string) string { return strings.ReplaceAll(s, ",", ",,") }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// lastLine is what a program said last.
func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
