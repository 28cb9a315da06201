package schema

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// content is body.Content with messages that name what is valid.
func (s Schema) content(body hcl.Body) (*hcl.BodyContent, hcl.Diagnostics) {
	return Content(body, s.Body())
}

// Body is what HCL needs to know of the schema.
func (s Schema) Body() *hcl.BodySchema {
	want := &hcl.BodySchema{}
	for _, a := range s.Attrs {
		want.Attributes = append(want.Attributes, hcl.AttributeSchema{Name: a.Name})
	}
	for _, b := range s.Blocks {
		want.Blocks = append(want.Blocks, hcl.BlockHeaderSchema{Type: b.Name, LabelNames: b.Labels})
	}
	return want
}

// Content is body.Content, except that an unknown attribute or block of native
// syntax is reported with the nearest valid name, else with all of them.
func Content(body hcl.Body, want *hcl.BodySchema) (*hcl.BodyContent, hcl.Diagnostics) {
	native, ok := body.(*hclsyntax.Body)
	if !ok {
		return body.Content(want)
	}
	content, _, diags := native.PartialContent(want)
	attrs, blocks := map[string]bool{}, map[string]bool{}
	var attrNames, blockNames []string
	for _, a := range want.Attributes {
		attrs[a.Name], attrNames = true, append(attrNames, a.Name)
	}
	for _, b := range want.Blocks {
		blocks[b.Type], blockNames = true, append(blockNames, b.Type)
	}
	for _, attr := range written(native) {
		name := attr.Name
		if attrs[name] {
			continue
		}
		detail := fmt.Sprintf("There is no attribute %q here. %s", name, DidYouMean(name, append(attrNames, blockNames...)))
		if blocks[name] {
			detail = fmt.Sprintf("%q is a block, not an attribute: write %s { … } without the equals sign.", name, name)
		}
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Subject: attr.NameRange.Ptr(), Summary: "Unknown attribute", Detail: detail,
		})
	}
	for _, block := range native.Blocks {
		name := block.Type
		if blocks[name] {
			continue
		}
		detail := fmt.Sprintf("There is no block %q here. %s", name, DidYouMean(name, append(blockNames, attrNames...)))
		if attrs[name] {
			detail = fmt.Sprintf("%q is an attribute, not a block: write %s = … with an equals sign.", name, name)
		}
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Subject: block.TypeRange.Ptr(), Summary: "Unknown block", Detail: detail,
		})
	}
	return content, diags
}

// written are the attributes of a body from top to bottom.
func written(body *hclsyntax.Body) []*hclsyntax.Attribute {
	return slices.SortedFunc(maps.Values(body.Attributes), func(a, b *hclsyntax.Attribute) int {
		return cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte)
	})
}

// Position is where a range begins, in words: "cluster.hcl line 7".
func Position(r hcl.Range) string { return fmt.Sprintf("%s line %d", r.Filename, r.Start.Line) }

// sentence ends s with a full stop.
func sentence(s string) string {
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") || strings.HasSuffix(s, "!") {
		return s
	}
	return s + "."
}
