package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"syscall"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Holder says who works on a cluster.
type Holder struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	User    string    `json:"user"`
	Command string    `json:"command"` // "start local"
	Since   time.Time `json:"since"`
}

// NewHolder describes this process.
func NewHolder(command string, now time.Time) Holder {
	h := Holder{PID: os.Getpid(), Command: command, Since: now}
	if host, err := os.Hostname(); err == nil {
		h.Host = host
	}
	if u, err := user.Current(); err == nil {
		h.User = u.Username
	}
	return h
}

// String reads "`ecluster start local` (process 12 of alice on laptop, since 12:03:04)".
func (h Holder) String() string {
	return fmt.Sprintf("`ecluster %s` (process %d of %s on %s, since %s)",
		h.Command, h.PID, h.User, h.Host, h.Since.Local().Format(time.TimeOnly))
}

// holder returns who works on a cluster, or nil when nobody seems to. It does
// not try the lock: that could make another process fail to get it.
func (s *Store) holder(name cluster.Name) *Holder {
	h := readHolder(s.Dir(name))
	if h.PID == 0 {
		return nil
	}
	return &h
}

// readHolder returns what the holder wrote of itself: zero when it has not
// yet, or when the words are those of a process that died with the lock.
func readHolder(dir string) Holder {
	data, err := os.ReadFile(filepath.Join(dir, holderFile))
	if err != nil {
		return Holder{}
	}
	var h Holder
	if json.Unmarshal(data, &h) != nil || !alive(h) {
		return Holder{}
	}
	return h
}

// alive is false only for a process of this machine that certainly is gone.
func alive(h Holder) bool {
	host, err := os.Hostname()
	if err != nil || host != h.Host || h.PID <= 0 {
		return true
	}
	return !errors.Is(syscall.Kill(h.PID, 0), syscall.ESRCH)
}
