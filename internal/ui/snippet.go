package ui

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/hashicorp/hcl/v2"
)

// maxSnippet is the number of source lines that are shown around a mistake.
const maxSnippet = 5

// sourceLine is one line of a source and the part of it that is marked, in
// bytes of text; from == to where nothing is.
type sourceLine struct {
	number   int
	text     string
	from, to int
}

// renderSnippet shows the source of a diagnostic with a mark below the
// subject:
//
//	   |
//	12 |   cuont = 3
//	   |   ^^^^^
func renderSnippet(d *hcl.Diagnostic, file *hcl.File, t theme, mark func(string) string, width int) []string {
	if file == nil {
		return nil
	}
	source := sourceLines(d, file.Bytes)
	if len(source) == 0 {
		return nil
	}
	digits := len(strconv.Itoa(source[len(source)-1].number))
	margin := func(s string) string { return "  " + t.faint(padLeft(s, digits)) + " " + t.bar() + " " }
	room := max(width-digits-6, 20)

	lines := []string{margin("")}
	for i, l := range source {
		if i > 0 && l.number != source[i-1].number+1 {
			lines = append(lines, margin(t.pick("⋮", ":")))
		}
		text, from, to := columns(l, room, t)
		lines = append(lines, margin(strconv.Itoa(l.number))+text)
		if to > from {
			lines = append(lines, margin("")+strings.Repeat(" ", from)+mark(strings.Repeat("^", to-from)))
		}
	}
	return lines
}

// sourceLines cuts the lines of a diagnostic out of a source: those of the
// subject, and of the context where that is short. Of a long subject only the
// first and the last line remain.
func sourceLines(d *hcl.Diagnostic, src []byte) []sourceLine {
	subject := *d.Subject
	shown := subject
	if d.Context != nil && d.Context.End.Line-d.Context.Start.Line < maxSnippet {
		shown = hcl.RangeOver(*d.Context, subject)
	}
	start := min(max(shown.Start.Byte, 0), len(src))
	start = bytes.LastIndexByte(src[:start], '\n') + 1
	subjectEnd := min(max(subject.End.Byte, subject.Start.Byte+1), len(src))

	var lines []sourceLine
	for number := shown.Start.Line; number <= max(shown.End.Line, shown.Start.Line) && start <= len(src); number++ {
		end := len(src)
		if i := bytes.IndexByte(src[start:], '\n'); i >= 0 {
			end = start + i
		}
		text := bytes.TrimSuffix(src[start:end], []byte("\r"))
		from := max(subject.Start.Byte, start) - start
		to := min(subjectEnd, start+len(text)) - start
		if indent := len(text) - len(bytes.TrimLeft(text, " \t")); subject.Start.Byte < start {
			from = indent
		}
		line := sourceLine{number: number, text: string(text)}
		switch {
		case from < to:
			line.from, line.to = from, to
		case subject.Start.Byte >= start && subject.Start.Byte <= end && subjectEnd >= start:
			// The place is the end of a line, or an empty one: where something is missing.
			line.from, line.to = len(text), len(text)+1
		}
		lines = append(lines, line)
		start = end + 1
		if end == len(src) {
			break
		}
	}
	if len(lines) > maxSnippet {
		return []sourceLine{lines[0], lines[len(lines)-1]}
	}
	return lines
}

// columns turns a source line into what a terminal shows in at most room
// columns, and the marked bytes into columns of it. A longer line is shown
// around its mark.
func columns(l sourceLine, room int, t theme) (text string, from, to int) {
	const before = 4 * maxLine // no more than this of a huge line is looked at
	cut := max(0, l.from-before)
	upTo := func(i int) string { return visible(l.text[cut:min(max(i, cut), len(l.text))]) }

	text = visible(l.text[cut:min(len(l.text), l.from+2*before)])
	from = ansi.StringWidth(upTo(l.from))
	if l.to > l.from {
		to = max(from+1, ansi.StringWidth(upTo(min(l.to, l.from+before))))
	} else {
		to = from
	}
	if ansi.StringWidth(text) <= room && cut == 0 {
		return text, from, to
	}
	if to <= room-4 && cut == 0 {
		return t.fit(text, room), from, to
	}
	// Move the window so that the mark begins at a third of it.
	shift := max(0, from-room/3)
	gap := ansi.StringWidth(t.ellipsis())
	text = t.ellipsis() + t.fit(ansi.Cut(text, shift, ansi.StringWidth(text)), room-gap)
	from, to = from-shift+gap, min(to-shift+gap, room)
	return text, from, max(to, from+1)
}

// visible is sanitize for source text: control characters are shown as a
// replacement character, because they may be the mistake.
func visible(s string) string {
	s = strings.Map(func(r rune) rune {
		if r != '\t' && (r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0) {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return expandTabs(s)
}
