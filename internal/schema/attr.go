package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// accept converts v to the attribute's type and checks it. The result is plain
// data; nil when v is null. The error for a sensitive value does not show it.
func (a Attr) accept(v cty.Value) (any, error) {
	p, err := a.convert(v)
	if err != nil && a.Sensitive {
		return nil, fmt.Errorf("the sensitive value is not %s that is allowed here", InWords(a.Type))
	}
	return p, err
}

func (a Attr) convert(v cty.Value) (any, error) {
	v, _ = v.UnmarkDeep()
	if v.IsNull() {
		return nil, nil
	}
	given := v
	if a.Optional != nil {
		v = a.Optional.Apply(v)
	}
	v, err := convert.Convert(v, a.Type)
	if err != nil {
		return nil, a.mismatch(given, err)
	}
	p, err := ToPlain(v)
	if err != nil {
		return nil, err
	}
	return p, a.check(p)
}

func (a Attr) check(p any) error {
	if s, ok := p.(string); ok && len(a.OneOf) > 0 && !slices.Contains(a.OneOf, s) {
		return fmt.Errorf("can't be %q. %s", s, DidYouMean(s, a.OneOf))
	}
	if a.Check == nil {
		return nil
	}
	return a.Check(p)
}

// mismatch says which type is wanted and what is there instead.
func (a Attr) mismatch(given cty.Value, err error) error {
	is, want := given.Type(), a.Type
	list := func(t cty.Type) bool { return t.IsListType() || t.IsSetType() || t.IsTupleType() }
	mapping := func(t cty.Type) bool { return t.IsMapType() || t.IsObjectType() }
	switch {
	case list(is) && list(want), mapping(is) && mapping(want):
		return fmt.Errorf("must be %s: %w", InWords(want), err) // something inside is wrong
	case is == cty.String && given.IsKnown():
		return fmt.Errorf("must be %s, not the text %q", InWords(want), given.AsString())
	case list(is):
		return fmt.Errorf("must be %s, not a list", InWords(want))
	case mapping(is):
		return fmt.Errorf("must be %s, not a map", InWords(want))
	default:
		return fmt.Errorf("must be %s, not %s", InWords(want), InWords(is))
	}
}

// InWords names a type: "a number", "a list of string".
func InWords(ty cty.Type) string {
	name := ty.FriendlyNameForConstraint()
	switch {
	case ty == cty.Bool:
		return "true or false"
	case ty == cty.String:
		return "a text"
	case strings.HasPrefix(name, "any"):
		return name
	case strings.ContainsRune("aeiou", rune(name[0])):
		return "an " + name
	default:
		return "a " + name
	}
}

// Defaults returns what an empty block decodes to: the default of each
// attribute that has one.
func (s Schema) Defaults() Values {
	out := make(Values, len(s.Attrs))
	for _, a := range s.Attrs {
		a.fill(out)
	}
	return out
}

// fill gives the attribute its default where it has no value.
func (a Attr) fill(out Values) {
	if _, has := out[a.Name]; has || a.Default == nil {
		return
	}
	out[a.Name] = a.defaultValue()
}

// defaultValue is the default as plain data of the attribute's type: a default
// that is declared as int or []string becomes float64 or []any. A default that
// does not fit its own type is returned as it stands; schema tests look for it.
func (a Attr) defaultValue() any {
	v, err := FromPlain(a.Default)
	if err != nil {
		return a.Default
	}
	if v, err = convert.Convert(v, a.Type); err != nil {
		return a.Default
	}
	p, err := ToPlain(v)
	if err != nil {
		return a.Default
	}
	return p
}

// attrNames are the names of all attributes.
func (s Schema) attrNames() []string {
	out := make([]string, len(s.Attrs))
	for i, a := range s.Attrs {
		out[i] = a.Name
	}
	return out
}

// names are the names of all attributes and blocks.
func (s Schema) names() []string {
	out := s.attrNames()
	for _, b := range s.Blocks {
		out = append(out, b.Name)
	}
	return out
}

// Entry is one line of the generated reference.
type Entry struct {
	Path      string   `json:"path"` // "boot_disk.size_gb"
	Type      string   `json:"type"` // a type expression; "block" for a block
	Required  bool     `json:"required,omitempty"`
	Sensitive bool     `json:"sensitive,omitempty"`
	Default   any      `json:"default,omitempty"`
	OneOf     []string `json:"one_of,omitempty"`
	Doc       string   `json:"doc"`
}

// Reference lists every attribute and block, nested ones after their block.
func (s Schema) Reference() []Entry {
	var out []Entry
	for _, a := range s.Attrs {
		e := Entry{
			Path: a.Name, Type: typeexpr.TypeString(a.Type), Required: a.Required,
			Sensitive: a.Sensitive, OneOf: a.OneOf, Doc: a.Doc,
		}
		if a.Default != nil && !a.Sensitive {
			e.Default = a.defaultValue()
		}
		out = append(out, e)
	}
	for _, b := range s.Blocks {
		path := []string{b.Name}
		for _, l := range b.Labels {
			path = append(path, strconv.Quote(l))
		}
		out = append(out, Entry{Path: strings.Join(path, " "), Type: "block", Doc: b.Schema.Doc})
		for _, e := range b.Schema.Reference() {
			e.Path = b.Name + "." + e.Path
			out = append(out, e)
		}
	}
	return out
}
