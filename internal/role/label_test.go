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

// TestStepWithoutItsParameter: a step is left out, waits and all, where its
// parameter says nothing.
func TestStepWithoutItsParameter(t *testing.T) {
	r := newRig(t, map[string]string{
		"toy/role.hcl": `
summary = "for tests"
param "server" {
  type    = string
  default = ""
}
param "list" {
  type    = list(string)
  default = []
}
param "on" {
  type    = bool
  default = false
}
param "address" {
  type    = string
  default = "fs:/"
}
step "own" {
  phase = "configure"
  run   = "go.sh"
  wait  = ["never"]
  when  = "server"
}
step "listed" {
  phase = "configure"
  run   = "go.sh"
  when  = "list"
}
step "switched" {
  phase = "configure"
  run   = "go.sh"
  when  = "on"
}
step "managed" {
  phase = "configure"
  run   = "go.sh"
  when  = "address"
}
`,
		"toy/steps/go.sh": `echo go`,
	})
	r.must().expectChanged("toy.managed")
}
