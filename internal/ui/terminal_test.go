package ui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// terminal is as much of a terminal as the live view uses: text with wrapping
// and scrolling, carriage return, line feed, cursor up, erase below and to the right, private
// modes. Anything else is an error, so that a new sequence gets its test.
type terminal struct {
	width, height int
	lines         []string // scroll-back and screen
	top           int      // first line of the screen
	row, col      int      // row counts from the first line of all
	modes         map[string]bool
	err           error
}

func newTerminal(width, height int) *terminal {
	return &terminal{width: width, height: height, lines: []string{""}, modes: map[string]bool{}}
}

// Write plays bytes.
func (t *terminal) Write(b []byte) (int, error) {
	s := string(b)
	for s != "" {
		switch {
		case strings.HasPrefix(s, "\x1b["):
			end := strings.IndexFunc(s[2:], func(r rune) bool { return r >= '@' && r <= '~' })
			if end < 0 {
				t.err = fmt.Errorf("cut sequence %q", s)
				return len(b), nil
			}
			t.control(s[2:2+end], s[2+end])
			s = s[3+end:]
		case s[0] == '\r':
			t.col, s = 0, s[1:]
		case s[0] == '\n':
			t.feed()
			s = s[1:]
		default:
			r := []rune(s)[0]
			t.put(string(r))
			s = s[len(string(r)):]
		}
	}
	return len(b), nil
}

func (t *terminal) control(params string, final byte) {
	switch {
	case final == 'A':
		n, _ := strconv.Atoi(params)
		t.row = max(t.top, t.row-max(n, 1))
	case final == 'J' && (params == "" || params == "0"):
		t.lines = t.lines[:t.row+1]
		t.lines[t.row] = ansi.Cut(t.lines[t.row], 0, t.col)
	case final == 'K' && (params == "" || params == "0"):
		t.lines[t.row] = ansi.Cut(t.lines[t.row], 0, t.col)
	case final == 'm':
	case strings.HasPrefix(params, "?") && (final == 'h' || final == 'l'):
		t.modes[params] = final == 'h'
	default:
		t.err = fmt.Errorf("unknown sequence CSI %s %c", params, final)
	}
}

func (t *terminal) put(s string) {
	w := ansi.StringWidth(s)
	if t.col+w > t.width {
		t.col = 0
		t.feed()
	}
	l := pad(t.lines[t.row], t.col)
	t.lines[t.row] = ansi.Cut(l, 0, t.col) + s + ansi.Cut(l, t.col+w, t.width)
	t.col += w
}

func (t *terminal) feed() {
	t.row++
	if t.row == len(t.lines) {
		t.lines = append(t.lines, "")
	}
	t.top = max(t.top, t.row-t.height+1)
}

// String is the whole scroll-back, with a rule above the screen's first line.
func (t *terminal) String() string {
	return strings.TrimRight(strings.Join(t.lines, "\n"), "\n") + "\n"
}
