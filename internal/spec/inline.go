package spec

import (
	"encoding/json"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Source implements schema.Scope: the text of expr in which each local, and
// each variable that has its default, is replaced by its own text. What
// remains needs only functions and the environment, so that the state can
// yield the value again without the spec.
func (s *scope) Source(expr hcl.Expression) (string, hcl.Diagnostics) {
	text, diags := s.inline(expr)
	if diags.HasErrors() {
		return "", diags
	}
	parsed, ds := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
	if ds.HasErrors() {
		return "", failAt(expr.Range(), "Sensitive value in an unusual form",
			"It can't be kept as an expression. Write it as one call: env(\"NAME\") or file(\"path\").")
	}
	if len(parsed.Variables()) == 0 {
		if _, ds := parsed.Value(nil); !ds.HasErrors() {
			return "", failAt(expr.Range(), "Sensitive value in the spec itself",
				"It would be kept as it stands here. Write where it comes from instead: env(\"NAME\") or file(\"path\").")
		}
	}
	return text, nil
}

func (s *scope) inline(expr hcl.Expression) (string, hcl.Diagnostics) {
	text, native, diags := s.text(expr)
	if diags.HasErrors() {
		return "", diags
	}
	base := native.Range().Start.Byte
	refs := native.Variables()
	slices.SortFunc(refs, func(a, b hcl.Traversal) int { // from the end, so that positions stay true
		return b.SourceRange().Start.Byte - a.SourceRange().Start.Byte
	})
	for _, t := range refs {
		root, name, ds := s.reference(t)
		if ds.HasErrors() {
			return "", ds
		}
		var inner hcl.Expression
		switch {
		case root == "local" && s.unit.locals[name] != nil:
			inner = s.unit.locals[name].Expr
		case root == "var" && s.unit.variables[name] != nil:
			inner = s.unit.variables[name].defaultInUse()
		}
		if inner == nil {
			continue
		}
		insert, ds := s.inline(inner)
		if ds.HasErrors() {
			return "", ds
		}
		whole := hcl.RangeBetween(t[0].SourceRange(), t[1].SourceRange())
		from, to := whole.Start.Byte-base, whole.End.Byte-base
		if from > 0 || to < len(text) {
			insert = "(" + insert + ")"
		}
		text = text[:from] + insert + text[to:]
	}
	return text, nil
}

// text returns the native text of expr, and the expression that it parses to.
func (s *scope) text(expr hcl.Expression) (string, hcl.Expression, hcl.Diagnostics) {
	r := expr.Range()
	src, ok := s.unit.sources[r.Filename]
	if !ok || !r.CanSliceBytes(src.file.Bytes) {
		return "", nil, failAt(r, "Sensitive value without a source",
			"This sensitive value stands in no file of the spec. Write it as env(\"NAME\") or file(\"path\").")
	}
	text := string(r.SliceBytes(src.file.Bytes))
	if !src.json {
		return text, expr, nil
	}
	var template string
	if json.Unmarshal([]byte(text), &template) == nil {
		if parsed, ds := hclsyntax.ParseTemplate([]byte(template), r.Filename, hcl.InitialPos); !ds.HasErrors() {
			if wrap, ok := parsed.(*hclsyntax.TemplateWrapExpr); ok {
				w := wrap.Wrapped.Range()
				return string(w.SliceBytes([]byte(template))), wrap.Wrapped, nil
			}
		}
	}
	return "", nil, failAt(r, "Sensitive value in the spec itself",
		"It would be kept as it stands here. Write where it comes from instead: \"${env(\\\"NAME\\\")}\".")
}
