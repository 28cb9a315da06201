// Package templates holds the specs that ecluster init writes for the user to
// edit. A template is a spec that is valid as it stands; the first line of its
// opening comment describes it.
package templates

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// FS has the templates at its root.
//
//go:embed *.hcl
var FS embed.FS

// Default is the template that is written when none is named.
const Default = "docker-slurm"

// Template is one starter spec.
type Template struct {
	Name    string `json:"name"`    // what ecluster init --template takes
	Summary string `json:"summary"` // one line
}

// List returns all templates in the order of their names.
func List() ([]Template, error) {
	files, err := fs.Glob(FS, "*.hcl")
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	out := make([]Template, len(files))
	for i, f := range files {
		text, err := FS.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("list templates: %w", err)
		}
		out[i] = Template{Name: strings.TrimSuffix(f, ".hcl"), Summary: summary(string(text))}
	}
	return out, nil
}

// Read returns the text of a template. The error for one that does not exist
// lists those that do.
func Read(name string) ([]byte, error) {
	text, err := FS.ReadFile(name + ".hcl")
	if err == nil {
		return text, nil
	}
	list, listErr := List()
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = t.Name
	}
	return nil, errors.Join(fmt.Errorf("read template %q: there is none; the templates are: %s", name, strings.Join(names, ", ")), listErr)
}

// summary is the first comment line of a spec.
func summary(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(strings.TrimLeft(first, "#/ "))
}
