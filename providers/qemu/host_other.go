//go:build !unix

package qemu

import (
	"errors"
	"os"

	"github.com/ecluster/ecluster/internal/cluster"
)

// tryLock fails: a lock that a child inherits exists on Unix only.
func tryLock(*os.File) error { return errors.ErrUnsupported }

// tryLockShared fails likewise.
func tryLockShared(*os.File) error { return errors.ErrUnsupported }

// freeDisk does not know.
func freeDisk(string) (cluster.Bytes, bool) { return 0, false }
