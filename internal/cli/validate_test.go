package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/cli"
	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

// The bad specs of package spec, as their author sees them: the real command,
// no colour, 80 columns, status 3. What package spec found must all be there.
func TestValidateBadSpecs(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("../spec/testdata/bad")
	specs, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range badSpecs(t) {
		t.Run(path, func(t *testing.T) {
			args := append([]string{"validate", path}, varsOf(t, path)...)
			r := run(t, madeUp(), args...)
			if r.status != 3 || r.out != "" {
				t.Errorf("status %d, and on standard output: %s", r.status, r.out)
			}
			for i, line := range strings.Split(r.err, "\n") {
				place := strings.HasPrefix(line, "  "+path+":") // is copied, or clicked on: never broken
				if n := len([]rune(line)); n > 80 && !place {
					t.Errorf("line %d has %d columns: %s", i+1, n, line)
				}
			}
			if strings.Contains(r.err, "\x1b") || strings.Contains(r.err, "hunter2") && !strings.Contains(r.err, `= "hunter2"`) {
				t.Error("there is colour, or a secret")
			}
			shown := r.err
			if strings.Contains(shown, specs) {
				// Where lines break depends on where this folder is.
				shown = words(strings.ReplaceAll(shown, specs, "SPECS")) + "\n"
			}
			compare(t, filepath.Join(here, "testdata", "validate", path+".golden"), shown)
			said := words(r.err)
			for _, summary := range summaries(t, path+".golden") {
				if !strings.Contains(said, summary) && !strings.Contains(r.err, "... and ") {
					t.Errorf("it does not say %q", summary)
				}
			}
		})
	}
}

// The same for programs: an array of diagnostics, each with its place.
func TestValidateBadSpecsAsJSON(t *testing.T) {
	t.Chdir("../spec/testdata/bad")
	for _, path := range badSpecs(t) {
		t.Run(path, func(t *testing.T) {
			args := append([]string{"validate", path, "--output", "json"}, varsOf(t, path)...)
			r := run(t, madeUp(), args...)
			var diags []struct {
				Severity, Summary string
			}
			if err := json.Unmarshal([]byte(r.out), &diags); err != nil || r.status != 3 || r.err != "" {
				t.Fatalf("status %d, %v, on standard error: %s", r.status, err, r.err)
			}
			var got []string
			for _, d := range diags {
				got = append(got, words(d.Summary))
			}
			for _, summary := range summaries(t, path+".golden") {
				if !strings.Contains(strings.Join(got, "\n"), summary) {
					t.Errorf("%q is not in %q", summary, got)
				}
			}
		})
	}
}

func badSpecs(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("*.hcl*")
	if err != nil {
		t.Fatal(err)
	}
	var specs []string
	for _, path := range all {
		if !strings.HasSuffix(path, ".golden") {
			specs = append(specs, path)
		}
	}
	if len(specs) < 30 {
		t.Fatalf("only %d bad specs were found", len(specs))
	}
	return specs
}

// varsOf reads the lines "#--var name=value" with which a bad spec begins.
func varsOf(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var args []string
	for _, m := range regexp.MustCompile(`(?m)^#--var (.*)$`).FindAllStringSubmatch(string(text), -1) {
		args = append(args, "--var", strings.TrimSpace(m[1]))
	}
	return args
}

// summaries are the first lines of the diagnostics in a golden file of
// package spec.
func summaries(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile(`(?ms)^(?:Error|Warning): (.*?)\n\n`).FindAllStringSubmatch(string(text), -1) {
		out = append(out, words(m[1]))
	}
	return out
}

// words is a text without its line breaks.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run go test ./internal/cli -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// madeUp is the program with the two providers and the roles that the bad
// specs of package spec are written for.
func madeUp() cli.App {
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
	return cli.App{
		Version: "test",
		Plugins: []providers.Plugin{
			{Kind: "test", Group: group, Shape: shape, SharedVolumes: true, NamesResolve: true},
			{Kind: "remote", Group: group, Shape: shape, Settings: remote, NamesResolve: true},
		},
		Roles: os.DirFS("../roles"), // seen from testdata/bad
		LookupEnv: func(name string) (string, bool) {
			v, has := map[string]string{"TOKEN": "hunter2", "HOME": "/home/ada", "ECLUSTER_HOME": "/nonexistent"}[name]
			return v, has
		},
	}
}
