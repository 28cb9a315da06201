package main

import (
	"bytes"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/configs"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/roles"
)

// Each embedded spec works on an empty disk and with an empty environment,
// with the real roles and providers.
func TestEverySpecResolves(t *testing.T) {
	kinds := map[string]providers.Plugin{}
	for _, p := range plugins() {
		kinds[p.Kind] = p
	}
	f, diags := spec.Load(spec.Options{
		Dir: t.TempDir(), Home: t.TempDir(), Embedded: configs.FS,
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
	for _, name := range []string{"local", "gce", "aws", "azure"} {
		if !names[name] {
			t.Errorf("there is no cluster %q: %v", name, names)
		}
	}
}
