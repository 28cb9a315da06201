package report

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// hidden stands where a secret was.
const hidden = "***"

// shortest is the length from which a line of a secret is looked for by itself;
// shorter ones would be found in any text.
const shortest = 8

// settingPattern is a name and its value, in a shell, in JSON or in a message.
const settingPattern = `(?i)([a-z0-9_-]*(?:password|passwd|passphrase|secret|token|api_?key|access_?key)[a-z0-9_-]*["']?\s*[:=]\s*)("[^"\n]*"|'[^'\n]*'|[^\s,;{}\[\]]+)`

// Private keys, whole, and as what is left of one where a log begins or ends in
// the middle of it: lines of base 64, which in JSON are strings or one of them.
const (
	keyBegin = `-----BEGIN [A-Z ]*PRIVATE KEY-----`
	keyEnd   = `-----END [A-Z ]*PRIVATE KEY-----`
	keyGap   = `(?:\\[nrt]|[\s"',])*`
	keyLine  = `[A-Za-z0-9+/=]{40,}`

	wholeKey    = keyBegin + `(?s:.*?)` + keyEnd
	headlessKey = `(?:` + keyLine + keyGap + `)*(?:[A-Za-z0-9+/=]+` + keyGap + `)?` + keyEnd
	endlessKey  = keyBegin + `(?:` + keyGap + keyLine + `)*(?:` + keyGap + `[A-Za-z0-9+/=]{16,})?`
)

// redactor blots out the secrets of a cluster, in the forms in which they may
// have got into a log, and what looks like anybody's.
type redactor struct {
	secrets  [][]byte // the longest first
	patterns []*regexp.Regexp
	settings *regexp.Regexp // of something that is called a secret
}

// newRedactor reads the secrets below dir and in the other files. A secret that
// can't be read can't be blotted out: that is an error.
func newRedactor(dir string, files ...string) (*redactor, error) {
	r := &redactor{settings: regexp.MustCompile(settingPattern), patterns: []*regexp.Regexp{
		regexp.MustCompile(wholeKey), regexp.MustCompile(headlessKey), regexp.MustCompile(endlessKey),
		regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`),
		regexp.MustCompile(`(?i)\bbearer +[a-z0-9._~+/-]{8,}=*`),
	}}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the secrets that must not be in the report: %w", err)
	}
	for _, e := range entries {
		files = append(files, filepath.Join(dir, e.Name()))
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the secrets that must not be in the report: %w", err)
		}
		r.add(data)
	}
	slices.SortFunc(r.secrets, func(a, b []byte) int { return len(b) - len(a) })
	return r, nil
}

// add takes up a secret, its lines, and how it looks in hex and base 64.
func (r *redactor) add(secret []byte) {
	forms := [][]byte{bytes.TrimSpace(secret)}
	for line := range bytes.Lines(secret) {
		forms = append(forms, bytes.TrimSpace(line))
	}
	for _, form := range [][]byte{secret, bytes.TrimSpace(secret)} {
		forms = append(forms, []byte(hex.EncodeToString(form)), []byte(base64.StdEncoding.EncodeToString(form)))
	}
	for _, form := range forms {
		if len(form) >= shortest {
			r.secrets = append(r.secrets, form)
		}
	}
}

func (r *redactor) redact(text []byte) []byte {
	for _, s := range r.secrets {
		text = bytes.ReplaceAll(text, s, []byte(hidden))
	}
	for _, p := range r.patterns {
		text = p.ReplaceAll(text, []byte(hidden))
	}
	return r.settings.ReplaceAllFunc(text, func(match []byte) []byte {
		parts := r.settings.FindSubmatch(match)
		name, value := parts[1], parts[2]
		if quote := value[0]; quote == '"' || quote == '\'' { // JSON stays JSON
			return fmt.Appendf(nil, "%s%c%s%c", name, quote, hidden, quote)
		}
		return append(slices.Clone(name), hidden...)
	})
}
