// Package templates holds the specs that ecluster init writes for the user to
// edit. A template is a spec that is valid as it stands; the first line of its
// opening comment describes it.
package templates

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed *.hcl
var files embed.FS

// Template is one starter spec.
type Template struct {
	Name        string // what ecluster init --template takes
	Description string // one line
	Text        []byte // the spec
}

// List returns all templates in the order of their names.
func List() []Template {
	names, _ := fs.Glob(files, "*.hcl") // the pattern is well-formed
	out := make([]Template, 0, len(names))
	for _, n := range names {
		text, err := files.ReadFile(n)
		if err != nil {
			continue // what is embedded and listed can be read
		}
		out = append(out, Template{
			Name:        strings.TrimSuffix(n, ".hcl"),
			Description: description(string(text)),
			Text:        text,
		})
	}
	return out
}

// Find returns the template of that name; the error lists those that exist.
func Find(name string) (Template, error) {
	var names []string
	for _, t := range List() {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return Template{}, fmt.Errorf("find template %s: there is none; the templates are %s", name, strings.Join(names, ", "))
}

// description is the first comment line of a spec.
func description(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(strings.TrimLeft(first, "#/ "))
}
