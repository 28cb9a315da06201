package reference

import (
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

// providersPage describes the settings of each provider.
func providersPage(plugins []providers.Plugin) string {
	p := begin("Reference: providers", "The settings of each provider's block, and what each adds to a node group beside the attributes that [every node group](spec.md#node_group-name) has. "+
		"What a cloud needs of you and what it costs is on the provider's own page.")
	sorted := slices.SortedFunc(slices.Values(plugins), func(a, b providers.Plugin) int { return strings.Compare(a.Kind, b.Kind) })
	for _, plugin := range sorted {
		p.heading(2, "provider %q", plugin.Kind)
		p.text("%s", plugin.Doc)
		p.text("%s", plugin.Settings.Doc)
		p.contents(plugin.Settings)
		if len(plugin.Group.Attrs)+len(plugin.Group.Blocks) == 0 {
			continue
		}
		p.heading(3, "node_group on %q", plugin.Kind)
		p.text("%s", plugin.Group.Doc)
		p.contents(plugin.Group)
	}
	return p.String()
}

func (p *page) contents(s schema.Schema) {
	p.attrs(s.Attrs)
	p.blocks(s.Blocks)
	for _, b := range s.Blocks {
		p.block(4, b)
	}
}

// rolesPage lists the parameters of all roles.
func rolesPage(lib *role.Library) (string, error) {
	p := begin("Reference: parameters of roles", "What a `role` block may say, role by role. [../roles.md](../roles.md) says what each is for; each has a page of its own. "+
		"Beside its parameters every role block may say `on` and `when` ([spec.md](spec.md#role-name)).")
	for _, name := range lib.Names() {
		r, diags := lib.Lookup(name)
		if diags.HasErrors() {
			return "", diags
		}
		p.heading(2, "role %q", name)
		p.text("%s. [More](../roles/%s.md)", strings.TrimSuffix(r.Summary, "."), name)
		if len(r.Params.Attrs) == 0 {
			p.text("It has no parameters.")
			continue
		}
		p.WriteString("\n" + Table("Parameter", r.Params.Attrs))
	}
	return p.String(), nil
}
