package spec

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/ecluster/ecluster/internal/schema"
)

// variable is a variable block, and the value that it was given from outside.
type variable struct {
	name      string
	at        hcl.Range // of the block's header
	ty        cty.Type
	optional  *typeexpr.Defaults // of optional attributes of its type
	def       *hcl.Attribute
	sensitive bool
	checks    []validation
	given     *given
}

type validation struct {
	condition *hcl.Attribute
	message   string
}

func (u *unit) addVariable(block *hcl.Block) hcl.Diagnostics {
	v := &variable{name: block.Labels[0], at: block.DefRange, ty: cty.DynamicPseudoType}
	if first, has := u.variables[v.name]; has {
		return twice(v.at, "variable", v.name, first.at)
	}
	if !hclsyntax.ValidIdentifier(v.name) {
		return failAt(v.at, "Bad name of a variable",
			"%q can't be written as var.NAME. Use letters, digits, _ and -, beginning with a letter.", v.name)
	}
	u.variables[v.name] = v
	u.varNames = append(u.varNames, v.name)
	content, diags := schema.Content(block.Body, variableSchema().Body())
	if a, has := content.Attributes["type"]; has {
		ty, optional, ds := typeexpr.TypeConstraintWithDefaults(a.Expr)
		if diags = append(diags, ds...); !ds.HasErrors() {
			v.ty, v.optional = ty, optional
		}
	}
	v.def = content.Attributes["default"]
	if a, has := content.Attributes["description"]; has {
		_, ds := constantOf(a, cty.String)
		diags = append(diags, ds...)
	}
	if a, has := content.Attributes["sensitive"]; has {
		b, ds := constantOf(a, cty.Bool)
		diags = append(diags, ds...)
		v.sensitive = !ds.HasErrors() && b.True()
	}
	for _, b := range content.Blocks {
		diags = append(diags, v.addValidation(b)...)
	}
	return diags
}

func (v *variable) addValidation(block *hcl.Block) hcl.Diagnostics {
	content, diags := schema.Content(block.Body, validationSchema().Body())
	condition, message := content.Attributes["condition"], content.Attributes["error_message"]
	if condition == nil || message == nil {
		return append(diags, failAt(block.DefRange, "Incomplete validation",
			"A validation has a condition and an error_message.")...)
	}
	text, ds := constantOf(message, cty.String)
	if ds.HasErrors() {
		return append(diags, ds...)
	}
	v.checks = append(v.checks, validation{condition, text.AsString()})
	return diags
}

// constantOf evaluates an attribute that may refer to nothing.
func constantOf(a *hcl.Attribute, ty cty.Type) (cty.Value, hcl.Diagnostics) {
	val, diags := a.Expr.Value(nil)
	if diags.HasErrors() {
		return val, diags
	}
	val, err := convert.Convert(val, ty)
	if err != nil || val.IsNull() {
		return val, failAt(a.Expr.Range(), fmt.Sprintf("Wrong value of %q", a.Name), "%s must be %s.", a.Name, schema.InWords(ty))
	}
	return val, nil
}

// defaultInUse is the expression of the default when that is where the value
// comes from, else nil.
func (v *variable) defaultInUse() hcl.Expression {
	if v.given != nil || v.def == nil {
		return nil
	}
	return v.def.Expr
}

// evaluate returns the value: the one that was given, else the default.
func (v *variable) evaluate(s *scope) (cty.Value, hcl.Diagnostics) {
	val, origin, diags := v.raw(s)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	if v.optional != nil && !val.IsNull() {
		val = v.optional.Apply(val)
	}
	val, err := convert.Convert(val, v.ty)
	if err != nil {
		at := v.at
		if v.given == nil {
			at = v.def.Expr.Range()
		}
		return cty.DynamicVal, append(diags, failAt(at, fmt.Sprintf("Wrong value of variable %q", v.name),
			"%s must be %s: %s.", origin, schema.InWords(v.ty), err)...)
	}
	if v.sensitive {
		val = val.Mark(schema.Sensitive)
	}
	return val, append(diags, v.validate(s, val, origin)...)
}

// raw returns the value before its conversion, and in words where it is from.
func (v *variable) raw(s *scope) (cty.Value, string, hcl.Diagnostics) {
	switch {
	case v.given != nil:
		val, diags := v.given.value(v, s)
		return val, "The value from " + v.given.origin, diags
	case v.def != nil:
		val, diags := s.evaluate(v.def.Expr)
		return val, "The default", diags
	default:
		return cty.DynamicVal, "", failAt(v.at, fmt.Sprintf("No value for variable %q", v.name),
			"It has no default. Give it one, or pass --var %s=… or set %s%s.", v.name, envPrefix, v.name)
	}
}

// validate asks the conditions, which may refer to the variable itself and to
// others.
func (v *variable) validate(s *scope, val cty.Value, origin string) hcl.Diagnostics {
	key := "var." + v.name
	s.known[key] = result{value: val}
	var diags hcl.Diagnostics
	for _, c := range v.checks {
		ok, ds := s.evaluate(c.condition.Expr)
		if diags = append(diags, ds...); ds.HasErrors() {
			continue
		}
		ok, _ = ok.Unmark()
		ok, err := convert.Convert(ok, cty.Bool)
		switch {
		case err != nil || ok.IsNull() || !ok.IsKnown():
			diags = append(diags, failAt(c.condition.Expr.Range(), "Wrong condition", "A condition is true or false.")...)
		case ok.False():
			shown := "not allowed"
			if p, err := schema.ToPlain(val); err == nil && !v.sensitive {
				shown = fmt.Sprintf("%v", p)
			}
			diags = append(diags, failAt(v.at, fmt.Sprintf("Variable %q has a value that it can't have", v.name),
				"%s %s is %s.", sentence(c.message), origin, shown)...)
		}
	}
	return diags
}

// sentence ends s with a full stop.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}
