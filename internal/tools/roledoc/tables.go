package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/reference"
	"github.com/ecluster/ecluster/internal/role"
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
	b.WriteString(reference.Table("Parameter", r.Params.Attrs))
	return b.String()
}

func links(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = fmt.Sprintf("[%s](%s.md)", n, n)
	}
	return strings.Join(out, ", ")
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
			fmt.Fprintf(&b, "| [%s](roles/%s.md) | %s | %s |\n", r.Name, r.Name, reference.Cell(summary), strings.Join(r.Platforms, ", "))
			return true
		})
	}
	return b.String()
}
