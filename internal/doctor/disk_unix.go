//go:build unix

package doctor

import (
	"golang.org/x/sys/unix"

	"github.com/ecluster/ecluster/internal/cluster"
)

// freeDisk returns the space at path that is free for a user, and false when
// it can't be known.
func freeDisk(path string) (cluster.Bytes, bool) {
	var s unix.Statfs_t
	if unix.Statfs(path, &s) != nil {
		return 0, false
	}
	return cluster.Bytes(s.Bavail) * cluster.Bytes(s.Bsize), true
}
