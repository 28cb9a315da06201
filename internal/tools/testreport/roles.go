package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/role/roletest"
)

// roleTable gathers which role passed tests of which kind on which platform.
type roleTable struct {
	declared []*role.Role // in the order of their names
	strict   bool         // every declared pair must have a proof
	said     map[testID][]roletest.Proof
	proved   map[place]map[string]bool // the ways
	strays   []string
}

// place is a role on a platform.
type place struct{ role, platform string }

func newRoleTable(declared []*role.Role, strict bool) *roleTable {
	return &roleTable{
		declared: declared, strict: strict,
		said: map[testID][]roletest.Proof{}, proved: map[place]map[string]bool{},
	}
}

// attr takes in what a test says that it proves.
func (t *roleTable) attr(id testID, key, value string) {
	if key != roletest.Attr {
		return
	}
	proof, ok := roletest.Parse(value)
	if !ok || !slices.Contains(roletest.Ways(), proof.How) {
		t.strays = append(t.strays, fmt.Sprintf("%s %s: %q proves no role (roletest.Proved)", id.pkg, id.test, value))
		return
	}
	t.said[id] = append(t.said[id], proof)
}

// end counts what a test said if it passed.
func (t *roleTable) end(id testID, res result) {
	for _, p := range t.said[id] {
		if res.action != "pass" {
			break
		}
		at := place{p.Role, p.Platform}
		if t.proved[at] == nil {
			t.proved[at] = map[string]bool{}
		}
		t.proved[at][p.How] = true
	}
	delete(t.said, id)
}

// platforms are the columns of the table.
func (t *roleTable) platforms() []string {
	seen := map[string]bool{}
	for _, r := range t.declared {
		for _, p := range r.Platforms {
			seen[p] = true
		}
	}
	for at := range t.proved {
		seen[at.platform] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// real reports whether a test has proved a role on real nodes.
func (t *roleTable) real(r *role.Role) bool {
	return slices.ContainsFunc(t.platforms(), func(platform string) bool {
		ways := t.proved[place{r.Name, platform}]
		return ways[roletest.Containers] || ways[roletest.Machines]
	})
}

// cell is how a role was tested on a platform: the ways with real software, or
// else the weaker ones.
func (t *roleTable) cell(r *role.Role, platform string) string {
	ways := t.proved[place{r.Name, platform}]
	var words []string
	for _, way := range roletest.Ways() {
		weak := way == roletest.Golden || way == roletest.Rehearsal
		if ways[way] && (!weak || len(words) == 0) {
			words = append(words, way)
		}
	}
	switch {
	case len(words) > 0:
		return strings.Join(words, ", ")
	case !r.WorksOn(platform):
		return ""
	case r.Untested != "":
		return "untested"
	}
	return "-"
}

// table shows the roles in lines and the platforms in columns. "-" is a
// platform that the role names and no test of this run proved; it is empty
// where the role does not name it. Why a role is untested stands below.
func (t *roleTable) table() string {
	if len(t.declared) == 0 || len(t.proved) == 0 {
		return ""
	}
	platforms := t.platforms()
	rows := [][]string{append([]string{""}, platforms...)}
	var notes []string
	for _, r := range t.declared {
		row := []string{r.Name}
		for _, p := range platforms {
			row = append(row, t.cell(r, p))
		}
		rows = append(rows, row)
		if r.Untested != "" {
			notes = append(notes, fmt.Sprintf("  %s is untested: %s\n", r.Name, r.Untested))
		}
	}
	widths := make([]int, len(platforms)+1)
	for _, row := range rows {
		for i, text := range row {
			widths[i] = max(widths[i], len(text))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, text := range row {
			row[i] = fmt.Sprintf("%-*s", widths[i], text)
		}
		b.WriteString(strings.TrimRight("  "+strings.Join(row, "  "), " ") + "\n")
	}
	if len(notes) > 0 {
		b.WriteString("\n" + strings.Join(notes, ""))
	}
	return b.String()
}

// faults are the proofs of what there is not and, in a strict tier, what no
// test proved: a role on a platform that it names, or anywhere on a real node.
func (t *roleTable) faults() []string {
	faults := slices.Clone(t.strays)
	byName := map[string]*role.Role{}
	for _, r := range t.declared {
		byName[r.Name] = r
	}
	for at := range t.proved {
		switch r := byName[at.role]; {
		case len(t.declared) == 0:
		case r == nil:
			faults = append(faults, fmt.Sprintf("%s on %s: a test proved it, but there is no such role", at.role, at.platform))
		case !r.WorksOn(at.platform):
			faults = append(faults, fmt.Sprintf("%s on %s: a test proved it, but its role.hcl does not name that platform", at.role, at.platform))
		}
	}
	for _, r := range t.declared {
		if !t.strict || r.Untested != "" {
			continue
		}
		if !t.real(r) {
			faults = append(faults, r.Name+": no test proved it on a real node of any platform")
		}
		for _, p := range r.Platforms {
			if len(t.proved[place{r.Name, p}]) == 0 {
				faults = append(faults, fmt.Sprintf("%s on %s: its role.hcl names the platform, but no test proved it", r.Name, p))
			}
		}
	}
	slices.Sort(faults)
	return faults
}
