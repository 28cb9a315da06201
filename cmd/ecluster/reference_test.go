package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/cli"
	"github.com/ecluster/ecluster/internal/reference"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/roles"
)

var update = flag.Bool("update", false, "write the pages of the reference anew")

// TestReference: docs/reference says what the program says. `make docs` writes
// it.
func TestReference(t *testing.T) {
	pages, err := reference.Pages(reference.Sources{
		Tree: cli.App{}.Tree(), Plugins: plugins(), Roles: role.NewLibrary(roles.FS),
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range pages {
		path := filepath.Join("../../docs/reference", name)
		if *update {
			write(t, filepath.Dir(path), name, want)
			continue
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("docs/reference/%s does not say what the code says: run make docs (%v)", name, err)
		}
	}
}

// TestReferenceIsWhole: whatever a provider or a role takes is explained.
func TestReferenceIsWhole(t *testing.T) {
	for _, p := range plugins() {
		if p.Doc == "" {
			t.Errorf("the provider %s has no doc", p.Kind)
		}
		explained(t, "provider "+p.Kind, p.Settings)
		explained(t, "node_group on "+p.Kind, p.Group)
	}
	lib := role.NewLibrary(roles.FS)
	for _, name := range lib.Names() {
		r, diags := lib.Lookup(name)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if r.Summary == "" {
			t.Errorf("the role %s has no summary", name)
		}
		explained(t, "role "+name, r.Params)
	}
}

func explained(t *testing.T, where string, s schema.Schema) {
	t.Helper()
	for _, a := range s.Attrs {
		if !strings.HasSuffix(strings.TrimSpace(a.Doc), ".") {
			t.Errorf("%s: %s is explained by %q, not by a sentence", where, a.Name, a.Doc)
		}
	}
	for _, b := range s.Blocks {
		if b.Schema.Doc == "" {
			t.Errorf("%s: the block %s has no doc", where, b.Name)
		}
		explained(t, where+", "+b.Name, b.Schema)
	}
}
