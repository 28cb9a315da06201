package spec_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/roles"
)

// TestOverlay: roles beside the spec win over those of the home, which win
// over the built-in ones, and the folders are recorded for later commands.
func TestOverlay(t *testing.T) {
	here, home, elsewhere := t.TempDir(), t.TempDir(), t.TempDir()
	def := func(text string) string { return "summary = \"" + text + "\"\n" }
	write(t, filepath.Join(here, "ecluster.hcl"), named("a"))
	write(t, filepath.Join(here, "roles", "motd", "role.hcl"), def("here"))
	write(t, filepath.Join(home, "roles", "motd", "role.hcl"), def("home"))
	write(t, filepath.Join(home, "roles", "base", "role.hcl"), def("home"))
	write(t, filepath.Join(elsewhere, "roles", "web", "tasks.yml"), "somebody else's")

	for name, tc := range map[string]struct {
		o    spec.Options
		dirs []string
	}{
		"both":     {spec.Options{Dir: here, Home: home}, []string{filepath.Join(here, "roles"), filepath.Join(home, "roles")}},
		"by -c":    {spec.Options{Dir: elsewhere, Path: filepath.Join(here, "ecluster.hcl")}, []string{filepath.Join(here, "roles")}},
		"no roles": {spec.Options{Dir: elsewhere, Path: filepath.Join(here, "ecluster.hcl"), Home: elsewhere}, []string{filepath.Join(here, "roles")}},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			o := options(tc.o)
			o.Overlay = func(dirs []string) spec.Roles {
				asked = dirs
				return role.NewLibrary(role.Layers(dirs, roles.FS)...)
			}
			f, diags := spec.Load(o)
			if diags.HasErrors() {
				t.Fatal(render(f, diags))
			}
			got, diags := f.Resolve("a")
			if diags.HasErrors() {
				t.Fatal(render(f, diags))
			}
			if !slices.Equal(got.RoleDirs, tc.dirs) || !slices.Equal(asked, tc.dirs) {
				t.Errorf("recorded %q, asked for %q, want %q", got.RoleDirs, asked, tc.dirs)
			}
		})
	}
}
