// Package manpage writes the pages of man(1): one for each command in section 1,
// one for each topic of `ecluster help` in section 7. It takes what --help says
// and adds nothing. Long texts are plain text here: paragraphs, and lines that
// are indented because they must stay as they are.
package manpage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ecluster/ecluster/internal/topics"
)

// Page is one file of a manual.
type Page struct {
	File string // "ecluster-start.1"
	Text []byte
}

// Pages returns the manual of a program.
func Pages(root *cobra.Command, version string) []Page {
	var pages []Page
	commands := append([]*cobra.Command{root}, root.Commands()...)
	for _, cmd := range commands {
		if cmd == root || cmd.IsAvailableCommand() {
			name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
			pages = append(pages, Page{name + ".1", commandPage(cmd, name, version)})
		}
	}
	for _, t := range topics.All() {
		name := root.Name() + "-" + t.Name
		w := newPage(name, 7, version, t.Title)
		_, rest, _ := strings.Cut(t.Text, "\n")
		w.section("DESCRIPTION")
		w.prose(rest)
		w.section("SEE ALSO")
		w.refer(root.Name() + "(1)")
		pages = append(pages, Page{name + ".7", []byte(w.String())})
	}
	slices.SortFunc(pages, func(a, b Page) int { return strings.Compare(a.File, b.File) })
	return pages
}

func commandPage(cmd *cobra.Command, name, version string) []byte {
	cmd.InitDefaultHelpFlag()
	w := newPage(name, 1, version, cmd.Short)
	w.section("SYNOPSIS")
	w.line(".B " + escape(cmd.CommandPath()))
	w.line(escape(strings.TrimPrefix(cmd.UseLine(), cmd.CommandPath())))
	w.section("DESCRIPTION")
	w.prose(strings.TrimSpace(cmd.Long + "\n"))
	if cmd.Long == "" {
		w.prose(cmd.Short + ".")
	}
	if !cmd.HasParent() {
		w.section("COMMANDS")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				w.item(`\fB`+escape(name+"-"+c.Name())+`\fR(1)`, c.Short)
			}
		}
	}
	w.flags("OPTIONS", cmd.NonInheritedFlags())
	w.flags("OPTIONS OF ALL COMMANDS", cmd.InheritedFlags())
	if cmd.Example != "" {
		w.section("EXAMPLES")
		w.prose(cmd.Example)
	}
	w.section("SEE ALSO")
	if cmd.HasParent() {
		w.refer(cmd.Root().Name() + "(1)")
		return []byte(w.String())
	}
	var all []string
	for _, t := range topics.All() {
		all = append(all, cmd.Name()+"-"+t.Name+"(7)")
	}
	w.refer(all...)
	return []byte(w.String())
}

// page is a page in the making.
type page struct{ strings.Builder }

func newPage(name string, section int, version, title string) *page {
	w := &page{}
	w.line(fmt.Sprintf(`.TH "%s" %d "" "ecluster %s" "ecluster"`, escape(strings.ToUpper(name)), section, escape(version)))
	w.section("NAME")
	w.line(escape(name) + ` \- ` + escape(title))
	return w
}

func (w *page) line(s string) { w.WriteString(s + "\n") }

func (w *page) section(title string) { w.line(`.SH "` + title + `"`) }

// item is a term and what it means.
func (w *page) item(term, text string) {
	w.line(".TP")
	w.line(term)
	w.line(escape(text))
}

func (w *page) refer(pages ...string) {
	for i, p := range pages {
		end := ","
		if i == len(pages)-1 {
			end = ""
		}
		name, section, _ := strings.Cut(p, "(")
		w.line(".BR " + escape(name) + " (" + section + end)
	}
}

func (w *page) flags(title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	w.section(title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		term := `\fB` + escape("--"+f.Name) + `\fR`
		if f.Shorthand != "" {
			term = `\fB` + escape("-"+f.Shorthand) + `\fR, ` + term
		}
		if value != "" {
			term += ` \fI` + escape(value) + `\fR`
		}
		w.item(term, usage)
	})
}

// prose writes paragraphs to be filled, and indented lines as they are.
func (w *page) prose(text string) {
	asIs, first, gap := false, true, false
	for l := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		if l == "" {
			gap = true
			continue
		}
		indented := strings.HasPrefix(l, " ")
		switch {
		case asIs && !indented:
			w.line(".fi\n.PP")
		case !asIs && indented && !first:
			w.line(".PP\n.nf")
		case !asIs && indented:
			w.line(".nf")
		case gap && asIs:
			w.line("")
		case gap:
			w.line(".PP")
		}
		asIs, first, gap = indented, false, false
		w.line(escape(l))
	}
	if asIs {
		w.line(".fi")
	}
}

// escape makes text of what roff would take for a command.
func escape(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
