package role_test

import (
	"testing"

	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/roles"
)

// TestEmbeddedRoles: every role that is part of the program can be loaded.
func TestEmbeddedRoles(t *testing.T) {
	lib := role.NewLibrary(roles.FS)
	if len(lib.Names()) == 0 {
		t.Fatal("there are no embedded roles")
	}
	for _, name := range lib.Names() {
		r, diags := lib.Lookup(name)
		if r == nil {
			t.Errorf("%s: %v", name, diags.Errs())
		}
	}
}
