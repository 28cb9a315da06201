package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// maxLine is the most of one line of foreign output that is shown; the rest
// is in the log.
const maxLine = 500

// sanitize is clean for text of any length: it cuts.
func sanitize(s string) string {
	return ansi.Truncate(clean(s[:min(len(s), 16*maxLine)]), maxLine, " [...]")
}

// clean makes foreign text (the output of a step, a cloud's message, a name
// from a spec) safe for a terminal: one line, no escape sequences, no control
// characters, nothing that turns the direction of writing, tabs as spaces. Of
// a line that a progress bar drew over, the last version remains.
func clean(s string) string {
	s = strings.TrimRight(s, "\r\n")
	if i := strings.LastIndexByte(s, '\r'); i >= 0 {
		s = s[i+1:]
	}
	s = ansi.Strip(strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return r
		case r == '\n':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	return expandTabs(s)
}

// expandTabs puts each tab stop at a multiple of four columns, so that a
// caret below a line can be placed by counting columns.
func expandTabs(s string) string {
	if !strings.ContainsRune(s, '\t') {
		return s
	}
	var b strings.Builder
	for i, part := range strings.Split(s, "\t") {
		if i > 0 {
			b.WriteString(strings.Repeat(" ", 4-ansi.StringWidth(b.String())%4))
		}
		b.WriteString(part)
	}
	return b.String()
}

// fit cuts a line to a width, and says so with an ellipsis.
func (t theme) fit(s string, width int) string { return ansi.Truncate(s, width, t.ellipsis()) }

// pad fills a text with spaces up to a width.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-ansi.StringWidth(s)))
}

// padLeft is pad for numbers and times.
func padLeft(s string, width int) string {
	return strings.Repeat(" ", max(0, width-ansi.StringWidth(s))) + s
}

// wrap breaks text at spaces into lines of at most width columns. The lines
// keep the indentation of the first. A longer word stands whole on a line of
// its own: paths and commands are there to be copied.
func wrap(s string, width int) []string {
	return wrapHanging(s, width, len(s)-len(strings.TrimLeft(s, " ")))
}

// wrapHanging is wrap whose further lines are indented by hang columns.
func wrapHanging(s string, width, hang int) []string {
	body := strings.TrimLeft(s, " ")
	indent := s[:len(s)-len(body)]
	var lines []string
	line := indent
	for word := range strings.SplitSeq(body, " ") {
		switch {
		case line == indent:
			line += word
		case ansi.StringWidth(line)+1+ansi.StringWidth(word) <= width:
			line += " " + word
		default:
			indent = strings.Repeat(" ", hang)
			lines, line = append(lines, strings.TrimRight(line, " ")), indent+word
		}
	}
	return append(lines, line)
}

// count writes "1 node" and "2 nodes".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// short writes a duration as people say it: "0.4s", "12s", "1m02s", "3h04m".
func short(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// whole is short without fractions, for times that tick.
func whole(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%ds", max(0, int(d.Seconds())))
	}
	return short(d)
}
