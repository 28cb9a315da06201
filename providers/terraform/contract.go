package terraform

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"

	"github.com/ecluster/ecluster/internal/schema"
)

// ourVariable is a variable that ecluster gives a value to.
type ourVariable struct {
	name      string
	required  bool
	sensitive bool
	write     string // how to declare it
}

// ours is the contract: docs/providers/terraform.md explains it to authors of
// modules.
var ours = []ourVariable{
	{name: "cluster_id", required: true, write: `variable "cluster_id" { type = string }`},
	{name: "nodes", required: true, write: `variable "nodes" { type = map(object({ name = string, group = string, image = string, machine_type = string })) }`},
	{name: "admin_user", write: `variable "admin_user" { type = string }`},
	{name: "cluster_name", write: `variable "cluster_name" { type = string }`},
	{name: "authorized_key", write: `variable "authorized_key" { type = string }`},
	{name: "host_key_public", write: `variable "host_key_public" { type = string }`},
	{name: "ssh_from", write: `variable "ssh_from" { type = list(string) }`},
	{name: "tags", write: `variable "tags" { type = map(string) }`},
	{name: "host_key", sensitive: true, write: "variable \"host_key\" {\n  type      = string\n  sensitive = true\n}"},
	{name: "user_data", sensitive: true, write: "variable \"user_data\" {\n  type      = map(string)\n  sensitive = true\n}"},
}

const writeOutput = `output "nodes" { value = { for name, m in RESOURCE : name => { id = m.id, private_ip = m.IP, public_ip = "" } } }`

// contract is what a module declares.
type contract struct {
	variables map[string]declared
	outputs   map[string]bool
}

// declared is one variable.
type declared struct {
	optional  bool // it has a default
	sensitive bool
}

// has reports whether the module wants to know a variable.
func (c *contract) has(variable string) bool {
	_, has := c.variables[variable]
	return has
}

// readContract reads the declarations at the root of a module.
func readContract(module fs.FS) (*contract, error) {
	c := &contract{variables: map[string]declared{}, outputs: map[string]bool{}}
	entries, err := fs.ReadDir(module, ".")
	if err != nil {
		return nil, err
	}
	files := 0
	parser := hclparse.NewParser()
	for _, e := range entries {
		name := e.Name()
		native, json := path.Ext(name) == ".tf", strings.HasSuffix(name, ".tf.json")
		if e.IsDir() || !native && !json {
			continue
		}
		files++
		data, err := fs.ReadFile(module, name)
		if err != nil {
			return nil, err
		}
		parse := parser.ParseHCL
		if json {
			parse = parser.ParseJSON
		}
		file, diags := parse(data, name)
		if diags.HasErrors() {
			return nil, diags
		}
		if err := c.read(file.Body); err != nil {
			return nil, err
		}
	}
	if files == 0 {
		return nil, fmt.Errorf("there is no file *.tf in it")
	}
	return c, nil
}

func (c *contract) read(body hcl.Body) error {
	content, _, diags := body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: "variable", LabelNames: []string{"name"}},
		{Type: "output", LabelNames: []string{"name"}},
	}})
	if diags.HasErrors() {
		return diags
	}
	for _, block := range content.Blocks {
		if block.Type == "output" {
			c.outputs[block.Labels[0]] = true
			continue
		}
		inner, _, diags := block.Body.PartialContent(&hcl.BodySchema{
			Attributes: []hcl.AttributeSchema{{Name: "default"}, {Name: "sensitive"}},
		})
		if diags.HasErrors() {
			return diags
		}
		var v declared
		_, v.optional = inner.Attributes["default"]
		if s, is := inner.Attributes["sensitive"]; is {
			if diags := gohcl.DecodeExpression(s.Expr, nil, &v.sensitive); diags.HasErrors() {
				return diags
			}
		}
		c.variables[block.Labels[0]] = v
	}
	return nil
}

// problem is a way in which a module and a spec don't fit.
type problem struct{ summary, advice string }

// problems compares what a module declares with what it will be told.
func (c *contract) problems(variables, secrets map[string]any) []problem {
	var out []problem
	add := func(advice, format string, args ...any) {
		out = append(out, problem{summary: fmt.Sprintf(format, args...), advice: advice})
	}
	for _, o := range ours {
		v, has := c.variables[o.name]
		switch {
		case !has && o.required:
			add("Add to the module:\n"+o.write, "the module has no variable %q", o.name)
		case has && o.sensitive && !v.sensitive:
			add("Write it as:\n"+o.write, "the module's variable %q is not declared as sensitive", o.name)
		}
	}
	if !c.outputs["nodes"] {
		add("Add to the module:\n"+writeOutput, "the module has no output %q", "nodes")
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if !c.has(name) {
			add(schema.DidYouMean(name, c.free()), "the module has no variable %q, which the spec sets", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		switch v, has := c.variables[name]; {
		case !has:
			add(schema.DidYouMean(name, c.free()), "the module has no variable %q, which the spec sets", name)
		case !v.sensitive:
			add("Add sensitive = true to its declaration, so that Terraform does not show it.", "the module's variable %q gets a sensitive value and is not declared as sensitive", name)
		}
	}
	for _, name := range c.free() {
		_, plain := variables[name]
		_, secret := secrets[name]
		if !c.variables[name].optional && !plain && !secret {
			add(fmt.Sprintf("Write variables = { %s = … } in the provider block.", name), "the module's variable %q has no value", name)
		}
	}
	return out
}

// free are the names of the variables that are the user's to set.
func (c *contract) free() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(c.variables)) {
		if !slices.ContainsFunc(ours, func(o ourVariable) bool { return o.name == name }) {
			names = append(names, name)
		}
	}
	return names
}
