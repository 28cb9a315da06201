package terraform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/ecluster/ecluster/providers"
)

// lockPoll is how often a lock that somebody else holds is tried again.
const lockPoll = 50 * time.Millisecond

// hold is the right to change one cluster. It is made of two locks of the
// kernel: run, which a run of Terraform inherits and so holds for as long as
// it lives, and owner, which ends with whoever waits for that run. Where run is
// held and owner is not, a run goes on whose caller was killed or gave up.
type hold struct{ run, owner *os.File }

// acquire waits for every run on the cluster to end.
func (w *workspace) acquire(ctx context.Context) (*hold, error) {
	for {
		h, err := w.tryAcquire()
		if h != nil || err != nil {
			return h, err
		}
		if err := wait(ctx, lockPoll); err != nil {
			return nil, err
		}
	}
}

// tryAcquire returns nil while somebody else holds the cluster.
func (w *workspace) tryAcquire() (*hold, error) {
	run, err := tryLock(w.private("run.lock"))
	if run == nil || err != nil {
		return nil, err
	}
	owner, err := tryLock(w.private("owner.lock"))
	if owner == nil || err != nil { // somebody looks at it
		return nil, errors.Join(err, run.Close())
	}
	return &hold{run: run, owner: owner}, nil
}

// release lets go; a run that still lives keeps its share of the lock.
func (h *hold) release() {
	h.owner.Close()
	h.run.Close() // not unlocked: that would take it from the run as well
}

// settle waits for runs that nobody waits for, and reports whether somebody
// works on the cluster at this moment.
func (w *workspace) settle(ctx context.Context) (busy bool, err error) {
	for {
		run, err := tryLock(w.private("run.lock"))
		if err != nil {
			return false, err
		}
		if run != nil {
			return false, run.Close()
		}
		owner, err := tryLock(w.private("owner.lock"))
		if err != nil {
			return false, err
		}
		if owner == nil {
			return true, nil
		}
		if err := errors.Join(owner.Close(), wait(ctx, lockPoll)); err != nil {
			return false, err
		}
	}
}

// tryLock returns nil when the file is locked by somebody else.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", filepath.Base(path), err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, nil
	}
	return nil, fmt.Errorf("lock %s: %w", filepath.Base(path), err)
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return &providers.Error{Op: "wait for another run of Terraform", Kind: providers.Canceled, Err: context.Cause(ctx)}
	}
}
