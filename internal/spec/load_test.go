package spec_test

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ecluster/ecluster/internal/spec"
)

const minimal = `
cluster "NAME" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
}
`

func named(name string) string { return strings.ReplaceAll(minimal, "NAME", name) }

func clusterNames(f *spec.File) string {
	var out []string
	for _, c := range f.Clusters() {
		out = append(out, c.Name+"@"+c.Provider)
	}
	return strings.Join(out, " ")
}

func TestPlaces(t *testing.T) {
	builtin := fstest.MapFS{
		"one.hcl":  {Data: []byte(`variable "image" { default = "a" }` + named("one"))},
		"two.hcl":  {Data: []byte(`variable "image" { default = "b" }` + named("two"))},
		"embed.go": {Data: []byte("package configs")},
	}
	here, home, named3 := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, filepath.Join(here, "b.ecluster.hcl"), named("b"))
	write(t, filepath.Join(here, "ecluster.hcl"), named("a"))
	write(t, filepath.Join(here, "other.hcl"), named("other"))
	write(t, filepath.Join(home, "ecluster.hcl"), named("home"))
	write(t, filepath.Join(named3, "x.hcl"), named("x"))
	write(t, filepath.Join(named3, "y.json"), `{"cluster": {"y": {"provider": "provider.test", "node_group": {"frontend": {"count": 1}}}}}`)
	write(t, filepath.Join(named3, "notes.txt"), "no spec")

	for name, tc := range map[string]struct {
		o           spec.Options
		want, where string
	}{
		"a file":          {spec.Options{Dir: here, Home: home, Path: "other.hcl"}, "other@test", "other.hcl"},
		"a folder":        {spec.Options{Dir: here, Home: home, Path: named3}, "x@test y@test", "the folder " + named3},
		"here":            {spec.Options{Dir: here, Home: home, Embedded: builtin}, "b@test a@test", "b.ecluster.hcl, ecluster.hcl"},
		"home":            {spec.Options{Dir: t.TempDir(), Home: home, Embedded: builtin}, "home@test", filepath.Join(home, "ecluster.hcl")},
		"built in":        {spec.Options{Dir: t.TempDir(), Home: t.TempDir(), Embedded: builtin}, "one@test two@test", "the built-in specs"},
		"home is missing": {spec.Options{Dir: t.TempDir(), Home: "/no/such/home", Embedded: builtin}, "one@test two@test", "the built-in specs"},
	} {
		t.Run(name, func(t *testing.T) {
			f, diags := spec.Load(options(tc.o))
			if diags.HasErrors() {
				t.Fatal(render(f, diags))
			}
			if got := clusterNames(f); got != tc.want || f.Where() != tc.where {
				t.Errorf("got %q from %q, want %q from %q", got, f.Where(), tc.want, tc.where)
			}
			if specs, diags := f.ResolveAll(); diags.HasErrors() || len(specs) != len(f.Clusters()) {
				t.Error(render(f, diags))
			}
		})
	}
	for name, o := range map[string]spec.Options{
		"no file":     {Dir: here, Path: "missing.hcl"},
		"no spec":     {Dir: t.TempDir(), Home: t.TempDir()},
		"empty place": {Dir: here, Path: t.TempDir()},
	} {
		f, diags := spec.Load(options(o))
		if !diags.HasErrors() || !strings.Contains(says(f, diags), "No spec") {
			t.Errorf("%s: got %s", name, render(f, diags))
		}
	}
}

func TestUnknownCluster(t *testing.T) {
	f, diags := load(t, named("alpha")+named("beta"), spec.Options{})
	if diags.HasErrors() {
		t.Fatal(render(f, diags))
	}
	s, diags := f.Resolve("alhpa")
	got := says(f, diags)
	for _, want := range []string{`no cluster "alhpa"`, "Looked in ecluster.hcl", "alpha, beta", `mean "alpha"`} {
		if s != nil || !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
}

// A built-in spec shares nothing with the others: a flag must be declared by
// the spec of the cluster that is resolved.
func TestBuiltInSpecsStandAlone(t *testing.T) {
	o := spec.Options{
		Dir: t.TempDir(), Vars: []string{"image=new"},
		Embedded: fstest.MapFS{
			"one.hcl": {Data: []byte(`variable "image" {}` + strings.Replace(named("one"), "count", "image = var.image\ncount", 1))},
			"two.hcl": {Data: []byte(named("two"))},
		},
	}
	f, diags := spec.Load(options(o))
	if diags.HasErrors() {
		t.Fatal(render(f, diags))
	}
	if s, diags := f.Resolve("one"); diags.HasErrors() || s.Groups[0].Image != "new" {
		t.Error(render(f, diags))
	}
	if _, diags := f.Resolve("two"); !strings.Contains(says(f, diags), `declares no variable "image"`) {
		t.Error(render(f, diags))
	}
}

// What one cluster needs does not stop another.
func TestOnlyWhatIsUsedIsEvaluated(t *testing.T) {
	f, diags := load(t, `
variable "needed" {}
locals { broken = file("missing") }
provider "remote" { project = var.needed }
`+named("good")+`
cluster "bad" {
  provider = provider.remote
  image    = local.broken
  node_group "frontend" { count = 1 }
}`, spec.Options{})
	if diags.HasErrors() {
		t.Fatal(render(f, diags))
	}
	if _, diags := f.Resolve("good"); diags.HasErrors() {
		t.Error(render(f, diags))
	}
	if _, diags := f.Resolve("bad"); len(diags) != 2 {
		t.Errorf("want two diagnostics:\n%s", render(f, diags))
	}
	specs, diags := f.ResolveAll()
	if len(diags) != 2 || len(specs) != 1 {
		t.Errorf("want one spec and two diagnostics, got %d and:\n%s", len(specs), render(f, diags))
	}
}
