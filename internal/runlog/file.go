package runlog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// maxLine is the most that is handed out as one line; a longer one comes in
// pieces.
const maxLine = 64 << 10

// file is the log of one node in one run, as far as it has been read.
type file struct {
	path   string
	o      Options
	offset int64
	at     Line // where in the run the reader is: role, step, time
	begun  bool
}

// read hands out the complete lines from where it stands to the end.
func (f *file) read(end bool, yield func(Line) error) error {
	in, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the cluster is being taken away
	}
	if err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	defer in.Close()
	if _, err := in.Seek(f.offset, io.SeekStart); err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	var kept lastLines
	take := yield
	if f.o.Last > 0 && !f.begun {
		take = func(l Line) error { kept = kept.add(l, f.o.Last); return nil }
	}
	f.begun = true
	buf := bufio.NewReaderSize(in, maxLine)
	for {
		chunk, err := buf.ReadSlice('\n')
		if errors.Is(err, io.EOF) && (!end || len(chunk) == 0) {
			break
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read log %s: %w", f.path, err)
		}
		f.offset += int64(len(chunk))
		if err := f.line(string(bytes.TrimRight(chunk, "\r\n")), take); err != nil {
			return err
		}
	}
	for _, l := range kept.last(f.o.Last) {
		if err := yield(l); err != nil {
			return err
		}
	}
	return nil
}

// line handles one line: the head of a step, or what it printed.
func (f *file) line(text string, yield func(Line) error) error {
	if began, role, step, ok := parseHead(text); ok {
		f.at.Began, f.at.Role, f.at.Step = began, role, step
		return nil
	}
	if !f.o.wants(f.at) {
		return nil
	}
	l := f.at
	l.Text = text
	return yield(l)
}

// parseHead reads "--- 2026-11-23T01:36:02Z share-volume.home.check": the time
// at which a step began, its role with a label if it has one, and its name.
func parseHead(text string) (began time.Time, role, step string, ok bool) {
	rest, found := strings.CutPrefix(text, "--- ")
	when, key, two := strings.Cut(rest, " ")
	if !found || !two || strings.Contains(key, " ") {
		return began, "", "", false
	}
	began, err := time.Parse(time.RFC3339, when)
	if err != nil {
		return began, "", "", false
	}
	head, unit, reload := strings.Cut(key, ":") // "base.reload:ssh.service"
	at := strings.LastIndexByte(head, '.')
	if at <= 0 {
		return began, "", "", false
	}
	role, step = head[:at], head[at+1:]
	if reload {
		step += ":" + unit
	}
	return began, role, step, true
}

// lastLines keeps the last lines that were added, and now and then some more.
type lastLines []Line

func (l lastLines) add(line Line, most int) lastLines {
	if len(l) >= 2*most {
		l = append(l[:0], l[len(l)-most:]...)
	}
	return append(l, line)
}

// last returns the most last ones.
func (l lastLines) last(most int) []Line { return l[max(0, len(l)-most):] }
