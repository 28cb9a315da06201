package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/roles"
)

// TestPagesAreUpToDate: every role has its page, and the pages say what the
// role.hcl say.
func TestPagesAreUpToDate(t *testing.T) {
	pages, err := render("../../../docs", role.NewLibrary(roles.FS))
	if err != nil {
		t.Fatalf("%v\nA page has the lines <!-- parameters --> and <!-- /parameters -->; docs/roles/mpi.md is an example", err)
	}
	for _, p := range pages {
		if p.before != p.after {
			t.Errorf("%s does not say what role.hcl says: run make docs", p.path)
		}
	}
}

func TestRender(t *testing.T) {
	docs := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(docs, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(docs, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lib := role.NewLibrary(fstest.MapFS{
		"slurm-toy/role.hcl": {Data: []byte(`
summary    = "a toy"
platforms  = ["debian-12", "debian-13"]
requires   = ["plain"]
repeatable = true
untested   = "there is none here."
param "mode" {
  type        = string
  default     = "a"
  one_of      = ["a", "b"]
  description = "This | or that."
}
param "parts" {
  type        = list(object({ name = string, size = optional(number, 1) }))
  required    = true
  description = "The parts."
}
`)},
		"plain/role.hcl": {Data: []byte(`summary = "plain"`)},
	})
	write("roles.md", "<!-- roles -->\nold\n<!-- /roles -->\nend\n")
	write("roles/slurm-toy.md", "# toy\n<!-- parameters -->\n<!-- /parameters -->\nend\n")
	if _, err := render(docs, lib); err == nil || !strings.Contains(err.Error(), "plain.md") {
		t.Errorf("a role without a page: %v", err)
	}
	write("roles/plain.md", "no marks")
	if _, err := render(docs, lib); err == nil || !strings.Contains(err.Error(), `it has no lines "<!-- parameters -->"`) {
		t.Errorf("a page without marks: %v", err)
	}
	write("roles/plain.md", "<!-- parameters -->\n<!-- /parameters -->\n")
	pages, err := render(docs, lib)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"plain.md": "<!-- parameters -->\nWorks on: all platforms.\n\nIt has no parameters.\n<!-- /parameters -->\n",
		"slurm-toy.md": `# toy
<!-- parameters -->
Works on: debian-12, debian-13. Brings along: [plain](plain.md). A node may have it several times. **Untested**: there is none here.

| Parameter | Type | Default | What it is |
|---|---|---|---|
| ` + "`mode` | string | `\"a\"` | This \\| or that. One of `a`, `b`." + ` |
| ` + "`parts` | list(object) | required | The parts. Each has `name`, `size`?." + ` |
<!-- /parameters -->
end
`,
		"roles.md": `<!-- roles -->
| Role | What it is | Platforms |
|---|---|---|
| **Every node** | | |
| **Schedulers** | | |
| [slurm-toy](roles/slurm-toy.md) | a toy (untested) | debian-12, debian-13 |
| **Shared and local file systems** | | |
| **Tools** | | |
| [plain](roles/plain.md) | plain |  |
<!-- /roles -->
end
`,
	}
	for _, p := range pages {
		if name := filepath.Base(p.path); p.after != want[name] {
			t.Errorf("%s is\n%s\nnot\n%s", name, p.after, want[name])
		}
	}
}
