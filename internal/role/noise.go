package role

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// stepLogLimit is how much of one step's output the local log keeps, in bytes.
const stepLogLimit = 16 << 20

// noise takes the runner's standard error apart: what each step wrote goes to
// the log and its last lines are kept. It reads whatever comes, for ever, in
// bounded memory: a step is never held up by us.
type noise struct {
	log    io.Writer // nil: not kept
	marker []byte
	now    func() time.Time

	mu    sync.Mutex
	tails map[int]*tail
	ended map[int]chan struct{} // closed when a step's output is complete
	over  bool

	current *tail
	written int
	blank   bool // an empty line is held back: it may belong to a marker
}

// tail is the last lines of one step.
type tail struct{ lines []string }

func newNoise(log io.Writer, nonce string, now func() time.Time) *noise {
	outside := &tail{}
	return &noise{
		log: log, marker: []byte("\x1e" + nonce + " "), now: now, current: outside,
		tails: map[int]*tail{0: outside}, ended: map[int]chan struct{}{},
	}
}

// read runs until the stream ends.
func (n *noise) read(r io.Reader) {
	in := bufio.NewReaderSize(r, 8<<10)
	fresh := true // the next bytes begin a line
	for {
		chunk, err := in.ReadSlice('\n')
		if fresh && bytes.HasPrefix(chunk, n.marker) {
			n.mark(strings.Fields(string(chunk[len(n.marker):])))
		} else if len(chunk) > 0 {
			n.take(chunk, fresh)
		}
		fresh = !errors.Is(err, bufio.ErrBufferFull)
		if err != nil && fresh {
			break
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.over = true
	for _, c := range n.ended {
		close(c)
	}
	clear(n.ended)
}

// mark handles the words of a marker line: start ID NAME, or end ID.
func (n *noise) mark(words []string) {
	n.blank = false // it was the marker's own
	if len(words) < 2 {
		return
	}
	id, err := strconv.Atoi(words[1])
	if err != nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if words[0] == "start" && len(words) > 2 {
		n.current = &tail{}
		n.tails[id] = n.current
		n.written = 0
		if id > 2 {
			delete(n.tails, id-2) // nobody asks for it any more
		}
		n.write(fmt.Appendf(nil, "--- %s %s\n", n.now().UTC().Format(time.RFC3339), words[2]))
		return
	}
	if c, ok := n.ended[id]; ok {
		close(c)
		delete(n.ended, id)
	}
	n.current = n.tails[0]
}

// take handles a piece of output: a line, or a part of one that is too long.
func (n *noise) take(chunk []byte, fresh bool) {
	if n.blank {
		n.blank = false
		n.keep([]byte("\n"), true)
	}
	if fresh && len(chunk) == 1 && chunk[0] == '\n' {
		n.blank = true
		return
	}
	n.keep(chunk, fresh)
}

func (n *noise) keep(chunk []byte, fresh bool) {
	switch room := stepLogLimit - n.written; {
	case room >= len(chunk):
		n.write(chunk)
		n.written += len(chunk)
	case room >= 0:
		n.write(fmt.Appendf(chunk[:room:room], "\n--- more than %d MiB: the rest is left out ---\n", stepLogLimit>>20))
		n.written = stepLogLimit + 1
	}
	if !fresh {
		return // the tail has the beginning of the line
	}
	line := cleanLine(lastReturn(string(chunk)))
	if line == "" {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	t := n.current
	if len(t.lines) == tailLines {
		copy(t.lines, t.lines[1:])
		t.lines = t.lines[:tailLines-1]
	}
	t.lines = append(t.lines, line)
}

// write appends to the log. A log that can't be written costs no step its life.
func (n *noise) write(data []byte) {
	if n.log != nil {
		_, _ = n.log.Write(data)
	}
}

// tail returns the last lines of a step once all its output has been read, or
// after the patience given: the marker may be lost with the connection.
// Step 0 is what was said outside of steps.
func (n *noise) tail(id int, patience <-chan time.Time) []string {
	n.mu.Lock()
	t, known := n.tails[id]
	wait := n.ended[id]
	if wait == nil && !n.over && id != 0 && (!known || n.current == t) {
		wait = make(chan struct{})
		n.ended[id] = wait
	}
	n.mu.Unlock()
	if wait != nil {
		select {
		case <-wait:
		case <-patience:
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if t = n.tails[id]; t == nil {
		return nil
	}
	return append([]string(nil), t.lines...)
}

// openLog opens a node's log for appending.
func openLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return f, nil
}
