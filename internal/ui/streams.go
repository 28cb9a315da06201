package ui

import (
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"
)

// Sizes that are assumed where nobody can be asked.
const (
	defaultWidth  = 80
	defaultHeight = 24
)

// Streams is where a command reads and writes, and what those places can do.
// The functions may be nil: then a terminal of 80 by 24 is assumed.
type Streams struct {
	Out io.Writer // results: tables, values, JSON
	Err io.Writer // everything about the work: progress, errors
	In  io.Reader
	Ask io.Writer // questions that a person sees and answers on In; nil where nobody does

	InTTY, OutTTY, ErrTTY bool // a person is at the other end
	OutColor, ErrColor    bool // escape sequences for colour are welcome
	Unicode               bool // marks outside ASCII are welcome

	Width  func() int // columns of the terminal, asked anew for each frame
	Height func() int // rows
}

// Detect looks at the three files and at the environment. It honours
// NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM=dumb; under CI a terminal is
// not taken for a person, because what it shows ends in a log. COLUMNS says how
// wide a terminal is for whoever wants less than it has.
func Detect(getenv func(string) string, in, out, errw *os.File) Streams {
	person := getenv("TERM") != "dumb" && !isSet(getenv("CI"))
	s := Streams{
		Out: out, Err: errw, In: in,
		InTTY:   isTerminal(in) && !isSet(getenv("CI")),
		OutTTY:  isTerminal(out) && person,
		ErrTTY:  isTerminal(errw) && person,
		Unicode: speaksUnicode(getenv),
		Width:   func() int { return wanted(getenv, func() int { w, _ := size(errw, out, in); return w }) },
		Height:  func() int { _, h := size(errw, out); return h },
	}
	if s.InTTY {
		s.Ask = questions(errw)
	}
	s.OutColor = colorAllowed(getenv, s.OutTTY)
	s.ErrColor = colorAllowed(getenv, s.ErrTTY)
	return s
}

// questions is where a person sees a question: errw, or, where that goes into a
// file or a pipe, the terminal itself. Without either it is nil.
func questions(errw *os.File) io.Writer {
	if isTerminal(errw) {
		return errw
	}
	terminal, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0)
	if err != nil {
		return nil
	}
	return terminal // open until the program ends
}

// colorAllowed follows https://no-color.org and https://bixense.com/clicolors:
// NO_COLOR wins over everything, CLICOLOR_FORCE over the terminal.
func colorAllowed(getenv func(string) string, tty bool) bool {
	if getenv("NO_COLOR") != "" {
		return false
	}
	return isSet(getenv("CLICOLOR_FORCE")) || tty && getenv("CLICOLOR") != "0"
}

// isSet says whether a variable that is a switch is on.
func isSet(v string) bool { return v != "" && v != "0" && v != "false" }

// speaksUnicode reads the locale in the order that POSIX gives. Without any
// locale the answer is yes: that is a bare container seen through a modern
// terminal far more often than a terminal that can't show a check mark.
func speaksUnicode(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true
}

func isTerminal(f *os.File) bool { return f != nil && term.IsTerminal(int(f.Fd())) }

// wanted is the actual width, or the smaller one that the user asks for.
func wanted(getenv func(string) string, actual func() int) int {
	if n, err := strconv.Atoi(getenv("COLUMNS")); err == nil && n > 0 {
		return min(n, actual())
	}
	return actual()
}

// size returns columns and rows of the first of the files that is a terminal.
func size(files ...*os.File) (width, height int) {
	for _, f := range files {
		if f == nil {
			continue
		}
		if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
			return w, h
		}
	}
	return defaultWidth, defaultHeight
}

// width is the usable number of columns, never less than 20: below that no
// layout makes sense and the terminal wraps.
func (s Streams) width() int {
	if s.Width == nil {
		return defaultWidth
	}
	return max(s.Width(), 20)
}

func (s Streams) height() int {
	if s.Height == nil {
		return defaultHeight
	}
	return max(s.Height(), 4)
}
