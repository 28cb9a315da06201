package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/configs"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/roles"
	"github.com/ecluster/ecluster/templates"
)

// resolve returns the names of the clusters of a folder and of embedded specs,
// with an empty environment and the real roles and providers.
func resolve(t *testing.T, dir string, embedded fs.FS) map[string]bool {
	t.Helper()
	kinds := map[string]providers.Plugin{}
	for _, p := range plugins() {
		kinds[p.Kind] = p
	}
	f, diags := spec.Load(spec.Options{
		Dir: dir, Home: t.TempDir(), Embedded: embedded,
		Providers: kinds, Roles: role.NewLibrary(roles.FS),
	})
	specs, ds := f.ResolveAll()
	if diags = append(diags, ds...); len(diags) > 0 {
		var out bytes.Buffer
		_ = hcl.NewDiagnosticTextWriter(&out, f.Sources(), 78, false).WriteDiagnostics(diags)
		t.Fatal(out.String())
	}
	names := map[string]bool{}
	for _, s := range specs {
		names[string(s.Name)] = true
	}
	return names
}

// Each embedded spec works on an empty disk.
func TestEverySpecResolves(t *testing.T) {
	names := resolve(t, t.TempDir(), configs.FS)
	for _, name := range []string{"local", "gce", "aws", "azure", "qemu"} {
		if !names[name] {
			t.Errorf("there is no cluster %q: %v", name, names)
		}
	}
}

// What init writes is valid as it stands.
func TestEveryTemplateResolves(t *testing.T) {
	list, err := templates.List()
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for _, tmpl := range list {
		t.Run(tmpl.Name, func(t *testing.T) {
			text, err := templates.Read(tmpl.Name)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "ecluster.hcl"), text, 0o600); err != nil {
				t.Fatal(err)
			}
			if names := resolve(t, dir, nil); !names["mycluster"] {
				t.Errorf("it has %v, and no cluster \"mycluster\"", names)
			}
		})
	}
}
