package configs_test

import (
	"bytes"
	"io/fs"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/configs"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/docker"
	"github.com/ecluster/ecluster/roles"
)

// Each spec here works on an empty disk, with the real roles and providers.
func TestEverySpecResolves(t *testing.T) {
	o := spec.Options{
		Dir: t.TempDir(), Home: t.TempDir(), Embedded: configs.FS,
		Providers: map[string]providers.Plugin{"docker": docker.Plugin()},
		Roles:     role.NewLibrary(roles.FS),
	}
	f, diags := spec.Load(o)
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
	if !names["local"] {
		t.Errorf("there is no cluster \"local\": %v", names)
	}
}

func TestEverySpecIsFormatted(t *testing.T) {
	files, err := fs.Glob(configs.FS, "*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		src, err := configs.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if out, _, diags := spec.Format(src, name); diags.HasErrors() || !bytes.Equal(src, out) {
			t.Errorf("%s is not as ecluster fmt writes it: %v", name, diags)
		}
	}
}
