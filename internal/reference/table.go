package reference

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/schema"
)

// Table lists attributes. head names the first column.
func Table(head string, attrs []schema.Attr) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s | Type | Default | What it is |\n|---|---|---|---|\n", head)
	for _, a := range attrs {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", a.Name, Cell(typeName(a.Type)), Cell(byDefault(a)), Cell(meaning(a)))
	}
	return b.String()
}

// Cell makes a text fit into a table.
func Cell(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", `\|`)
}

// typeName is a type as HCL writes it; what is in an object stands elsewhere.
func typeName(t cty.Type) string {
	switch {
	case t.IsObjectType():
		return "object"
	case t.IsListType(), t.IsSetType():
		return "list(" + typeName(t.ElementType()) + ")"
	case t.IsMapType():
		return "map(" + typeName(t.ElementType()) + ")"
	}
	return typeexpr.TypeString(t)
}

func byDefault(a schema.Attr) string {
	if a.Required {
		return "required"
	}
	if a.Default == nil {
		return ""
	}
	data, err := json.Marshal(a.Default)
	if err != nil {
		return ""
	}
	return "`" + string(data) + "`"
}

func meaning(a schema.Attr) string {
	text := a.Doc
	if fields := objectFields(a.Type); len(fields) > 0 {
		text += " Each has " + strings.Join(fields, ", ") + "."
	}
	if len(a.OneOf) > 0 {
		text += " One of `" + strings.Join(a.OneOf, "`, `") + "`."
	}
	if a.Sensitive {
		text += " Kept secret."
	}
	return text
}

// objectFields are the attributes of the objects in a type; those with a
// question mark may be left out.
func objectFields(t cty.Type) []string {
	for t.IsCollectionType() {
		t = t.ElementType()
	}
	if !t.IsObjectType() {
		return nil
	}
	var out []string
	for name := range t.AttributeTypes() {
		text := "`" + name + "`"
		if t.AttributeOptional(name) {
			text += "?"
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}
