package ui

import (
	"errors"
	"strings"
	"testing"
	"time"
)

type things []string

func (t things) Records() Table {
	var out Table
	out.Header = []string{"name", "note"}
	for _, n := range t {
		out.Add(n, "a \"b\",\nc\x1b[2J")
	}
	return out
}

func (t things) page(p Page) error { return p.Table(t.Records()) }

func watchAt(f Format) WatchOptions {
	now := time.Date(2026, 11, 23, 2, 30, 0, 0, time.UTC)
	return WatchOptions{Format: f, Title: "status lab", Interval: 2 * time.Second, Now: func() time.Time {
		now = now.Add(2 * time.Second)
		return now
	}}
}

// On a terminal a page stands where the last one stood, whatever its length,
// and nothing else is touched.
func TestWatchTerminal(t *testing.T) {
	term := newTerminal(40, 8)
	s, _, _ := buffers()
	s.Out, s.OutTTY = term, true
	s.Width, s.Height = func() int { return term.width }, func() int { return term.height }
	_, _ = term.Write([]byte("$ ecluster status lab --watch\r\n"))
	w := NewWatch(s, watchAt(Text))
	for _, v := range []things{{"one"}, {"one", "two", "three", "four", "five", "six", "seven"}, {"one"}} {
		if err := w.Show(v, v.page); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Waiting(12 * time.Second); err != nil {
		t.Fatal(err)
	}
	if term.err != nil {
		t.Fatal(term.err)
	}
	for mode, on := range term.modes {
		if on != (mode == "?25") {
			t.Errorf("mode %s is %v afterwards", mode, on)
		}
	}
	golden(t, "watch.txt", term.String())
}

// What did not change is never blank, not even within a frame.
func TestWatchDoesNotFlicker(t *testing.T) {
	s, out, _ := buffers()
	s.OutTTY = true
	w := NewWatch(s, watchAt(Text))
	v := things{"one", "two"}
	if err := errors.Join(w.Show(v, v.page), w.Show(v, v.page)); err != nil {
		t.Fatal(err)
	}
	last := out.String()[strings.LastIndex(out.String(), frameBegin):]
	if at := strings.Index(last, "\x1b[J"); at < strings.Index(last, "two") {
		t.Errorf("the page is erased before it is drawn: %q", last)
	}
}

// Elsewhere pages follow each other, each in the manner of its format.
func TestWatchLog(t *testing.T) {
	var all strings.Builder
	for _, f := range []Format{Text, JSON, YAML, CSV} {
		s, out, _ := buffers()
		w := NewWatch(s, watchAt(f))
		for _, v := range []things{{"one"}, {"one", "two"}} {
			if err := errors.Join(w.Show(v, v.page), w.Waiting(time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		all.WriteString("== " + string(f) + "\n" + strings.ReplaceAll(out.String(), "\r\n", "<CR>\n"))
	}
	golden(t, "watch-log.txt", all.String())
	s, _, _ := buffers()
	if err := NewWatch(s, watchAt(CSV)).Show(1, nil); err == nil {
		t.Error("a number was shown as CSV")
	}
}

// A narrow terminal shows fewer columns, in the order in which they can be missed.
func TestNarrowTable(t *testing.T) {
	table := nodesTable()
	table.Optional = []string{"CPUS", "no such column", "ADDRESS"}
	table.Rows = append(table.Rows, []string{"short"})
	for width, want := range map[int]string{
		0: "NAME STATE CPUS ADDRESS", 80: "NAME STATE CPUS ADDRESS", 40: "NAME STATE CPUS ADDRESS",
		37: "NAME STATE ADDRESS", 25: "NAME STATE", 20: "NAME STATE",
	} {
		s, out, _ := buffers()
		s.OutTTY, s.Width = width > 0, func() int { return width }
		if err := s.NewPage().Table(table); err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(out.String(), "\n")
		if got := strings.Join(strings.Fields(head), " "); got != want {
			t.Errorf("at %d columns: %q, want %q", width, got, want)
		}
	}
}

func TestColumns(t *testing.T) {
	for value, want := range map[string]int{"": 80, "40": 40, "200": 80, "0": 80, "wide": 80, "-3": 80} {
		if got := wanted(func(string) string { return value }, func() int { return 80 }); got != want {
			t.Errorf("COLUMNS=%q: %d, want %d", value, got, want)
		}
	}
}
