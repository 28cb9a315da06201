package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/schema"
)

// parameters describes a role as its role.hcl does.
func parameters(r *role.Role) string {
	var b strings.Builder
	platforms := "all platforms"
	if len(r.Platforms) > 0 {
		platforms = strings.Join(r.Platforms, ", ")
	}
	fmt.Fprintf(&b, "Works on: %s.", platforms)
	for _, list := range []struct {
		what  string
		names []string
	}{{"Brings along", r.Requires}, {"Can't be on a node with", r.Conflicts}} {
		if len(list.names) > 0 {
			fmt.Fprintf(&b, " %s: %s.", list.what, links(list.names))
		}
	}
	if r.Repeatable {
		b.WriteString(" A node may have it several times.")
	}
	if r.Untested != "" {
		fmt.Fprintf(&b, " **Untested**: %s.", strings.TrimSuffix(r.Untested, "."))
	}
	b.WriteString("\n\n")
	if len(r.Params.Attrs) == 0 {
		b.WriteString("It has no parameters.\n")
		return b.String()
	}
	b.WriteString("| Parameter | Type | Default | What it is |\n|---|---|---|---|\n")
	for _, a := range r.Params.Attrs {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", a.Name, cell(typeName(a.Type)), cell(byDefault(a)), cell(meaning(a)))
	}
	return b.String()
}

func links(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = fmt.Sprintf("[%s](%s.md)", n, n)
	}
	return strings.Join(out, ", ")
}

// cell makes a text fit into a table.
func cell(s string) string {
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

// kinds are the parts of the index, in order; the last one takes what no
// prefix before it fits.
func kinds() []kind {
	return []kind{
		{"Every node", []string{"base", "names-", "munge"}},
		{"Schedulers", []string{"slurm-", "gridengine-", "htcondor-"}},
		{"Shared and local file systems", []string{"share-", "nfs-", "glusterfs-", "cephfs-", "sshfs-", "scratch", "quota"}},
		{"Tools", []string{""}},
	}
}

type kind struct {
	title    string
	prefixes []string
}

func (k kind) has(name string) bool {
	return slices.ContainsFunc(k.prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// index lists all roles by kind.
func index(all []*role.Role) string {
	var b strings.Builder
	b.WriteString("| Role | What it is | Platforms |\n|---|---|---|\n")
	left := slices.Clone(all)
	for _, k := range kinds() {
		fmt.Fprintf(&b, "| **%s** | | |\n", k.title)
		left = slices.DeleteFunc(left, func(r *role.Role) bool {
			if !k.has(r.Name) {
				return false
			}
			summary := r.Summary
			if r.Untested != "" {
				summary += " (untested)"
			}
			fmt.Fprintf(&b, "| [%s](roles/%s.md) | %s | %s |\n", r.Name, r.Name, cell(summary), strings.Join(r.Platforms, ", "))
			return true
		})
	}
	return b.String()
}
