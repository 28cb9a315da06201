package ui

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"
)

// Prompt reads lines from a terminal, with editing, history and completion. It
// is not safe for concurrent use.
type Prompt struct {
	terminal *term.Terminal
	streams  Streams
	fd       int
}

// maxChoices is how many completions are listed.
const maxChoices = 100

// NewPrompt asks with text on the terminal of s.In and s.Out. complete, which
// may be nil, returns what the beginning of a line could become.
func NewPrompt(s Streams, text string, complete func(beginning string) []string) (*Prompt, error) {
	in, ok := s.In.(*os.File)
	if !ok || !s.InTTY || !s.OutTTY {
		return nil, errors.New("read lines: there is no terminal")
	}
	p := &Prompt{streams: s, fd: int(in.Fd())}
	p.terminal = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{s.In, s.Out}, text)
	if complete != nil {
		p.terminal.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
			if key != '\t' {
				return "", 0, false
			}
			begun := p.grow(line[:pos], complete(line[:pos]))
			return begun + line[pos:], len(begun), true
		}
	}
	return p, nil
}

// grow returns as much of the choices as they share, and lists them where that
// is nothing new.
func (p *Prompt) grow(begun string, choices []string) string {
	if len(choices) == 0 {
		return begun
	}
	if len(choices) == 1 {
		if strings.HasSuffix(choices[0], "/") {
			return choices[0]
		}
		return choices[0] + " "
	}
	shared := choices[0]
	for _, c := range choices {
		for !strings.HasPrefix(c, shared) {
			shared = shared[:len(shared)-1]
		}
	}
	if len(shared) > len(begun) {
		return strings.ToValidUTF8(shared, "")
	}
	for _, c := range choices[:min(len(choices), maxChoices)] {
		_, _ = fmt.Fprintf(p.terminal, "%s\r\n", ansi.Truncate(clean(c), p.streams.width(), ""))
	}
	if n := len(choices) - maxChoices; n > 0 {
		_, _ = fmt.Fprintf(p.terminal, "... and %d more\r\n", n)
	}
	return begun
}

// Line reads a line; io.EOF is the end, by Ctrl-D or Ctrl-C. The terminal is as
// before when it returns.
func (p *Prompt) Line() (string, error) {
	before, err := term.MakeRaw(p.fd)
	if err != nil {
		return "", fmt.Errorf("set up terminal: %w", err)
	}
	defer func() { _ = term.Restore(p.fd, before) }()
	_ = p.terminal.SetSize(p.streams.width(), p.streams.height()) // it only wraps wrongly
	line, err := p.terminal.ReadLine()
	if errors.Is(err, term.ErrPasteIndicator) {
		err = nil
	}
	return line, err
}

// Text writes a line of foreign text, safe for a terminal where there is one.
func (p Page) Text(line string) error {
	if p.tty {
		line = clean(line)
	}
	return p.Linef("%s", line)
}
