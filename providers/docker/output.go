package docker

import (
	"bytes"
	"strings"
)

// buildTailLines is how much of a failed build's output its error shows.
const buildTailLines = 15

// tail keeps the last lines of an output.
type tail struct {
	lines []string
	limit int
}

func newTail(limit int) *tail { return &tail{limit: limit} }

func (t *tail) add(line string) {
	if line == "" {
		return
	}
	if len(t.lines) == t.limit {
		t.lines = t.lines[1:]
	}
	t.lines = append(t.lines, line)
}

// String joins the lines, indented.
func (t *tail) String() string { return "  " + strings.Join(t.lines, "\n  ") }

// lineWriter hands each whole line that is written to a function.
type lineWriter struct {
	handle func(line string)
	rest   []byte
}

// Write implements io.Writer; it never fails.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		line, rest, found := bytes.Cut(w.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		w.handle(strings.TrimSpace(string(line)))
		w.rest = rest
	}
}
