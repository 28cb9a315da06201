package ui

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// WatchOptions describe a Watch.
type WatchOptions struct {
	Format   Format
	Title    string // "status local"
	Interval time.Duration
	Now      func() time.Time // nil means time.Now
}

// Watch shows a value again and again on s.Out. On a terminal it draws the page
// anew where it stands, and leaves the last one when the program ends; elsewhere
// it writes one page after the other: a time and text, one line of JSON, a YAML
// document, or rows of CSV that begin with the time.
type Watch struct {
	streams Streams
	o       WatchOptions
	screen  screen
	body    []string // of the last page, on a terminal
	shown   int
}

// NewWatch returns a view that shows nothing yet. It is for one goroutine.
func NewWatch(s Streams, o WatchOptions) *Watch {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Watch{streams: s, o: o}
}

// Show shows the value as it is now.
func (w *Watch) Show(v any, text func(Page) error) error {
	defer func() { w.shown++ }()
	switch w.o.Format {
	case JSON:
		e := json.NewEncoder(w.streams.Out)
		e.SetEscapeHTML(false)
		return e.Encode(v)
	case YAML:
		if _, err := fmt.Fprintln(w.streams.Out, "---"); err != nil {
			return err
		}
		return Value(w.streams, YAML, v, text)
	case CSV:
		return w.rows(v)
	case Text:
	}
	var b strings.Builder
	page := w.streams.NewPage()
	page.Writer = &b
	if w.streams.OutTTY {
		page.width--
	}
	if err := text(page); err != nil {
		return err
	}
	if !w.streams.OutTTY {
		_, err := fmt.Fprintf(w.streams.Out, "%s%s\n%s", strings.Repeat("\n", min(w.shown, 1)), w.o.Now().Format(time.RFC3339), &b)
		return err
	}
	w.body = strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	return w.draw("")
}

// Waiting says on a terminal that there has been nothing new for a while.
func (w *Watch) Waiting(since time.Duration) error {
	if w.o.Format != Text || !w.streams.OutTTY {
		return nil
	}
	return w.draw(w.streams.outTheme().warn("no answer for " + whole(since)))
}

// draw shows the last page below a line with the time.
func (w *Watch) draw(note string) error {
	t, width, height := w.streams.outTheme(), w.streams.width(), w.streams.height()
	head := t.bold(w.o.Title)
	if note != "" {
		head += t.dot() + note
	}
	head += t.dot() + t.faint(fmt.Sprintf("every %s, Ctrl-C ends", w.o.Interval))
	lines := []string{timed(t, head, w.o.Now().Format("15:04:05"), width)}
	body := w.body
	if room := height - 2; len(body) > room { // the headline, and the row on which the cursor rests
		body = append(body[:room-1:room-1], t.faint(fmt.Sprintf("%s%d more lines", t.ellipsis()+" ", len(w.body)-room+1)))
	}
	for _, l := range body {
		lines = append(lines, t.fit(l, width-1))
	}
	_, err := w.streams.Out.Write(w.screen.draw(nil, lines, width))
	return err
}

// rows writes CSV whose header comes once.
func (w *Watch) rows(v any) error {
	tab, ok := v.(Tabular)
	if !ok {
		return errNoTable
	}
	t := tab.Records()
	now := w.o.Now().UTC().Format(time.RFC3339)
	for i, row := range t.Rows {
		t.Rows[i] = append([]string{now}, row...)
	}
	t.Header = append([]string{"time"}, t.Header...)
	if w.shown > 0 {
		t.Header = nil
	}
	return writeCSV(w.streams.Out, t)
}
