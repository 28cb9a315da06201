package local

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
)

// bundle is what a pretended node needs of the bundle of a set-up
// (internal/role): the plan and what names the node.
type bundle struct {
	plan []call
	env  map[string]string // the environment that all steps have: EC_NODE
}

// call is one line of plan.sh: a verb and its words.
type call []string

// readBundle reads a bundle to its end, also when it can't be used.
func readBundle(r io.Reader) (bundle, error) {
	b, err := unpack(r)
	_, drained := io.Copy(io.Discard, r)
	return b, errors.Join(err, drained)
}

func unpack(r io.Reader) (bundle, error) {
	b := bundle{env: map[string]string{}}
	gz, err := gzip.NewReader(r)
	if err != nil {
		return b, fmt.Errorf("unpack bundle: %w", err)
	}
	for files := tar.NewReader(gz); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return b, fmt.Errorf("unpack bundle: %w", err)
		}
		if h.Name != "plan.sh" && h.Name != "env/common" {
			continue
		}
		data, err := io.ReadAll(files)
		if err != nil {
			return b, fmt.Errorf("unpack bundle: %w", err)
		}
		lines := shellLines(string(data))
		if h.Name == "plan.sh" {
			b.plan = lines
			continue
		}
		for _, words := range lines {
			name, value, _ := strings.Cut(words[len(words)-1], "=")
			b.env[name] = value
		}
	}
}

// shellLines splits simple shell commands into words: what stands between
// blanks, with parts in single quotes, and a backslash before a quote.
func shellLines(text string) []call {
	var lines []call
	var words call
	var word strings.Builder
	started, quoted := false, false
	endWord := func() {
		if started {
			words = append(words, word.String())
		}
		word.Reset()
		started = false
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\'':
			quoted = false
		case quoted:
			word.WriteByte(c)
		case c == '\'':
			quoted, started = true, true
		case c == '\\' && i+1 < len(text):
			i++
			started = true
			word.WriteByte(text[i])
		case c == ' ' || c == '\t':
			endWord()
		case c == '\n':
			endWord()
			if len(words) > 0 {
				lines = append(lines, words)
			}
			words = nil
		default:
			started = true
			word.WriteByte(c)
		}
	}
	endWord()
	if len(words) > 0 {
		lines = append(lines, words)
	}
	return lines
}
