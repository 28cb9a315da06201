package ui

import (
	"encoding/json"
	"fmt"
	"io"
)

// LogLine is one line of a log that somebody reads later.
type LogLine struct {
	Source  string // who said it; shown where several did
	Heading string // what it belongs to; shown when it changes
	Text    string
	Value   any // the whole line, for programs
}

// Log shows lines of one or more sources on s.Out: as text, as JSON with one
// object a line, or as YAML documents. It is for one goroutine.
type Log struct {
	out      io.Writer
	theme    theme
	format   Format
	width    int // of the column of sources; 0 where there is none
	headings map[string]string
}

// NewLog returns a log of these sources.
func NewLog(s Streams, f Format, sources []string) *Log {
	l := &Log{out: s.Out, theme: s.outTheme(), format: f, headings: map[string]string{}}
	if len(sources) > 1 {
		for _, s := range sources {
			l.width = max(l.width, len(s))
		}
	}
	return l
}

// Show writes one line.
func (l *Log) Show(line LogLine) error {
	switch l.format {
	case JSON:
		e := json.NewEncoder(l.out)
		e.SetEscapeHTML(false)
		return e.Encode(line.Value)
	case YAML:
		if _, err := io.WriteString(l.out, "---\n"); err != nil {
			return err
		}
		return Value(Streams{Out: l.out}, YAML, line.Value, nil)
	case Text, CSV:
	}
	lead := ""
	if l.width > 0 {
		lead = l.theme.faint(pad(line.Source, l.width)) + "  "
	}
	if l.headings[line.Source] != line.Heading {
		l.headings[line.Source] = line.Heading
		if _, err := fmt.Fprintf(l.out, "%s%s\n", lead, l.theme.bold(line.Heading)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(l.out, "%s%s\n", lead, clean(line.Text))
	return err
}
