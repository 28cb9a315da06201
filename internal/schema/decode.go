package schema

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// Scope is where expressions are evaluated.
type Scope interface {
	// Context returns what expr may refer to. When it returns an error, expr
	// is not evaluated.
	Context(expr hcl.Expression) (*hcl.EvalContext, hcl.Diagnostics)
	// Source returns expr as text that can be evaluated later, when only
	// functions and variables are there; it is what a sensitive value is kept as.
	Source(expr hcl.Expression) (string, hcl.Diagnostics)
}

// Located is a decoded block that remembers where its parts stand.
type Located struct {
	Values Values
	Labels []string
	Range  hcl.Range            // of the block's header
	Attrs  map[string]hcl.Range // of the attributes that were written, with their values
	Blocks map[string][]Located
	Body   hcl.Body // the body itself; of a Raw block it is all there is
}

// At returns where the attribute stands, or the block's header when it was not
// written.
func (l *Located) At(attr string) hcl.Range {
	if r, ok := l.Attrs[attr]; ok {
		return r
	}
	return l.Range
}

// Block returns the only nested block of that name, or nil.
func (l *Located) Block(name string) *Located {
	if list := l.Blocks[name]; len(list) > 0 {
		return &list[0]
	}
	return nil
}

// Decode checks a body and returns its values with every default filled in.
// Mistakes are diagnostics at their line; the values are then incomplete.
func (s Schema) Decode(body hcl.Body, ctx *hcl.EvalContext) (Values, hcl.Diagnostics) {
	l, diags := s.DecodeIn(body, body.MissingItemRange(), constant{ctx})
	return l.Values, diags
}

// DecodeIn is Decode in a Scope. header is where something that is missing is
// reported.
func (s Schema) DecodeIn(body hcl.Body, header hcl.Range, scope Scope) (*Located, hcl.Diagnostics) {
	l := &Located{
		Values: make(Values, len(s.Attrs)), Range: header, Body: body,
		Attrs: make(map[string]hcl.Range), Blocks: make(map[string][]Located),
	}
	content, diags := s.content(body)
	for _, a := range s.Attrs {
		attr, written := content.Attributes[a.Name]
		if written {
			l.Attrs[a.Name] = attr.Range
			p, ds := a.decode(attr, scope)
			diags = append(diags, ds...)
			if ds.HasErrors() {
				continue
			}
			if p != nil {
				l.Values[a.Name] = p
			}
		}
		a.fill(l.Values)
		if _, has := l.Values[a.Name]; !has && a.Required {
			diags = append(diags, a.missing(header))
		}
	}
	for _, b := range s.Blocks {
		diags = append(diags, b.decode(l, content.Blocks.OfType(b.Name), scope)...)
	}
	return l, diags
}

func (a Attr) missing(header hcl.Range) *hcl.Diagnostic {
	detail := fmt.Sprintf("Write %s = … here: it must be %s.", a.Name, InWords(a.Type))
	if a.Doc != "" {
		detail += " " + a.Doc
	}
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Subject: header.Ptr(),
		Summary: fmt.Sprintf("Missing %q", a.Name), Detail: detail,
	}
}

// decode evaluates one attribute. It returns nil for null.
func (a Attr) decode(attr *hcl.Attribute, scope Scope) (any, hcl.Diagnostics) {
	ctx, diags := scope.Context(attr.Expr)
	if diags.HasErrors() {
		return nil, diags
	}
	v, ds := attr.Expr.Value(ctx)
	diags = append(diags, ds...)
	if ds.HasErrors() {
		return nil, diags
	}
	wrong := func(summary, detail string) (any, hcl.Diagnostics) {
		return nil, append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: summary, Detail: detail,
			Subject: attr.Expr.Range().Ptr(), Expression: attr.Expr, EvalContext: ctx,
		})
	}
	if v.HasMarkDeep(Sensitive) && !a.Sensitive {
		return wrong("Sensitive value in an ordinary setting", fmt.Sprintf(
			"%q is stored and shown as it is, so it can't hold a sensitive value. Use a variable that is not sensitive.", a.Name))
	}
	p, err := a.accept(v)
	if err != nil {
		return wrong(fmt.Sprintf("Wrong value of %q", a.Name), sentence(fmt.Sprintf("%s: %v", a.Name, err)))
	}
	if !a.Sensitive || p == nil || p == "" {
		return p, diags
	}
	source, ds := scope.Source(attr.Expr)
	diags = append(diags, ds...)
	return NewExpression(source, p), diags
}

func (b Block) decode(into *Located, blocks hcl.Blocks, scope Scope) hcl.Diagnostics {
	var diags hcl.Diagnostics
	var values []any
	for i, block := range blocks {
		if i > 0 && !b.Many {
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagError, Subject: block.DefRange.Ptr(),
				Summary: fmt.Sprintf("Second %q block", b.Name),
				Detail: fmt.Sprintf("One %q block is allowed here; the first is at %s. Remove one of them.",
					b.Name, Position(blocks[0].DefRange)),
			})
			continue
		}
		l := &Located{Range: block.DefRange, Body: block.Body}
		if !b.Raw {
			var ds hcl.Diagnostics
			l, ds = b.Schema.DecodeIn(block.Body, block.DefRange, scope)
			diags = append(diags, ds...)
			values = append(values, b.plain(l.Values, block.Labels))
		}
		l.Labels = block.Labels
		into.Blocks[b.Name] = append(into.Blocks[b.Name], *l)
	}
	switch {
	case len(values) == 0:
	case b.Many:
		into.Values[b.Name] = values
	default:
		into.Values[b.Name] = values[0]
	}
	return diags
}

func (b Block) plain(v Values, labels []string) map[string]any {
	if len(labels) > 0 {
		list := make([]any, len(labels))
		for i, l := range labels {
			list[i] = l
		}
		v["labels"] = list
	}
	return v
}

// Sensitive is the mark of HCL values that must not be stored or shown.
var Sensitive = sensitiveMark{}

type sensitiveMark struct{}

// constant is a Scope of one context, without the text of the spec.
type constant struct{ ctx *hcl.EvalContext }

// Context implements Scope.
func (c constant) Context(hcl.Expression) (*hcl.EvalContext, hcl.Diagnostics) { return c.ctx, nil }

// Source implements Scope.
func (constant) Source(hcl.Expression) (string, hcl.Diagnostics) { return "", nil }
