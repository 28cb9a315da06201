package spec

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/schema"
)

// envPrefix begins the environment variables that set variables of a spec.
const envPrefix = "ECLUSTER_VAR_"

// given is a value for a variable that comes from outside the spec: a text, or
// an expression of a variable file.
type given struct {
	origin string // "--var", "ECLUSTER_VAR_zone", "prod.hcl line 3"
	text   string
	expr   hcl.Expression
}

// value reads the value by the declared type: the text of a string, number or
// bool stands for itself, that of anything else is an expression.
func (g *given) value(v *variable, s *scope) (cty.Value, hcl.Diagnostics) {
	if g.expr != nil {
		return g.expr.Value(&hcl.EvalContext{Functions: s.functions})
	}
	if v.ty.IsPrimitiveType() || v.ty == cty.DynamicPseudoType {
		return cty.StringVal(g.text), nil
	}
	wrong := func(reason string) (cty.Value, hcl.Diagnostics) {
		return cty.DynamicVal, failAt(v.at, "Wrong value of variable \""+v.name+"\"",
			"The value from %s must be %s, written as in a spec, for example '[\"a\", \"b\"]' for a list: %s",
			g.origin, schema.InWords(v.ty), sentence(reason))
	}
	expr, ds := hclsyntax.ParseExpression([]byte(g.text), g.origin, hcl.InitialPos)
	if ds.HasErrors() {
		return wrong(ds[0].Detail)
	}
	val, ds := expr.Value(&hcl.EvalContext{Functions: s.functions})
	if ds.HasErrors() {
		return wrong(ds[0].Detail)
	}
	return val, nil
}

// readGiven finds the values that the variables are given, the strongest last:
// environment, variable files, flags.
func (u *unit) readGiven() hcl.Diagnostics {
	for name, v := range u.variables {
		if text, has := u.opts.Env(envPrefix + name); has {
			v.given = &given{origin: envPrefix + name, text: text}
		}
	}
	var diags hcl.Diagnostics
	for _, path := range u.opts.VarFiles {
		diags = append(diags, u.readVarFile(path)...)
	}
	for _, flag := range u.opts.Vars {
		name, text, _ := strings.Cut(flag, "=")
		if v := u.variables[name]; v != nil {
			v.given = &given{origin: "--var", text: text}
		}
	}
	return diags
}

func (u *unit) readVarFile(path string) hcl.Diagnostics {
	full := path
	if !filepath.IsAbs(full) {
		full = filepath.Join(u.opts.Dir, full)
	}
	s, diags := readSource(candidate{shown: path, path: full})
	u.sources[path] = s
	if diags.HasErrors() {
		return diags
	}
	attrs, diags := s.file.Body.JustAttributes()
	for _, a := range inOrder(attrs) {
		v := u.variables[a.Name]
		if v == nil {
			diags = append(diags, warnAt(a.NameRange, "Unknown variable",
				"The spec declares no variable %q; this value is not used. %s", a.Name, suggest(a.Name, u.varNames))...)
			continue
		}
		v.given = &given{origin: schema.Position(a.Range), expr: a.Expr}
	}
	return diags
}

// checkGiven reports --var flags that name no variable of this spec.
func (u *unit) checkGiven() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, flag := range u.opts.Vars {
		name, _, ok := strings.Cut(flag, "=")
		switch {
		case !ok:
			diags = append(diags, fail("Wrong --var", "%q has no equals sign. Write --var NAME=VALUE.", flag)...)
		case u.variables[name] == nil:
			diags = append(diags, fail("Unknown variable in --var",
				"The spec declares no variable %q. %s", name, schema.DidYouMean(name, u.varNames))...)
		}
	}
	return diags
}

// inOrder returns attributes as they stand in the file.
func inOrder(attrs hcl.Attributes) []*hcl.Attribute {
	out := make([]*hcl.Attribute, 0, len(attrs))
	for _, a := range attrs {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b *hcl.Attribute) int {
		return cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte)
	})
	return out
}
