package migrate

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
)

// shown are the texts for the snippets of diagnostics, without the secrets.
func (c *config) shown() map[string]*hcl.File {
	out := make(map[string]*hcl.File, len(c.files))
	for name, text := range c.files {
		b := []byte(text)
		for line := range bytes.Lines(b) { // also what could not be read as an option
			if key := bytes.FieldsFunc(line, endsKey); len(key) > 0 && secretKey.Match(key[0]) && !bytes.Contains(key[0], []byte("user_key")) {
				hide(line)
			}
		}
		for _, s := range c.sections {
			for _, o := range s.options {
				if r := o.at; r.Filename == name && c.secret(o) && r.CanSliceBytes(b) {
					hide(r.SliceBytes(b))
				}
			}
		}
		out[name] = &hcl.File{Bytes: b}
	}
	return out
}

func endsKey(r rune) bool { return r == '=' || r == ':' || r == ' ' || r == '\t' || r == '\n' }

// hide puts asterisks over all behind the name of an option.
func hide(line []byte) {
	named, value := false, false
	for i, c := range line {
		ends := endsKey(rune(c))
		value = value || named && ends
		named = named || !ends
		if value && !ends {
			line[i] = '*'
		}
	}
}
