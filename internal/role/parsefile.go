package role

import (
	"slices"
	"strings"
	"text/template"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/ecluster/ecluster/internal/schema"
)

// param reads a parameter.
func (p *parser) param(b schema.Located) {
	content, diags := schema.Content(b.Body, paramFormat())
	p.diags = append(p.diags, diags...)
	typeAttr := content.Attributes["type"]
	if diags.HasErrors() || typeAttr == nil {
		return
	}
	a := schema.Attr{Name: b.Labels[0]}
	switch {
	case !paramForm.MatchString(a.Name):
		p.fail(b.Range, "Bad name of a parameter", "%q can't be used: write lower-case letters, digits and underscores.", a.Name)
	case p.paramIndex(a.Name) >= 0:
		p.fail(b.Range, "Second parameter of that name", "The parameter %q is declared twice in this role.", a.Name)
	}
	var inner *typeexpr.Defaults
	a.Type, inner, diags = typeexpr.TypeConstraintWithDefaults(typeAttr.Expr)
	p.diags = append(p.diags, diags...)
	if diags.HasErrors() {
		return
	}
	if inner != nil {
		p.role.inner[a.Name] = inner
	}
	a.Required = p.value(content, "required", cty.Bool) == true
	a.Sensitive = p.value(content, "sensitive", cty.Bool) == true
	a.Doc, _ = p.value(content, "description", cty.String).(string)
	a.OneOf = schema.Values{"": p.value(content, "one_of", cty.List(cty.String))}.Strings("")
	if len(a.OneOf) == 0 {
		a.OneOf = nil
	}
	a.Default = p.value(content, "default", a.Type)
	if a.Required && a.Default != nil {
		p.fail(content.Attributes["default"].Range, "Default of a required parameter", "%q must be given, so its default is never used. Remove one of the two.", a.Name)
	}
	if s, ok := a.Default.(string); ok && len(a.OneOf) > 0 && !slices.Contains(a.OneOf, s) {
		p.fail(content.Attributes["default"].Range, "Default that is not allowed", "The default of %q is not among its one_of.", a.Name)
	}
	if p.value(content, "install", cty.Bool) == true {
		p.role.InstallParams = append(p.role.InstallParams, a.Name)
	}
	p.role.Params.Attrs = append(p.role.Params.Attrs, a)
}

// value evaluates an attribute as plain data of a type; nil when it is absent
// or wrong.
func (p *parser) value(content *hcl.BodyContent, name string, ty cty.Type) any {
	attr, ok := content.Attributes[name]
	if !ok {
		return nil
	}
	v, diags := attr.Expr.Value(nil)
	p.diags = append(p.diags, diags...)
	if diags.HasErrors() {
		return nil
	}
	v, err := convert.Convert(v, ty)
	if err != nil {
		p.fail(attr.Expr.Range(), "Wrong type", "The value of %q must be %s: %v.", name, typeexpr.TypeString(ty), err)
		return nil
	}
	plain, err := schema.ToPlain(v)
	if err != nil {
		p.fail(attr.Expr.Range(), "Wrong value", "The value of %q can't be used: %v.", name, err)
	}
	return plain
}

// file reads a file block; params, secrets and steps must be known already.
func (p *parser) file(b schema.Located) {
	v := b.Values
	f := File{
		Path: b.Labels[0], Template: v.String("template"), Secret: v.String("secret"),
		Owner: v.String("owner"), Mode: v.String("mode"), Notify: v.Strings("notify"), When: v.String("when"),
	}
	if !pathForm.MatchString(f.Path) || strings.HasSuffix(f.Path, "/") || strings.Contains(f.Path, "/../") {
		p.fail(b.Range, "Bad path", "%q is not an absolute path of letters, digits and ._+@-.", f.Path)
	}
	if slices.ContainsFunc(p.role.Files, func(o File) bool { return o.Path == f.Path }) && f.When == "" {
		p.fail(b.Range, "Second file of that path", "The role writes %s twice.", f.Path)
	}
	switch {
	case (f.Template == "") == (f.Secret == ""):
		p.fail(b.Range, "No content", "A file has exactly one of template and secret.")
	case f.Secret != "" && !p.hasSecret(f.Secret):
		var names []string
		for _, s := range p.role.Secrets {
			names = append(names, s.Name)
		}
		p.fail(b.At("secret"), "No such secret", "The role declares no secret %q. %s", f.Secret, schema.DidYouMean(f.Secret, names))
	case f.Template != "":
		p.template(b.At("template"), f.Template)
	}
	if i := p.paramIndex(f.When); f.When != "" && (i < 0 || p.role.Params.Attrs[i].Type != cty.Bool) {
		p.fail(b.At("when"), "No such parameter", "%q is not a parameter of type bool. %s", f.When, schema.DidYouMean(f.When, p.paramNames()))
	}
	for _, n := range f.Notify {
		p.notify(b.At("notify"), n)
	}
	p.role.Files = append(p.role.Files, f)
}

func (p *parser) template(at hcl.Range, name string) {
	data, ok := p.read(at, "files", name)
	if !ok || p.role.text[name] != nil {
		return
	}
	t, err := template.New(name).Option("missingkey=error").Funcs(templateFuncs(nil)).Parse(string(data))
	if err != nil {
		p.fail(at, "Bad template", "files/%s: %v.", name, err)
		return
	}
	p.role.text[name] = t
}

func (p *parser) notify(at hcl.Range, notify string) {
	action, subject, _ := strings.Cut(notify, ":")
	switch action {
	case "restart", "reload":
		if !unitForm.MatchString(subject) {
			p.fail(at, "Bad unit", "%q names no systemd unit; write for example %q.", notify, action+":munge.service")
		}
	case "step":
		var names []string
		for _, s := range p.role.Steps {
			names = append(names, s.Name)
		}
		if !slices.Contains(names, subject) {
			p.fail(at, "No such step", "The role has no step %q to notify. %s", subject, schema.DidYouMean(subject, names))
		}
	default:
		p.fail(at, "Bad notify", "%q is none of restart:UNIT, reload:UNIT and step:NAME.", notify)
	}
}

// isStringList reports whether ty is list(string) or set(string).
func isStringList(ty cty.Type) bool {
	return (ty.IsListType() || ty.IsSetType()) && ty.ElementType() == cty.String
}
