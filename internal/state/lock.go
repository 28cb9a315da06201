package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Lock is the right to change one cluster. The kernel takes it back when the
// process ends, however it ends. It is safe for concurrent use.
type Lock struct {
	name  cluster.Name
	dir   string
	flock *flock.Flock
	lost  chan struct{} // closed when somebody took the lock file away
	quit  chan struct{} // closed to end the watcher
	done  chan struct{} // closed when the watcher has ended
	// Each of these happens once.
	losing, stopping, releasing sync.Once
}

// lockTries bounds how often a lock is tried whose file another process
// deletes at the same moment, as the end of a stop does.
const lockTries = 10

// Lock takes the lock of a cluster, whose folder is made when there is none,
// and does not wait: a held lock is a *LockedError. Other errors are
// *AccessError.
func (s *Store) Lock(ctx context.Context, name cluster.Name, holder Holder) (*Lock, error) {
	if err := cluster.CheckLabel(string(name)); err != nil {
		return nil, fmt.Errorf("lock cluster: %w", err)
	}
	dir := s.Dir(name)
	for range lockTries {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("lock cluster %s: %w", name, context.Cause(ctx))
		}
		if err := claim(dir); err != nil {
			return nil, err
		}
		f, held, err := tryLock(dir)
		switch {
		case err != nil:
			return nil, accessError("lock", dir, err)
		case held:
			return nil, &LockedError{Name: name, Holder: readHolder(dir)}
		case f == nil:
			continue
		}
		l := &Lock{
			name: name, dir: dir, flock: f,
			lost: make(chan struct{}), quit: make(chan struct{}), done: make(chan struct{}),
		}
		if err := l.sign(holder); err != nil {
			return nil, errors.Join(accessError("lock", dir, err), f.Close())
		}
		sweep(dir, s.clock.Now())
		sweep(filepath.Join(dir, secretsDir), s.clock.Now())
		go l.watch(s.watch, s.clock)
		return l, nil
	}
	return nil, &LockedError{Name: name}
}

// claim makes the folder of a cluster ours alone. A folder that belongs to
// another user is refused: our files in it would lock its owner out.
func claim(dir string) error {
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return accessError("write", dir, err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return accessError("lock", dir, err)
	}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok && int(sys.Uid) != os.Geteuid() {
		return &AccessError{
			Op: "lock", Path: dir, Err: fmt.Errorf("it belongs to user %s: %w", userName(sys.Uid), os.ErrPermission),
			Hint: "run ecluster as that user, or give yourself the folder with `sudo chown -R`",
		}
	}
	if info.Mode().Perm() != folderMode {
		if err := os.Chmod(dir, folderMode); err != nil {
			return accessError("lock", dir, err)
		}
	}
	return nil
}

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

// tryLock returns the lock; held when another process has it; neither when
// the file that was locked is no longer the one that others would find.
func tryLock(dir string) (f *flock.Flock, held bool, err error) {
	path := filepath.Join(dir, lockFile)
	f = flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(fileMode))
	got, err := f.TryLock()
	switch {
	case errors.Is(err, os.ErrNotExist): // the folder vanished
		return nil, false, nil
	case err != nil:
		return nil, false, err
	case !got:
		return nil, true, nil
	case !same(f):
		return nil, false, f.Close()
	}
	return f, false, nil
}

// same reports whether the locked file is still the one under its path.
func same(f *flock.Flock) bool {
	ours, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(f.Path())
	return err == nil && os.SameFile(ours, there)
}

func (l *Lock) sign(h Holder) error {
	data, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(l.dir, holderFile), append(data, '\n'), fileMode)
}

func (l *Lock) watch(every time.Duration, clock Clock) {
	defer close(l.done)
	for {
		select {
		case <-l.quit:
			return
		case <-clock.After(every):
			if l.Check() != nil {
				return
			}
		}
	}
}

// Name is the cluster that is locked.
func (l *Lock) Name() cluster.Name { return l.name }

// Check returns a *LockLostError when the lock file was deleted or replaced;
// it looks at the disk now.
func (l *Lock) Check() error {
	lost := &LockLostError{Name: l.name, Path: filepath.Join(l.dir, lockFile)}
	select {
	case <-l.lost:
		return lost
	default:
	}
	if same(l.flock) {
		return nil
	}
	l.losing.Do(func() { close(l.lost) })
	return lost
}

// Context returns a context that ends with parent, and as soon as the lock is
// seen to be lost; then its cause is a *LockLostError. Work under the lock
// runs in such a context. Call cancel when the work is done.
func (l *Lock) Context(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	go func() {
		select {
		case <-l.lost:
			cancel(&LockLostError{Name: l.name, Path: filepath.Join(l.dir, lockFile)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// Release gives the lock back. It may be called more than once. A folder in
// which no state was ever saved goes with it.
func (l *Lock) Release() error {
	var err error
	l.releasing.Do(func() {
		l.unwatch()
		if same(l.flock) {
			l.tidy()
		}
		err = l.flock.Close()
	})
	if err != nil {
		return fmt.Errorf("release lock of %s: %w", l.name, err)
	}
	return nil
}

// unwatch ends the watcher: from now on only Check notices a loss.
func (l *Lock) unwatch() {
	l.stopping.Do(func() { close(l.quit) })
	<-l.done
}

// tidy deletes what tells of this holder, and an empty cluster's folder. What
// can't be deleted harms nobody.
func (l *Lock) tidy() {
	_ = os.Remove(filepath.Join(l.dir, holderFile))
	for _, file := range []string{stateFile, backupFile} {
		if _, err := os.Lstat(filepath.Join(l.dir, file)); err == nil {
			return
		}
	}
	_ = os.Remove(filepath.Join(l.dir, lockFile))
	_ = os.Remove(l.dir)
}
