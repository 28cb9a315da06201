//go:build unix

package docker

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ecluster/ecluster/internal/cluster"
)

// kernelRelease tells an engine on this machine from one in a virtual machine
// behind a local socket, as Docker Desktop has.
func kernelRelease() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

// freeDisk returns the space below path that is free for a user, and false
// when it can't be known.
func freeDisk(path string) (cluster.Bytes, bool) {
	var s unix.Statfs_t
	if unix.Statfs(path, &s) != nil {
		return 0, false
	}
	return cluster.Bytes(s.Bavail) * cluster.Bytes(s.Bsize), true
}

const inotifyFile = "/proc/sys/fs/inotify/max_user_instances"

// inotifyLimit returns how many inotify instances a user may have, and false
// when this system has no such limit.
func inotifyLimit() (int, bool) {
	data, err := os.ReadFile(inotifyFile)
	if err != nil {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(data)))
	return n, err == nil
}

// raiseInotifyLimit sets the limit; only root may.
func raiseInotifyLimit(n int) error {
	return os.WriteFile(inotifyFile, []byte(strconv.Itoa(n)), 0o644) //nolint:gosec // a kernel parameter has its own mode
}

// mayRaiseInotifyLimit reports whether raiseInotifyLimit would work.
func mayRaiseInotifyLimit() bool {
	return unix.Access(inotifyFile, unix.W_OK) == nil
}
