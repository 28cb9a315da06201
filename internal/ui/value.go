package ui

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/goccy/go-yaml"
)

// Format is how a command shows its result: the value of --output.
type Format string

// The formats.
const (
	Text Format = "text"
	JSON Format = "json"
	YAML Format = "yaml"
	CSV  Format = "csv" // of results that are Tabular
)

// Tabular is a result that is a table for a spreadsheet or a script: a header of
// stable names, and values that are not shortened.
type Tabular interface{ Records() Table }

// errNoTable is a bug: commands whose result is no table refuse CSV.
var errNoTable = errors.New("write CSV: this result is no table; use --output json")

// ParseFormat reads the value of --output.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case Text, JSON, YAML, CSV:
		return f, nil
	}
	return "", fmt.Errorf("--output %q: the formats are text, json, yaml and csv", s)
}

// Value shows the result of a command on s.Out: v itself as JSON or YAML (by
// its json tags), its table as CSV, or what text writes. text is called for
// Text only.
func Value(s Streams, f Format, v any, text func(Page) error) error {
	switch f {
	case JSON:
		e := json.NewEncoder(s.Out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(v)
	case YAML:
		b, err := toYAML(v)
		if err != nil {
			return fmt.Errorf("write YAML: %w", err)
		}
		_, err = s.Out.Write(b)
		return err
	case CSV:
		t, ok := v.(Tabular)
		if !ok {
			return errNoTable
		}
		return writeCSV(s.Out, t.Records())
	case Text:
	}
	return text(s.NewPage())
}

// toYAML goes through JSON, so that both have the same fields.
func toYAML(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return yaml.JSONToYAML(b)
}

// writeCSV writes a table as RFC 4180 describes it, with its header if it has one.
func writeCSV(w io.Writer, t Table) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	rows := t.Rows
	if t.Header != nil {
		rows = append([][]string{t.Header}, rows...)
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = clean(c)
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Raw writes a text for another program as it is, on s.Out.
func Raw(s Streams, text []byte) error {
	_, err := s.Out.Write(text)
	return err
}

// Page is where text for people goes.
type Page struct {
	io.Writer
	theme theme
	width int // 0: no limit
	tty   bool
}

// NewPage returns the page on s.Out.
func (s Streams) NewPage() Page {
	return Page{Writer: s.Out, theme: s.outTheme(), width: s.pageWidth(), tty: s.OutTTY}
}

// NewErrPage returns the page on s.Err, for what is said about the work.
func (s Streams) NewErrPage() Page {
	p := Page{Writer: s.Err, theme: s.errTheme()}
	if s.ErrTTY {
		p.width = s.width()
	}
	return p
}

// askPage is the page on s.Ask, a terminal.
func (s Streams) askPage() Page {
	return Page{Writer: s.Ask, theme: s.errTheme(), width: s.width()}
}

// Linef writes one line.
func (p Page) Linef(format string, args ...any) error {
	_, err := fmt.Fprintf(p, format+"\n", args...)
	return err
}

// Prosef writes text of one or more lines, which are broken at words on a
// terminal. One that is indented further than its paragraph is a command to be
// copied, and stays whole.
func (p Page) Prosef(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if p.width == 0 {
		return p.Linef("%s", text)
	}
	var lines []string
	for i, line := range strings.Split(text, "\n") {
		if i > 0 && strings.HasPrefix(line, "  ") {
			lines = append(lines, line)
		} else {
			lines = append(lines, wrap(line, p.width)...)
		}
	}
	return p.Linef("%s", strings.Join(lines, "\n"))
}

// pageWidth is the width of Out where it is a terminal. What goes into a file
// or a pipe is never cut.
func (s Streams) pageWidth() int {
	if !s.OutTTY {
		return 0
	}
	return s.width()
}

// Title writes a heading between two rules, above text that is not ours.
func (p Page) Title(text string) error {
	rule := strings.Repeat("-", 15)
	return p.Linef("%s\n%s\n%s", p.theme.faint(rule), p.theme.bold(clean(text)), p.theme.faint(rule))
}
