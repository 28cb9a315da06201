package role_test

import (
	"context"
	"errors"
	"os"
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
