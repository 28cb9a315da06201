package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/role/roletest"
	"github.com/ecluster/ecluster/roles"
)

// settled sets the cluster up once more, which must change nothing and leave
// every node ready. Steps that prove that the node works run each time and may
// say what they like.
func (u *user) settled() {
	u.Helper()
	before := u.nodes()
	proofs := proofSteps()
	for _, e := range u.events("setup", u.cluster) {
		if e.Type == "step_finished" && e.Outcome == "changed" && !proofs[roleName(e.Role)+"/"+e.Step] && !isProof(e) {
			u.Errorf("a set-up that has nothing to do ran %s/%s on %s again", e.Role, e.Step, e.Node)
		}
	}
	after := u.nodes()
	for node := range before {
		if after[node] != "ready" {
			u.Errorf("after a set-up that has nothing to do %s is %q, not ready", node, after[node])
		}
	}
	if len(after) != len(before) {
		u.Errorf("a set-up that has nothing to do made %d nodes of %d", len(after), len(before))
	}
}

// proofSteps are the steps of the verify phase of all embedded roles, as
// "role/step".
func proofSteps() map[string]bool {
	lib := role.NewLibrary(roles.FS)
	proofs := map[string]bool{}
	for _, name := range lib.Names() {
		r, _ := lib.Lookup(name)
		if r == nil {
			continue // internal/role tests that they all parse
		}
		for _, s := range r.Steps {
			if s.Phase == role.Verify {
				proofs[name+"/"+s.Name] = true
			}
		}
	}
	return proofs
}

// roleName is the name of a role within the key of a use, "script.mine".
func roleName(key string) string {
	name, _, _ := strings.Cut(key, ".")
	return name
}

// proved notes for the table of make test and make e2e that the roles work on
// a platform: roletest.Containers, roletest.Machines, ...
func proved(tb testing.TB, platform, how string, names ...string) {
	tb.Helper()
	if !slices.Contains(roletest.Ways(), how) {
		tb.Fatalf("%q is no way to prove a role: one of %q", how, roletest.Ways())
	}
	roletest.Proved(tb, platform, how, names...)
}
