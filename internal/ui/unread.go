package ui

import (
	"os"

	"golang.org/x/sys/unix"
)

// Unread reports whether nobody reads what is written to f any more: the other
// end of a pipe is closed.
func Unread(f *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(f.Fd())}} //nolint:gosec // the number of a descriptor is small
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
}
