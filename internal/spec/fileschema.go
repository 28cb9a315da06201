package spec

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/schema"
)

// fileSchema is what stands at the top of a file. What is in the blocks is
// read by those who know what they mean.
func fileSchema() schema.Schema {
	return schema.Schema{
		Doc: "A spec: a file, or all files *.ecluster.hcl of a folder together.",
		Blocks: []schema.Block{
			{Name: "variable", Labels: []string{"name"}, Many: true, Raw: true, Schema: variableSchema()},
			{Name: "locals", Many: true, Raw: true, Schema: schema.Schema{
				Doc: "Names for expressions: after tools = [\"htop\"], local.tools stands for the list.",
			}},
			{Name: "provider", Labels: []string{"kind"}, Many: true, Raw: true, Schema: schema.Schema{
				Doc:   "A cloud and its settings; a provider that needs none needs no block.",
				Attrs: []schema.Attr{aliasAttr()},
			}},
			{Name: "cluster", Labels: []string{"name"}, Many: true, Raw: true, Schema: schema.Schema{
				Doc: "One cluster. Its label is the name that commands use.",
			}},
		},
	}
}

// variableSchema is read before anything can be evaluated: its attributes are
// constants, but for the default.
func variableSchema() schema.Schema {
	return schema.Schema{
		Doc: "A value that is given from outside: with --var name=value, --var-file, or ECLUSTER_VAR_name. Expressions call it var.name.",
		Attrs: []schema.Attr{
			{Name: "type", Type: cty.DynamicPseudoType, Doc: "A type: string, number, bool, list(string), map(number), object({ … }). Default: any."},
			{Name: "default", Type: cty.DynamicPseudoType, Doc: "Its value when none is given. Without it, one must be."},
			{Name: "description", Type: cty.String, Doc: "What it is, for people."},
			{Name: "sensitive", Type: cty.Bool, Default: false, Doc: "It is a secret: never shown, and kept in no record."},
		},
		Blocks: []schema.Block{{Name: "validation", Many: true, Raw: true, Schema: validationSchema()}},
	}
}

func validationSchema() schema.Schema {
	return schema.Schema{
		Doc: "What the value must satisfy.",
		Attrs: []schema.Attr{
			{Name: "condition", Type: cty.Bool, Required: true, Doc: "An expression with var.name that is true for good values."},
			{Name: "error_message", Type: cty.String, Required: true, Doc: "What is said of the others, in one sentence."},
		},
	}
}
