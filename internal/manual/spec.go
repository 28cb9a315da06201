package manual

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Kind is what an example in HCL is.
type Kind string

// The kinds.
const (
	Spec     Kind = "spec"              // valid as it stands
	Provider Kind = "provider"          // blocks around a cluster that is not shown
	Part     Kind = "part"              // what stands in a cluster block
	Group    Kind = "part of a group"   // what stands in a node group
	Role     Kind = "role"              // a role.hcl
	Settings Kind = "user's settings"   // ~/.ecluster/config.hcl
	Snippet  Kind = "part of a setting" // blocks of another block, named in With
)

// hostKinds are the blocks by which an example is recognised. One that stands
// in several places belongs to the first.
func hostKinds() []struct {
	kind   Kind
	blocks []string
} {
	return []struct {
		kind   Kind
		blocks []string
	}{
		{Role, []string{"param", "secret", "file", "step", "needs"}},
		{Provider, []string{"variable", "locals", "provider"}},
		{Part, []string{"node_group", "scheduler", "share", "scratch", "role", "network", "limits", "login"}},
		{Group, []string{"boot_disk", "gpu"}},
	}
}

// Kind recognises an example in HCL by its blocks.
func (e Example) Kind() (Kind, error) {
	if len(e.With) > 0 && e.With[0] == "settings" {
		return Settings, nil
	}
	body, err := e.body()
	if err != nil {
		return "", err
	}
	if len(e.With) > 1 && e.With[0] == "in" {
		return Snippet, nil
	}
	var has []string
	for _, b := range body.Blocks {
		has = append(has, b.Type)
	}
	if slices.Contains(has, "cluster") {
		return Spec, nil
	}
	if _, ok := body.Attributes["summary"]; ok {
		return Role, nil
	}
	for _, k := range hostKinds() {
		if slices.ContainsFunc(has, func(b string) bool { return slices.Contains(k.blocks, b) }) {
			return k.kind, nil
		}
	}
	return "", fmt.Errorf("line %d: what this example is can't be told: it has the blocks %q; write <!-- example: in BLOCK --> above it", e.Line, has)
}

func (e Example) body() (*hclsyntax.Body, error) {
	file, diags := hclsyntax.ParseConfig([]byte(e.Text), "", hcl.Pos{Line: e.Line + 1, Column: 1})
	if diags.HasErrors() {
		return nil, fmt.Errorf("line %d is no HCL: %w", e.Line, diags)
	}
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return nil, fmt.Errorf("line %d: it is no native HCL", e.Line)
	}
	return body, nil
}

// provider is the one that a spec around an example uses.
func (e Example) provider(otherwise string) string {
	if i := slices.Index(e.With, "provider"); i >= 0 && i+1 < len(e.With) {
		return e.With[i+1]
	}
	return otherwise
}

// Whole is the example as a complete spec: what it leaves out is put around
// it, so that all that it shows is looked at.
func (e Example) Whole() (string, error) {
	kind, err := e.Kind()
	if err != nil {
		return "", err
	}
	switch kind {
	case Spec:
		return e.Text, nil
	case Provider:
		return e.withCluster()
	case Part:
		return e.inCluster(e.Text)
	case Group:
		return e.inCluster("node_group \"compute\" {\ncount = 1\n" + e.Text + "}\n")
	case Snippet:
		return e.inCluster(e.With[1] + " " + quoted(e.With[2:]) + "{\n" + e.Text + "}\n")
	case Role, Settings: // are none
	}
	return "", fmt.Errorf("line %d: an example that is a %s is no spec", e.Line, kind)
}

// quoted makes labels of words, up to one that is a direction for us.
func quoted(words []string) string {
	var b strings.Builder
	for _, w := range words {
		if w == "provider" {
			break
		}
		fmt.Fprintf(&b, "%q ", w)
	}
	return b.String()
}

// withCluster adds a cluster that uses the provider of the example.
func (e Example) withCluster() (string, error) {
	body, err := e.body()
	if err != nil {
		return "", err
	}
	uses := e.provider("docker")
	for _, b := range body.Blocks {
		if b.Type == "provider" && len(b.Labels) == 1 {
			uses = b.Labels[0]
		}
	}
	return e.Text + "\n" + hosting(uses, "node_group \"frontend\" { count = 1 }\n"), nil
}

// inCluster puts text into a cluster, with the node groups that it speaks of
// and does not show.
func (e Example) inCluster(text string) (string, error) {
	shown := Example{Line: e.Line, Text: text}
	body, err := shown.body()
	if err != nil {
		return "", err
	}
	var groups []string
	for _, b := range body.Blocks {
		if b.Type == "node_group" && len(b.Labels) == 1 {
			groups = append(groups, b.Labels[0])
		}
	}
	for _, name := range []string{"frontend", "compute", "storage", "gpu"} {
		needed := name == "frontend" || name == "compute" || strings.Contains(text, `"`+name+`"`)
		if needed && !slices.Contains(groups, name) {
			text += fmt.Sprintf("node_group %q { count = %d }\n", name, counts(name))
		}
	}
	return hosting(e.provider("docker"), text), nil
}

// counts is how many nodes a group has that an example does not show.
func counts(group string) int {
	switch group {
	case "frontend":
		return 1
	case "storage":
		return 3
	}
	return 2
}

func hosting(provider, text string) string {
	return fmt.Sprintf("cluster \"example\" {\nprovider = provider.%s\n%s}\n", provider, text)
}
