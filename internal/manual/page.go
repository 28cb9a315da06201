// Package manual reads the pages of the documentation as a test does: which
// examples stand on a page, in what language, and how each is to be tried. It
// runs nothing and knows no command.
//
// What kind an example is, its fence says: ```hcl is a spec, ```console a
// terminal in which lines that begin with "$ " are typed, ```sh lines of shell.
// A path in bold on the line above a fence makes it a file of that name, which
// the later commands of the page find. How the commands are tried, a comment
// says that readers don't see: <!-- example: MODE --> for the next fence,
// <!-- examples: MODE --> for all that follow.
package manual

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Mode is how the commands of an example are tried. Whatever the mode, they
// are understood by the real command line first.
type Mode string

// The modes.
const (
	Parsed    Mode = "parsed"    // not run: the default
	Simulated Mode = "simulated" // run, against machines that only pretend
	Real      Mode = "real"      // run, on simulated machines and on a local cluster of Docker containers
	Nodes     Mode = "nodes"     // run, on Docker containers only: no simulated machine knows the scheduler
)

// Page is one page of the documentation.
type Page struct {
	Path     string // from the folder of the repository
	Examples []Example
	Inline   []Inline
}

// Example is what stands between two fences.
type Example struct {
	Line int    // of the fence that opens it
	Lang string // the word behind the fence, or ""
	File string // the path above it, or ""
	Mode Mode
	// With are the words behind the mode, or instead of it, as in
	// <!-- example: provider google -->.
	With []string
	Text string
}

// Simulated says that the example is run on machines that only pretend: also what
// is run on real nodes as well, because that takes minutes.
func (e Example) Simulated() bool {
	return e.Lang == "console" && (e.Mode == Simulated || e.Mode == Real)
}

// OnNodes says that the example is run on real nodes.
func (e Example) OnNodes() bool {
	return e.Lang == "console" && (e.Mode == Real || e.Mode == Nodes)
}

// Inline is code within a sentence.
type Inline struct {
	Line int
	Text string
}

// Play goes through the page as a reader does, from top to bottom: file is
// called with each example that is a file, command with each command of the
// examples that which takes. It ends with the first error.
func (p Page) Play(which func(Example) bool, file func(Example) error, command func(Command) error) error {
	for _, e := range p.Examples {
		if e.File != "" {
			if err := file(e); err != nil {
				return err
			}
		}
		if !which(e) {
			continue
		}
		commands, err := e.Commands()
		if err != nil {
			return err
		}
		for _, c := range commands {
			if err := command(c); err != nil {
				return fmt.Errorf("line %d: %w", c.Line, err)
			}
		}
	}
	return nil
}

var (
	fence     = regexp.MustCompile("^([ \t]*)(`{3,})[ \t]*([A-Za-z0-9_-]*)[ \t]*$")
	directive = regexp.MustCompile(`^\s*<!-- (examples?): (.*?) -->\s*$`)
	fileAbove = regexp.MustCompile("^\\*\\*`([^`]+)`\\*\\*$")
	inline    = regexp.MustCompile("`([^`]+)`")
)

// Pages reads README.md, CONTRIBUTING.md and all pages in docs, in order.
func Pages(root string) ([]Page, error) {
	paths := []string{"README.md", "CONTRIBUTING.md"}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return nil, err
		}
		for _, path := range found {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return nil, err
			}
			paths = append(paths, filepath.ToSlash(rel))
		}
	}
	var pages []Page
	for _, path := range paths {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return nil, err
		}
		page, err := Parse(path, string(text))
		if err != nil {
			return nil, err
		}
		pages = append(pages, page)
	}
	return pages, nil
}

// Parse reads one page. A comment that no example follows, a mode that does
// not exist and a fence that is never closed are errors.
func Parse(path, text string) (Page, error) {
	p := reader{page: Page{Path: path}, mode: Parsed}
	for i, line := range strings.Split(text, "\n") {
		if err := p.line(i+1, line); err != nil {
			return Page{}, fmt.Errorf("read %s:%d: %w", path, i+1, err)
		}
	}
	if p.open != nil {
		return Page{}, fmt.Errorf("read %s:%d: the fence is never closed", path, p.open.Line)
	}
	if p.next != nil {
		return Page{}, fmt.Errorf("read %s: no example follows the last comment", path)
	}
	return p.page, nil
}

// reader is a page half read.
type reader struct {
	page         Page
	mode         Mode     // of all examples that follow
	next         []string // what a comment says of the next one
	above        string   // the last line with anything on it
	open         *Example
	indent, ends string // of the open fence
}

func (p *reader) line(n int, line string) error {
	if p.open != nil {
		if strings.TrimSpace(line) == p.ends {
			p.page.Examples = append(p.page.Examples, *p.open)
			p.open, p.above = nil, ""
			return nil
		}
		p.open.Text += strings.TrimPrefix(line, p.indent) + "\n"
		return nil
	}
	if m := directive.FindStringSubmatch(line); m != nil {
		return p.directive(m[1], strings.Fields(m[2]))
	}
	if m := fence.FindStringSubmatch(line); m != nil {
		return p.begin(n, m[1], m[2], m[3])
	}
	for _, m := range inline.FindAllStringSubmatch(line, -1) {
		p.page.Inline = append(p.page.Inline, Inline{n, m[1]})
	}
	if s := strings.TrimSpace(line); s != "" {
		p.above = s
	}
	return nil
}

func (p *reader) directive(kind string, words []string) error {
	if kind == "example" {
		if p.next != nil {
			return fmt.Errorf("two comments for one example")
		}
		p.next = words
		return nil
	}
	if len(words) != 1 || !modes(words[0]) {
		return fmt.Errorf("%q is no mode: write one of %s", words, allModes())
	}
	p.mode = Mode(words[0])
	return nil
}

func (p *reader) begin(n int, indent, ticks, lang string) error {
	p.open = &Example{Line: n, Lang: lang, Mode: p.mode}
	p.indent, p.ends = indent, ticks
	if m := fileAbove.FindStringSubmatch(p.above); m != nil {
		p.open.File = m[1]
	}
	if p.next != nil {
		p.open.With = p.next
		if len(p.next) > 0 && modes(p.next[0]) {
			p.open.Mode, p.open.With = Mode(p.next[0]), p.next[1:]
		}
		p.next = nil
	}
	return nil
}

func modes(s string) bool {
	return slices.Contains(allModes(), Mode(s))
}

func allModes() []Mode { return []Mode{Parsed, Simulated, Real, Nodes} }
