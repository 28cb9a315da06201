package role_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
)

// TestLabelInFacts: each use of a repeatable role has facts of its own, and a
// use without a label has them too.
func TestLabelInFacts(t *testing.T) {
	r := newRig(t, map[string]string{
		"many/role.hcl": `
summary    = "for tests"
repeatable = true
step "serve" {
  phase   = "configure"
  run     = "serve.sh"
  exports = ["many.{label}.ready"]
}
step "use" {
  phase = "join"
  run   = "use.sh"
  wait  = ["many.{label}.ready"]
}
`,
		"many/steps/serve.sh": `fact set "many.$EC_LABEL.ready" "$EC_ROLE"`,
		"many/steps/use.sh":   `[ "$(fact get "many.$EC_LABEL.ready")" = "$EC_ROLE" ]`,
	})
	r.uses = []cluster.RoleUse{
		{Name: "many"}, {Name: "many", Label: "data-raw"}, {Name: "many", Label: "A b"},
	}
	s := r.must()
	var facts []string
	for _, m := range s.messages() {
		if f, ok := m.(role.FactSet); ok {
			facts = append(facts, fmt.Sprintf("%s=%s", f.Name, f.Value))
		}
	}
	want := []string{"many.main.ready=many", "many.data-raw.ready=many.data-raw"}
	if len(facts) != 3 || !slices.Equal(facts[:2], want) {
		t.Errorf("facts %q, want %q and one of a label with a hash", facts, want)
	}
}
