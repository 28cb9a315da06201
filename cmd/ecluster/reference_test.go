package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/ecluster/ecluster/internal/cli"
	"github.com/ecluster/ecluster/internal/reference"
	"github.com/ecluster/ecluster/internal/role"
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
