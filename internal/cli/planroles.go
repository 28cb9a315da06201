package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/ui"
)

// groupRoles is a node group as `plan --roles` shows it.
type groupRoles struct {
	Group cluster.GroupName `json:"group"`
	Count int               `json:"count"`
	Roles []cluster.RoleUse `json:"roles"`
}

func rolesOf(wanted *cluster.Spec) []groupRoles {
	groups := make([]groupRoles, len(wanted.Groups))
	for i, g := range wanted.Groups {
		groups[i] = groupRoles{Group: g.Name, Count: g.Count, Roles: g.Roles}
	}
	return groups
}

func rolesPage(p ui.Page, wanted *cluster.Spec) error {
	for _, g := range wanted.Groups {
		if err := p.Linef("%s (%s)", g.Name, counted(g.Count, "node")); err != nil {
			return err
		}
		for _, r := range g.Roles {
			line := fmt.Sprintf("  %-18s %s", r.Key(), paramsOf(r))
			if err := p.Linef("%s", strings.TrimRight(line, " ")); err != nil {
				return err
			}
		}
	}
	return nil
}

// paramsOf writes the parameters that say something, as name=value with the
// value as JSON where it is no plain word.
func paramsOf(r cluster.RoleUse) string {
	var params []string
	for _, name := range slices.Sorted(maps.Keys(r.Params)) {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(r.Params[name]); err != nil {
			continue // parameters are plain data
		}
		value := strings.TrimSpace(b.String())
		if slices.Contains([]string{`""`, "[]", "{}", "null"}, value) {
			continue
		}
		if word, text := r.Params[name].(string); text && !strings.ContainsAny(word, " \t\n\"") {
			value = word
		}
		params = append(params, name+"="+value)
	}
	return strings.Join(params, " ")
}

// counted reads "1 node" or "3 nodes".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
