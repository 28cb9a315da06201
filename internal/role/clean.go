package role

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tailLines and tailWidth bound what a failed step shows of its output.
const (
	tailLines = 20
	tailWidth = 500 // bytes of a line
)

// cleanLine makes one line of anything safe to show on a terminal: no escape
// sequences, no control characters, valid UTF-8, at most tailWidth bytes.
func cleanLine(line string) string {
	var b strings.Builder
	for i := 0; i < len(line); {
		if n := escapeLen(line[i:]); n > 0 {
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(line[i:])
		i += size
		switch {
		case r == '\t':
			r = ' '
		case !unicode.IsPrint(r):
			r = utf8.RuneError
		}
		if b.Len()+utf8.RuneLen(r) > tailWidth-len("…") {
			return b.String() + "…"
		}
		b.WriteRune(r)
	}
	return b.String()
}

// lastReturn is what a terminal would show of a line that a progress bar drew
// over and over.
func lastReturn(line string) string {
	line = strings.TrimRight(line, "\r\n")
	return line[strings.LastIndexByte(line, '\r')+1:]
}

// escapeLen is the length of the terminal escape sequence that s begins with,
// or 0.
func escapeLen(s string) int {
	if len(s) < 2 || s[0] != '\x1b' {
		return 0
	}
	switch s[1] {
	case '[': // CSI: parameters, then a final byte
		for i := 2; i < len(s); i++ {
			if s[i] >= '@' && s[i] <= '~' {
				return i + 1
			}
		}
		return len(s)
	case ']', 'P', '_', '^': // OSC and the like: to BEL or ST
		for i := 2; i < len(s); i++ {
			if s[i] == '\a' {
				return i + 1
			}
			if s[i] == '\x1b' && i+1 < len(s) && s[i+1] == '\\' {
				return i + 2
			}
		}
		return len(s)
	default:
		return 2
	}
}

// clip makes a sentence that came from a node safe to show; it keeps line
// breaks out and a reasonable length in.
func clip(s string) string {
	return cleanLine(strings.Join(strings.Fields(s[:min(len(s), 4*tailWidth)]), " "))
}
