package migrate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// defaultSection holds what all sections have that don't say otherwise.
const defaultSection = "DEFAULT"

// section is a part of a configuration under one header.
type section struct {
	name    string
	at      hcl.Range // its header, the first one
	options []*option
}

// option is one line of a section, with the lines that continue it.
type option struct {
	key, raw string // raw is as it stands there
	at       hcl.Range
	in       *section
	used     bool    // converted, or noted
	origin   *option // in [DEFAULT], or of another name, whose copy this is
}

// use marks an option as one that was looked at.
func (o *option) use() {
	o.used = true
	if o.origin != nil {
		o.origin.used = true
	}
}

// root is what stands in the file, of which the option is a copy or itself.
func (o *option) root() *option {
	for o.origin != nil {
		o = o.origin
	}
	return o
}

func (s *section) find(key string) *option {
	for _, o := range s.options {
		if o.key == key {
			return o
		}
	}
	return nil
}

// set adds an option, or replaces the one of its name, as ConfigParser does.
func (s *section) set(o *option) (replaced *option) {
	o.in = s
	for i, other := range s.options {
		if other.key == o.key {
			s.options[i] = o
			return other
		}
	}
	s.options = append(s.options, o)
	return nil
}

// reader reads the lines of one file.
type reader struct {
	name     string
	into     *[]*section
	section  *section
	option   *option
	values   []string // the lines of option
	indent   int      // of the line that option began with
	diags    hcl.Diagnostics
	headless bool // complained already about options before the first section
}

// read adds the sections of a text to those that there are. The same section
// twice is one, and of the same option twice the last one counts.
func read(name, text string, into *[]*section) hcl.Diagnostics {
	r := &reader{name: name, into: into}
	at := hcl.Pos{Line: 1, Column: 1}
	for line := range strings.SplitAfterSeq(text, "\n") {
		r.line(strings.TrimRight(line, "\n"), at)
		at.Line++
		at.Byte += len(line)
	}
	r.end()
	return r.diags
}

func (r *reader) line(line string, at hcl.Pos) {
	value := strings.TrimFunc(line, unicode.IsSpace)
	end := at
	end.Byte += len(strings.TrimRightFunc(line, unicode.IsSpace))
	end.Column = utf8.RuneCountInString(strings.TrimRightFunc(line, unicode.IsSpace)) + 1
	indent := len(line) - len(strings.TrimLeftFunc(line, unicode.IsSpace))
	at.Byte += indent
	at.Column += utf8.RuneCountInString(line[:indent])
	where := hcl.Range{Filename: r.name, Start: at, End: end}
	switch {
	case value == "":
		if r.option != nil {
			r.values = append(r.values, "")
		}
	case value[0] == '#' || value[0] == ';':
	case r.option != nil && indent > r.indent:
		r.values = append(r.values, value)
		r.option.at.End = end
	case value[0] == '[':
		r.header(value, where)
	default:
		r.indent = indent
		r.start(value, where)
	}
}

func (r *reader) header(value string, at hcl.Range) {
	r.end()
	closing := strings.LastIndexByte(value, ']')
	if closing < 0 {
		r.diags = append(r.diags, fail(&at, "Section without an end", "Write the header as [kind/name].")...)
		r.section = &section{name: "", at: at} // so that its options are not laid upon the section before
		return
	}
	name := strings.TrimFunc(value[1:closing], unicode.IsSpace)
	for _, s := range *r.into {
		if s.name != name {
			continue
		}
		if name != defaultSection {
			r.diags = append(r.diags, warn(&at, "Section given twice",
				"[%s] begins at %s already. ElastiCluster puts both together, and so is it done here.", name, place(s.at))...)
		}
		r.section = s
		return
	}
	r.section = &section{name: name, at: at}
	*r.into = append(*r.into, r.section)
}

func (r *reader) start(value string, at hcl.Range) {
	r.end()
	if r.section == nil {
		if !r.headless {
			r.diags = append(r.diags, fail(&at, "Option without a section",
				"The first line that is no comment must be the header of a section, as in [cloud/google].")...)
		}
		r.headless = true
		return
	}
	i := strings.IndexAny(value, "=:")
	if i < 0 {
		r.diags = append(r.diags, fail(&at, "Neither a section nor an option", "Write key=value; the further lines of a value begin with a space.")...)
		return
	}
	key := strings.TrimFunc(value[:i], unicode.IsSpace)
	if key == "" {
		r.diags = append(r.diags, fail(&at, "Option without a name", "Write key=value.")...)
		return
	}
	r.option = &option{key: key, at: at}
	r.values = []string{strings.TrimFunc(value[i+1:], unicode.IsSpace)}
}

// end closes the option that is being read.
func (r *reader) end() {
	o := r.option
	if o == nil {
		return
	}
	r.option = nil
	o.raw = strings.TrimRightFunc(strings.Join(r.values, "\n"), unicode.IsSpace)
	if first := r.section.set(o); first != nil {
		r.diags = append(r.diags, warn(&o.at, "Option given twice",
			"%q has another value at %s. ElastiCluster takes the last one, and so is it done here.", o.key, place(first.at))...)
	}
}
