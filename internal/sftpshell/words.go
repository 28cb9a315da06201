package sftpshell

import (
	"errors"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/transfer"
)

// word is one word of a line.
type word struct {
	text   string
	quoted bool   // some of it
	mask   []bool // which bytes of it were quoted
}

// pattern is the word with a backslash before what was quoted and would mean
// something in a pattern.
func (w word) pattern() string {
	var b strings.Builder
	for i := range len(w.text) {
		if w.mask[i] && strings.IndexByte(`*?[\`, w.text[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(w.text[i])
	}
	return b.String()
}

// literal is the pattern that only name matches.
func literal(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// plain takes those backslashes away again, for names that are no patterns.
func plain(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			i++
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}

var errQuote = errors.New("a quotation mark is missing at the end")

// split cuts a line into words, which may have quotes and backslashes as in a
// shell.
func split(line string) ([]word, error) {
	var words []word
	var w *word
	add := func(c byte, quoted bool) {
		if w == nil {
			w = &word{}
		}
		w.text += string([]byte{c})
		w.mask = append(w.mask, quoted)
		w.quoted = w.quoted || quoted
	}
	var quote byte
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == '\'' || quote == '"' && c != '\\':
			add(c, true)
		case c == '\\':
			if i++; i == len(line) {
				return nil, errors.New("a backslash at the end means nothing")
			}
			add(line[i], true)
		case c == '\'' || c == '"':
			quote = c
			if w == nil {
				w = &word{}
			}
			w.quoted = true
		case c == ' ' || c == '\t':
			if w != nil {
				words, w = append(words, *w), nil
			}
		default:
			add(c, false)
		}
	}
	if quote != 0 {
		return nil, errQuote
	}
	if w != nil {
		words = append(words, *w)
	}
	return words, nil
}

// Complete returns what the last word of the beginning of a line could become,
// each as the whole line would then read.
func (s *Shell) Complete(line string) []string {
	start := lastWord(line)
	head, begun := line[:start], line[start:]
	words, err := split(begun)
	if err != nil || len(words) > 1 {
		return nil
	}
	text := ""
	if len(words) == 1 {
		text = words[0].text
	}
	var names []string
	first := strings.Fields(head)
	switch {
	case len(first) == 0:
		for _, n := range Commands() {
			if strings.HasPrefix(n, text) {
				names = append(names, n)
			}
		}
	case first[0] == "put" || first[0] == "lcd" || first[0] == "lls" || first[0] == "mput":
		names = below(transfer.Local{}, s.here, text)
	default:
		names = below(s.node, s.there, text)
	}
	slices.Sort(names)
	for i, n := range names {
		names[i] = head + escape(n)
	}
	return names
}

// below completes a name that may be relative to a folder.
func below(from transfer.Source, dir, text string) []string {
	if strings.HasPrefix(text, "/") {
		return transfer.Complete(from, text)
	}
	dir = strings.TrimSuffix(dir, "/") + "/"
	names := transfer.Complete(from, dir+text)
	for i, n := range names {
		names[i] = strings.TrimPrefix(n, dir)
	}
	return names
}

// lastWord is where the last word of a line begins.
func lastWord(line string) int {
	start := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case ' ', '\t':
			start = i + 1
		}
	}
	return min(start, len(line))
}

// escape writes a name as split reads it.
func escape(name string) string {
	var b strings.Builder
	for i := range len(name) {
		if strings.IndexByte(" \t\\'\"*?[#", name[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(name[i])
	}
	return b.String()
}
