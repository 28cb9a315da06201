package role_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role"
)

// TestCancelAsAStepStarts: a run that is cut off at the very moment at which a
// step starts leaves nothing behind that keeps the next run waiting.
func TestCancelAsAStepStarts(t *testing.T) {
	t.Parallel()
	for range 15 {
		r := newRig(t, oneStep("sleep 1000"))
		ctx, cancel := context.WithCancel(t.Context())
		s := r.start(ctx, role.Options{})
		s.until("the start of the step", func(m role.Message) bool { _, ok := m.(role.StepStarted); return ok })
		cancel()
		if err := s.Wait(); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		r.unlocked()
	}
}

// TestCutAfterFilePut: a step that wrote a file and was cut before it acted on
// that acts when it runs again, and not a third time.
func TestCutAfterFilePut(t *testing.T) {
	t.Parallel()
	r := newRig(t, map[string]string{
		"toy/role.hcl": `
summary = "for tests"
step "go" {
  phase  = "configure"
  run    = "go.sh"
  always = true
}`,
		"toy/steps/go.sh": `for name in new old; do
  CHANGED=''
  file_put "$EC_ROOT/etc/$name.conf" 0644 OWNER <<END
x
END
  [ -e "$EC_ROOT/whole" ] || [ "$name" = new ] || die "cut"
  if [ -n "$CHANGED" ] && [ -e "$EC_ROOT/whole" ]; then echo "$name" >>"$EC_ROOT/calls"; fi
done`,
	})
	r.write("etc/old.conf", "x\n", 0o644)
	if _, err := r.finish(); err == nil {
		t.Fatal("the step was not cut")
	}
	r.write("whole", "", 0o644)
	for _, what := range []string{"again", "once more"} {
		r.must()
		if got := r.calls(); !slices.Equal(got, []string{"new"}) {
			t.Errorf("%s: it acted on %q, want new, once", what, got)
		}
	}
}

// TestFilePutOverMount: who reads a file finds the one before or the one after;
// only what is a mount itself, as /etc/hosts in a container, is written into.
func TestFilePutOverMount(t *testing.T) {
	t.Parallel()
	for what, mount := range map[string]string{"a file": "", "a mount": "/etc/hosts"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, oneStep(`echo after | file_put "$EC_ROOT/etc/hosts" 0644 OWNER`))
			r.write("etc/hosts", "before\n", 0o600)
			r.write("proc/self/mountinfo", "25 1 8:1 /hosts "+r.path("")+mount+" rw - ext4 /dev/sda1 rw\n", 0o644)
			if err := os.Link(r.path("etc/hosts"), r.path("open")); err != nil {
				t.Fatal(err)
			}
			r.must()
			open := "before\n"
			if mount != "" {
				open = "after\n"
			}
			if got := r.read("open"); got != open {
				t.Errorf("who has it open reads %q, not %q", got, open)
			}
			if info, err := os.Stat(r.path("etc/hosts")); err != nil || info.Mode().Perm() != 0o644 || r.read("etc/hosts") != "after\n" {
				t.Errorf("it holds %q, %v, %v", r.read("etc/hosts"), info, err)
			}
		})
	}
}

// unlocked waits until no run is at work on the node.
func (r *rig) unlocked() {
	r.t.Helper()
	f, err := os.Open(r.path("run/ecluster.lock"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	late := time.Now().Add(deadline)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		if time.Now().After(late) {
			r.t.Fatal("something still holds the lock of the node")
		}
		<-tick.C
	}
}
