// Package reference writes the reference pages of the documentation from the
// declarations that the program itself uses: the language of specs, the
// settings of providers, the parameters of roles, the commands. Nothing here
// knows a particular one of them, and nothing is said that is not declared.
package reference

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/internal/userconfig"
	"github.com/ecluster/ecluster/providers"
)

// Sources is what the pages are made of.
type Sources struct {
	Tree    *cobra.Command
	Plugins []providers.Plugin
	Roles   *role.Library
}

// Pages are the texts of all pages, by their names in docs/reference.
func Pages(s Sources) (map[string]string, error) {
	language, err := spec.Describe(s.Roles)
	if err != nil {
		return nil, fmt.Errorf("describe specs: %w", err)
	}
	params, err := rolesPage(s.Roles)
	if err != nil {
		return nil, fmt.Errorf("describe roles: %w", err)
	}
	return map[string]string{
		"spec.md":      specPage(language, userconfig.Schema()),
		"providers.md": providersPage(s.Plugins),
		"roles.md":     params,
		"commands.md":  commandsPage(s.Tree),
	}, nil
}

// page is the text of a page as it grows.
type page struct{ strings.Builder }

// printf adds to the page, which takes everything.
func (p *page) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(p, format, args...)
}

// begin writes the title of a page that nobody should edit, and what it gives.
func begin(title, about string) *page {
	p := &page{}
	p.printf("# %s\n\n<!-- Written by make docs. Don't edit. -->\n\n%s\n", title, about)
	return p
}

func (p *page) heading(level int, format string, args ...any) {
	p.printf("\n%s %s\n", strings.Repeat("#", level), fmt.Sprintf(format, args...))
}

// text writes a paragraph.
func (p *page) text(format string, args ...any) {
	if s := strings.TrimSpace(fmt.Sprintf(format, args...)); s != "" {
		p.printf("\n%s\n", s)
	}
}
