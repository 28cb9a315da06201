package terraform

import (
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/schema"
)

func settingsSchema() schema.Schema {
	return schema.Schema{
		Doc: "A Terraform module, and what it is to be told.",
		Attrs: []schema.Attr{
			{
				Name: "module", Type: cty.String, Required: true, Trusted: true,
				Doc: `The folder of a module ("./cloud", "/srv/modules/cloud"), or the name of one that comes with ecluster: "docker", "openstack".`,
			},
			{
				Name: "variables", Type: cty.DynamicPseudoType, Trusted: true, Check: checkVariables,
				Doc: "What the module's own variables are set to, as a map.",
			},
			{
				Name: "sensitive_variables", Type: cty.DynamicPseudoType, Sensitive: true, Check: checkVariables,
				Doc: "The same for passwords and tokens; the module must declare these variables as sensitive.",
			},
			{
				Name: "binary", Type: cty.String, Trusted: true,
				Doc: `The program to run, as a name or a path. Default: terraform, or else tofu (OpenTofu), whichever is on the PATH.`,
			},
		},
	}
}

func groupSchema() schema.Schema {
	return schema.Schema{
		Doc: "What the module is told of each node of the group beside the common attributes.",
		Attrs: []schema.Attr{
			{
				Name: "attributes", Type: cty.Map(cty.String),
				Doc: "Anything the module understands; it reads nodes[*].attributes.",
			},
			{
				Name: "user_data", Type: cty.String,
				Doc: "The user's own part of the boot data, in any form that cloud-init reads; it runs after ecluster's.",
			},
		},
	}
}

func checkVariables(v any) error {
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("must be a map: { NAME = VALUE, … }")
	}
	for name := range m {
		if slices.ContainsFunc(ours, func(o ourVariable) bool { return o.name == name }) {
			return fmt.Errorf("can't set %q: ecluster itself tells the module that", name)
		}
	}
	return nil
}
