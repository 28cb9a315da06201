package templates_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/docker"
	"github.com/ecluster/ecluster/roles"
	"github.com/ecluster/ecluster/templates"
)

// What init writes is valid and formatted as it stands.
func TestEveryTemplateIsASpec(t *testing.T) {
	list, err := templates.List()
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for _, tmpl := range list {
		text, err := templates.Read(tmpl.Name)
		if err != nil {
			t.Fatal(err)
		}
		if tmpl.Summary == "" || strings.HasPrefix(tmpl.Summary, "#") {
			t.Errorf("%s: its first line does not describe it: %q", tmpl.Name, tmpl.Summary)
		}
		if out, _, diags := spec.Format(text, tmpl.Name+".hcl"); diags.HasErrors() || !bytes.Equal(text, out) {
			t.Errorf("%s is not as ecluster fmt writes it: %v", tmpl.Name, diags)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "ecluster.hcl"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		f, diags := spec.Load(spec.Options{
			Dir: dir, Providers: map[string]providers.Plugin{"docker": docker.Plugin()}, Roles: role.NewLibrary(roles.FS),
		})
		specs, ds := f.ResolveAll()
		if diags = append(diags, ds...); len(diags) > 0 || len(specs) == 0 {
			var out bytes.Buffer
			_ = hcl.NewDiagnosticTextWriter(&out, f.Sources(), 78, false).WriteDiagnostics(diags)
			t.Errorf("%s: %s", tmpl.Name, out.String())
		}
	}
}

func TestUnknownTemplate(t *testing.T) {
	if _, err := templates.Read("nothing"); err == nil || !strings.Contains(err.Error(), templates.Default) {
		t.Errorf("got %v", err)
	}
}
