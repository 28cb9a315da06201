package spec

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/schema"
)

// Evaluator returns the function that schema.Reveal needs to yield the
// sensitive settings of a state again, without the spec: functions work as in
// a spec in the folder dir, and var.NAME is ECLUSTER_VAR_NAME.
func Evaluator(env func(string) (string, bool), dir string) func(source string) (any, error) {
	fns := functions(env, func() string { return dir })
	return func(source string) (any, error) {
		expr, diags := hclsyntax.ParseExpression([]byte(source), "state", hcl.InitialPos)
		if diags.HasErrors() {
			return nil, fmt.Errorf("parse %s: %s", source, diags[0].Detail)
		}
		vars := make(map[string]cty.Value)
		for _, t := range expr.Variables() {
			name, err := variableName(t)
			if err != nil {
				return nil, fmt.Errorf("evaluate %s: %w", source, err)
			}
			text, has := env(envPrefix + name)
			if !has {
				return nil, fmt.Errorf("evaluate %s: the state does not keep this sensitive value; set %s%s", source, envPrefix, name)
			}
			vars[name] = cty.StringVal(text)
		}
		ctx := &hcl.EvalContext{Functions: fns, Variables: map[string]cty.Value{"var": cty.ObjectVal(vars)}}
		v, diags := expr.Value(ctx)
		if diags.HasErrors() {
			return nil, fmt.Errorf("evaluate %s: %s", source, diags[0].Detail)
		}
		return schema.ToPlain(v)
	}
}

func variableName(t hcl.Traversal) (string, error) {
	if t.RootName() == "var" && len(t) > 1 {
		if step, ok := t[1].(hcl.TraverseAttr); ok {
			return step.Name, nil
		}
	}
	return "", fmt.Errorf("%s is known only to the spec", t.RootName())
}
