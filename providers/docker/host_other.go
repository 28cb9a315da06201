//go:build !unix

package docker

import (
	"errors"

	"github.com/ecluster/ecluster/internal/cluster"
)

// On other systems the engine runs in a virtual machine of its own: nothing of
// this machine's kernel concerns it.

func kernelRelease() string { return "" }

func freeDisk(string) (cluster.Bytes, bool) { return 0, false }

func inotifyLimit() (int, bool) { return 0, false }

func raiseInotifyLimit(int) error { return errors.ErrUnsupported }

func mayRaiseInotifyLimit() bool { return false }
