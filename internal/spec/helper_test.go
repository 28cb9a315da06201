package spec_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/providers"
)

var update = flag.Bool("update", false, "write the golden files anew")

// clouds are two made-up providers: "test" needs nothing, "remote" must be
// told its project.
func clouds() map[string]providers.Plugin {
	group := schema.Schema{
		Attrs: []schema.Attr{
			{Name: "cpus", Type: cty.Number, Check: schema.Whole(1, 64), Doc: "CPUs."},
			{Name: "memory", Type: cty.String, Check: schema.Amount, Doc: "Memory."},
		},
		Blocks: []schema.Block{{
			Name: "zone", Many: true,
			Schema: schema.Schema{Attrs: []schema.Attr{{Name: "name", Type: cty.String, Required: true}}},
		}},
	}
	shape := func(g cluster.Group) cluster.Shape {
		v := schema.Values(g.Settings)
		return cluster.Shape{CPUs: v.Int("cpus"), Memory: v.Bytes("memory")}
	}
	remote := schema.Schema{Attrs: []schema.Attr{
		{Name: "project", Type: cty.String, Required: true, Doc: "The project that pays."},
		{Name: "zone", Type: cty.String, OneOf: []string{"north", "south"}, Default: "north", Doc: "Where."},
		{Name: "token", Type: cty.String, Sensitive: true, Doc: "The credentials."},
	}}
	return map[string]providers.Plugin{
		"test":   {Kind: "test", Group: group, Shape: shape, SharedVolumes: true, NamesResolve: true},
		"remote": {Kind: "remote", Group: group, Shape: shape, Settings: remote, NamesResolve: true},
	}
}

func environment(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, has := vars[name]
		return v, has
	}
}

// options are those of all tests: a fixed environment, roles and providers.
func options(o spec.Options) spec.Options {
	if o.Env == nil {
		o.Env = environment(map[string]string{"TOKEN": "hunter2", "HOME": "/home/ada"})
	}
	o.Providers = clouds()
	o.Roles = role.NewLibrary(os.DirFS("testdata/roles"))
	return o
}

// load loads a spec from its text.
func load(t *testing.T, text string, o spec.Options) (*spec.File, hcl.Diagnostics) {
	t.Helper()
	o.Dir = t.TempDir()
	write(t, filepath.Join(o.Dir, "ecluster.hcl"), text)
	return spec.Load(options(o))
}

// resolve resolves the only cluster of a good spec.
func resolve(t *testing.T, text string, o spec.Options) *cluster.Spec {
	t.Helper()
	f, diags := load(t, text, o)
	if diags.HasErrors() {
		t.Fatal(render(f, diags))
	}
	s, diags := f.Resolve(f.Clusters()[0].Name)
	if diags.HasErrors() {
		t.Fatal(render(f, diags))
	}
	return s
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// render prints diagnostics as the golden files hold them.
func render(f *spec.File, diags hcl.Diagnostics) string {
	var out bytes.Buffer
	if err := hcl.NewDiagnosticTextWriter(&out, f.Sources(), 78, false).WriteDiagnostics(diags); err != nil {
		return err.Error()
	}
	return out.String()
}

// says is render without line breaks.
func says(f *spec.File, diags hcl.Diagnostics) string {
	return strings.Join(strings.Fields(render(f, diags)), " ")
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		write(t, path, got)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run go test ./internal/spec -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// flagsOf reads the lines "#--var name=value" with which a spec under testdata
// begins.
func flagsOf(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, "#--var "); ok {
			out = append(out, strings.TrimSpace(v))
		}
	}
	return out
}
