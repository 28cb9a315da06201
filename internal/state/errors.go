package state

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// ErrNotFound is what errors.Is finds when no state of that name exists.
var ErrNotFound = errors.New("no such cluster")

// ErrClosed is returned by a Session that was closed.
var ErrClosed = errors.New("the session is closed")

// NotFoundError says that a name has no state.
type NotFoundError struct{ Name cluster.Name }

// Error names the cluster and how to see those that exist.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("there is no cluster %q; `ecluster list` shows those that exist", e.Name)
}

// Is makes errors.Is(err, ErrNotFound) true.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// NewerError says that a newer ecluster wrote the state.
type NewerError struct {
	Name    cluster.Name
	Path    string
	Version int    // of the file
	Tool    string // the program that wrote it, where the file says so
}

// Error names the versions and what to do.
func (e *NewerError) Error() string {
	by, of := "", ""
	if e.Name != "" {
		of = " of cluster " + string(e.Name)
	}
	if e.Tool != "" {
		by = " by " + e.Tool
	}
	return fmt.Sprintf("the state%s was written%s in version %d, and this ecluster reads versions up to %d: upgrade ecluster; nothing was changed (%s)",
		of, by, e.Version, Version, e.Path)
}

// Damage is what happened to a state file.
type Damage string

// The kinds of damage.
const (
	Truncated Damage = "truncated"
	Edited    Damage = "edited"    // valid JSON whose content is not what was written
	Malformed Damage = "malformed" // no ecluster wrote this
	Missing   Damage = "missing"   // only the previous version is left
)

// DamagedError says that a state file can't be trusted.
type DamagedError struct {
	Name   cluster.Name
	Path   string
	Damage Damage
	Reason string // a clause about the file: "it ends in the middle, after 12 bytes"
	// Backup is the previous state, when that one is whole; else empty.
	Backup  string
	Changed time.Time // when Backup was written
	Serial  uint64    // of Backup
}

// Error says what is wrong and how to go on.
func (e *DamagedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the state of cluster %s can't be used: %s", e.Name, e.Reason)
	if e.Damage == Edited {
		b.WriteString(" (it was edited by hand, or mixed up with another file)")
	}
	if e.Backup != "" {
		fmt.Fprintf(&b, "; the state before it (serial %d of %s) is whole: go back to it with\n  cp %s %s\nand then run `ecluster start %s`, which compares it with what really runs",
			e.Serial, e.Changed.Format(time.DateTime), e.Backup, e.Path, e.Name)
		return b.String()
	}
	fmt.Fprintf(&b, "; there is no older copy of %s: restore it from your own backup, or delete what carries the tag ecluster-name=%s in the cloud yourself and then the folder",
		e.Path, e.Name)
	return b.String()
}

// AccessError says that the files of a cluster can't be read or written as
// they must be.
type AccessError struct {
	Op   string // "read", "write", "lock"
	Path string
	Err  error
	Hint string // what to do
}

// Error names the path, the cause and what to do.
func (e *AccessError) Error() string {
	return fmt.Sprintf("%s %s: %v; %s", e.Op, e.Path, e.Err, e.Hint)
}

// Unwrap returns the cause.
func (e *AccessError) Unwrap() error { return e.Err }

// StaleError says that somebody else wrote the state since we read it.
type StaleError struct {
	Name         cluster.Name
	Ours, Theirs uint64 // serials
	OtherLineage bool   // it is the state of another cluster of that name
}

// Error says which state won.
func (e *StaleError) Error() string {
	if e.OtherLineage {
		return fmt.Sprintf("the state of cluster %s was replaced by that of another cluster of the same name; nothing was overwritten: run the command again", e.Name)
	}
	return fmt.Sprintf("the state of cluster %s changed on disk (serial %d, ours is %d); nothing was overwritten: run the command again",
		e.Name, e.Theirs, e.Ours)
}

// LockedError says that another command works on the cluster.
type LockedError struct {
	Name   cluster.Name
	Holder Holder // zero when it is not known yet
}

// Error names the holder.
func (e *LockedError) Error() string {
	if e.Holder.PID == 0 {
		return fmt.Sprintf("another ecluster is working on cluster %s: wait until it is done", e.Name)
	}
	return fmt.Sprintf("cluster %s is in use by %s: wait until it is done, or end that process", e.Name, e.Holder)
}

// LockLostError says that the lock file was deleted or replaced beneath us.
type LockLostError struct {
	Name cluster.Name
	Path string
}

// Error says what happened and what to do.
func (e *LockLostError) Error() string {
	return fmt.Sprintf("the lock of cluster %s was taken away (%s was deleted or replaced): stopped here; run the command again", e.Name, e.Path)
}

// versionError and damageError are what Decode knows without a name or a path.
type versionError struct {
	version int
	tool    string
}

func (e *versionError) Error() string {
	return fmt.Sprintf("state version %d is newer than %d", e.version, Version)
}

type damageError struct {
	damage Damage
	reason string
}

func (e *damageError) Error() string { return e.reason }

func accessError(op, path string, err error) error {
	hint := "see that the disk works and has room"
	switch {
	case errors.Is(err, os.ErrPermission):
		hint = "run ecluster as the user to whom the file belongs, or give it back with chown and chmod"
	case errors.Is(err, syscall.EROFS):
		hint = "the file system is read-only: mount it for writing, or set ECLUSTER_HOME to a folder elsewhere"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		hint = "make room on that disk and run the command again"
	}
	return &AccessError{Op: op, Path: path, Err: err, Hint: hint}
}
