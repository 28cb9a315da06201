package engine

import (
	"bufio"
	"os"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/event"
)

// journal keeps the events of a cluster in its folder, for those who ask later
// what happened. It is a convenience: what can't be written is not written,
// and fails no command.
type journal struct {
	mu   sync.Mutex
	file *os.File
	w    *bufio.Writer
}

// open begins to append to a file, unless one is open. It is called once the
// cluster is recorded: one that never came to be leaves no file.
func (j *journal) open(path string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.w != nil {
		return
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return
	}
	j.file, j.w = f, bufio.NewWriter(f)
}

func (j *journal) write(e event.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.w == nil {
		return
	}
	_, _ = j.w.Write(event.Line(time.Now(), e))
	if _, last := e.(event.RunFinished); last {
		_ = j.w.Flush()
	}
}

// close writes what is left. It may be called more than once.
func (j *journal) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.w == nil {
		return
	}
	_ = j.w.Flush()
	_ = j.file.Close()
	j.file, j.w = nil, nil
}
