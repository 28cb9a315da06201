package spec

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

// provider is a provider block, or a kind of cloud that needs none.
type provider struct {
	kind   string
	alias  string
	at     hcl.Range
	body   hcl.Body // nil when there is no block
	plugin providers.Plugin
}

// kinds are the clouds that there are.
func (u *unit) kinds() []string { return slices.Sorted(maps.Keys(u.opts.Providers)) }

func (u *unit) addProvider(block *hcl.Block) hcl.Diagnostics {
	p := &provider{kind: block.Labels[0], alias: block.Labels[0], at: block.DefRange, body: block.Body}
	plugin, known := u.opts.Providers[p.kind]
	if !known {
		return failAt(block.LabelRanges[0], "Unknown provider", "There is no provider %q. %s",
			p.kind, schema.DidYouMean(p.kind, u.kinds()))
	}
	p.plugin = plugin
	content, _, diags := block.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "alias"}}})
	if a, has := content.Attributes["alias"]; has {
		v, ds := constantOf(a, cty.String)
		if ds.HasErrors() {
			return append(diags, ds...)
		}
		p.alias = v.AsString()
		if !hclsyntax.ValidIdentifier(p.alias) {
			return append(diags, failAt(a.Expr.Range(), "Bad alias", "%q can't be written as provider.NAME. Use letters, digits and _.", p.alias)...)
		}
	}
	for _, other := range u.providers {
		if other.alias == p.alias {
			return append(diags, failAt(p.at, "Duplicate provider",
				"There is a provider %q already, at %s. Give this one an alias of its own: alias = \"%s2\".",
				p.alias, schema.Position(other.at), p.kind)...)
		}
	}
	u.providers = append(u.providers, p)
	return diags
}

// provider returns what provider.NAME refers to; at is where it is used.
func (u *unit) provider(name string, at hcl.Range) (*provider, hcl.Diagnostics) {
	valid := u.kinds()
	for _, p := range u.providers {
		if p.alias == name {
			return p, nil
		}
		if p.alias != p.kind {
			valid = append(valid, p.alias)
		}
	}
	plugin, known := u.opts.Providers[name]
	if !known {
		return nil, failAt(at, "Unknown provider", "There is no provider %q. %s", name, schema.DidYouMean(name, valid))
	}
	for _, a := range plugin.Settings.Attrs {
		if a.Required {
			return nil, failAt(at, "Provider without settings",
				"The provider %q needs to be told its %s. Add a block: provider %q { %s = … }", name, a.Name, name, a.Name)
		}
	}
	return &provider{kind: name, alias: name, at: at, plugin: plugin}, nil
}

// clusterProvider returns the provider that a cluster block names.
func (u *unit) clusterProvider(block *hcl.Block) (*provider, hcl.Diagnostics) {
	content, _, _ := block.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "provider"}}})
	attr, has := content.Attributes["provider"]
	if !has {
		return nil, failAt(block.DefRange, `Missing "provider"`,
			"A cluster says where it runs: provider = provider.NAME. %s", schema.DidYouMean("", u.kinds()))
	}
	if t, ds := hcl.AbsTraversalForExpr(attr.Expr); !ds.HasErrors() && t.RootName() == "provider" {
		_, name, ds := u.scope.reference(t)
		if ds.HasErrors() {
			return nil, ds
		}
		return u.provider(name, t.SourceRange())
	}
	v, diags := u.scope.evaluate(attr.Expr)
	if diags.HasErrors() {
		return nil, diags
	}
	v, _ = v.Unmark()
	if v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return nil, failAt(attr.Expr.Range(), `Wrong value of "provider"`, "It names a provider: provider = provider.NAME.")
	}
	return u.provider(v.AsString(), attr.Expr.Range())
}

// aliasAttr is what every provider block has beside the provider's settings.
func aliasAttr() schema.Attr {
	return schema.Attr{
		Name: "alias", Type: cty.String, Doc: "The NAME in provider.NAME, where one kind of cloud is used with several settings.",
	}
}

// settings decodes the provider's block.
func (p *provider) settings(s *scope) (cluster.ProviderSpec, hcl.Diagnostics) {
	out := cluster.ProviderSpec{Kind: p.kind, Alias: p.alias}
	if p.body == nil {
		out.Settings = orNil(p.plugin.Settings.Defaults())
		return out, nil
	}
	with := p.plugin.Settings
	with.Attrs = append(slices.Clone(with.Attrs), aliasAttr())
	l, diags := with.DecodeIn(p.body, p.at, s)
	delete(l.Values, "alias")
	out.Settings = orNil(l.Values)
	return out, diags
}
