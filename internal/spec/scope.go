package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/ecluster/ecluster/internal/schema"
)

// scope evaluates the variables and locals of a unit when something refers to
// them, each once; so what only another cluster uses stays untouched. It is
// not safe for concurrent use.
type scope struct {
	unit      *unit
	functions map[string]function.Function
	known     map[string]result // by "var.zone", "local.name"
	active    []string          // what is being evaluated, outermost first
}

type result struct {
	value cty.Value
	diags hcl.Diagnostics
}

func newScope(u *unit) *scope {
	return &scope{unit: u, functions: functions(u.opts.Env, u.dirOf), known: make(map[string]result)}
}

// Context implements schema.Scope: it evaluates what expr refers to.
func (s *scope) Context(expr hcl.Expression) (*hcl.EvalContext, hcl.Diagnostics) {
	values := map[string]map[string]cty.Value{}
	var diags hcl.Diagnostics
	for _, t := range expr.Variables() {
		root, name, ds := s.reference(t)
		if ds == nil {
			var v cty.Value
			if v, ds = s.value(root, name, t.SourceRange()); values[root] == nil {
				values[root] = map[string]cty.Value{}
			}
			values[root][name] = v
		}
		diags = append(diags, ds...)
	}
	ctx := &hcl.EvalContext{Variables: make(map[string]cty.Value, len(values)), Functions: s.functions}
	for root, attrs := range values {
		ctx.Variables[root] = cty.ObjectVal(attrs)
	}
	return ctx, diags
}

// reference takes "var.zone.name" apart, as far as it is ours.
func (s *scope) reference(t hcl.Traversal) (root, name string, diags hcl.Diagnostics) {
	roots := []string{"var", "local", "provider"}
	root = t.RootName()
	if !slices.Contains(roots, root) {
		return "", "", failAt(t.SourceRange(), "Unknown reference",
			"There is no %q. A spec refers to var.NAME, local.NAME and provider.NAME; a text stands in quotes. %s",
			root, suggest(root, roots))
	}
	if len(t) > 1 {
		switch step := t[1].(type) {
		case hcl.TraverseAttr:
			return root, step.Name, nil
		case hcl.TraverseIndex:
			if step.Key.Type() == cty.String {
				return root, step.Key.AsString(), nil
			}
		}
	}
	return "", "", failAt(t.SourceRange(), "Incomplete reference", "Name what is meant: %s.NAME.", root)
}

// suggest is schema.DidYouMean without the list of all names.
func suggest(given string, names []string) string {
	if near := schema.Nearest(given, names); near != "" {
		return fmt.Sprintf("Did you mean %q?", near)
	}
	return ""
}

// value evaluates what root.name refers to; at is where it is used.
func (s *scope) value(root, name string, at hcl.Range) (cty.Value, hcl.Diagnostics) {
	u := s.unit
	switch {
	case root == "provider":
		_, ds := u.provider(name, at)
		return cty.StringVal(name), ds
	case root == "var" && u.variables[name] == nil:
		return cty.DynamicVal, failAt(at, "Unknown variable", "There is no variable %q in this spec. %s",
			name, declare(name, u.varNames, `variable "`+name+`" { … }`))
	case root == "local" && u.locals[name] == nil:
		return cty.DynamicVal, failAt(at, "Unknown local", "There is no local value %q in this spec. %s",
			name, declare(name, u.locNames, "locals { "+name+" = … }"))
	}
	key := root + "." + name
	if r, done := s.known[key]; done {
		return r.value, r.diags
	}
	if i := slices.Index(s.active, key); i >= 0 {
		chain := strings.Join(append(slices.Clone(s.active[i:]), key), " -> ")
		return cty.DynamicVal, failAt(at, "Values that need each other", "%s: each needs the next one. Give one of them a value of its own.", chain)
	}
	s.active = append(s.active, key)
	var r result
	if root == "var" {
		r.value, r.diags = u.variables[name].evaluate(s)
	} else {
		r.value, r.diags = s.evaluate(u.locals[name].Expr)
	}
	s.active = s.active[:len(s.active)-1]
	s.known[key] = r
	return r.value, r.diags
}

func declare(name string, names []string, block string) string {
	if near := schema.Nearest(name, names); near != "" {
		return fmt.Sprintf("Did you mean %q?", near)
	}
	return "Declare it: " + block
}

// evaluate returns the value of an expression.
func (s *scope) evaluate(expr hcl.Expression) (cty.Value, hcl.Diagnostics) {
	ctx, diags := s.Context(expr)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	v, ds := expr.Value(ctx)
	return v, append(diags, ds...)
}

// all evaluates every variable and local value, so that validate finds what no
// cluster uses.
func (s *scope) all() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, n := range s.unit.varNames {
		_, ds := s.value("var", n, s.unit.variables[n].at)
		diags = append(diags, ds...)
	}
	for _, n := range s.unit.locNames {
		_, ds := s.value("local", n, s.unit.locals[n].Range)
		diags = append(diags, ds...)
	}
	return diags
}
