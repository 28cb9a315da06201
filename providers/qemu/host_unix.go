//go:build unix

package qemu

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/ecluster/ecluster/internal/cluster"
)

// tryLock locks an open file for everybody who inherits it, or returns errBusy.
func tryLock(f *os.File) error { return lockFile(f, unix.LOCK_EX) }

// tryLockShared does so beside others who only look.
func tryLockShared(f *os.File) error { return lockFile(f, unix.LOCK_SH) }

func lockFile(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EWOULDBLOCK):
			return errBusy
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return &os.PathError{Op: "lock", Path: f.Name(), Err: err}
		}
		return nil
	}
}

// freeDisk returns the space at path that is free for a user, and false when
// it can't be known.
func freeDisk(path string) (cluster.Bytes, bool) {
	var s unix.Statfs_t
	if unix.Statfs(nearest(path), &s) != nil {
		return 0, false
	}
	return cluster.Bytes(s.Bavail) * cluster.Bytes(s.Bsize), true
}
