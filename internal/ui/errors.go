package ui

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxErrors is how many of the errors that were joined are shown.
const maxErrors = 10

// hinter is an error that knows what the user can do next.
type hinter interface{ Hint() string }

// Error shows an error on s.Err, as the last thing of a command: what
// happened, then what to do next where an error in its chain has a method
// Hint() string. Joined errors become a list. As JSON it is one line on s.Out
// of type "error" with the fields "error" and "hint".
func Error(s Streams, f Format, err error) error {
	var hint string
	if h := hinter(nil); errors.As(err, &h) {
		hint = h.Hint()
	}
	if f == JSON || f == YAML {
		return errorLine(s, err, hint)
	}
	t := s.errTheme()
	width := defaultWidth
	if s.ErrTTY {
		width = s.width()
	}
	var b strings.Builder
	causes := joinedErrors(err)
	if len(causes) == 1 {
		paragraph(&b, t.bad("Error:")+" ", 7, causes[0].Error(), width)
	} else {
		fmt.Fprintf(&b, "%s %d things went wrong:\n", t.bad("Error:"), len(causes))
		for _, e := range causes[:min(len(causes), maxErrors)] {
			paragraph(&b, "  - ", 4, e.Error(), width)
		}
		if n := len(causes) - maxErrors; n > 0 {
			fmt.Fprintf(&b, "  ... and %d more\n", n)
		}
	}
	if hint != "" {
		b.WriteString("\n")
		paragraph(&b, "", 0, hint, width)
	}
	_, werr := io.WriteString(s.Err, b.String())
	return werr
}

// joinedErrors takes apart what errors.Join put together, at any depth above
// the first error with words of its own.
func joinedErrors(err error) []error {
	many, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var own []string
	var all []error
	for _, e := range many.Unwrap() {
		own = append(own, e.Error())
		all = append(all, joinedErrors(e)...)
	}
	if strings.Join(own, "\n") != err.Error() {
		return []error{err}
	}
	return all
}

// paragraph writes text after a lead, its further lines indented. Lines that
// the text has are kept, and one that is indented is a command to be copied:
// it stays whole.
func paragraph(b *strings.Builder, lead string, indent int, text string, width int) {
	for para := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		lines := []string{clean(para)}
		if !strings.HasPrefix(para, "  ") {
			lines = wrap(lines[0], width-indent)
		}
		for _, l := range lines {
			b.WriteString(strings.TrimRight(lead+l, " ") + "\n")
			lead = strings.Repeat(" ", indent)
		}
	}
}

func errorLine(s Streams, err error, hint string) error {
	return json.NewEncoder(s.Out).Encode(struct {
		Type  string `json:"type"`
		Error string `json:"error"`
		Hint  string `json:"hint,omitempty"`
	}{"error", err.Error(), hint})
}
