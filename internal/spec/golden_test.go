package spec_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/spec"
)

func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.hcl*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, ".golden") {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, diags := spec.Load(options(spec.Options{
				Dir: "testdata/bad", Path: filepath.Base(path), Vars: flagsOf(t, path),
			}))
			if !diags.HasErrors() {
				_, ds := f.ResolveAll()
				diags = append(diags, ds...)
			}
			if !diags.HasErrors() {
				t.Error("no error was found")
			}
			got := render(f, diags)
			if strings.Contains(got, "hunter2") && !strings.Contains(got, `= "hunter2"`) {
				t.Error("a secret is shown")
			}
			golden(t, path+".golden", got)
		})
	}
}

func TestGood(t *testing.T) {
	files, err := filepath.Glob("testdata/good/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, diags := spec.Load(options(spec.Options{Dir: "testdata/good", Path: filepath.Base(path)}))
			specs, ds := f.ResolveAll()
			diags = append(diags, ds...)
			if diags.HasErrors() {
				t.Fatal(render(f, diags))
			}
			out, err := json.MarshalIndent(specs, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(out), "hunter2") {
				t.Error("a secret reached the resolved spec")
			}
			golden(t, path+".golden", string(out)+"\n"+render(f, diags))
		})
	}
}

func TestJSONSyntaxIsTheSameLanguage(t *testing.T) {
	data := func(path string) string {
		f, diags := spec.Load(options(spec.Options{Dir: "testdata/good", Path: path}))
		if diags.HasErrors() {
			t.Fatal(render(f, diags))
		}
		s, diags := f.Resolve("full")
		if diags.HasErrors() {
			t.Fatal(render(f, diags))
		}
		out, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	if diff := cmp.Diff(data("full.hcl"), data("full.twin.json")); diff != "" {
		t.Errorf("native and JSON syntax differ (-native +json):\n%s", diff)
	}
}

// The state keeps a spec as JSON, and plan compares it with a fresh one.
func TestSpecSurvivesTheState(t *testing.T) {
	for _, name := range []string{"local.hcl", "one_node.hcl"} {
		f, diags := spec.Load(options(spec.Options{Dir: "testdata/good", Path: name}))
		specs, ds := f.ResolveAll()
		if diags = append(diags, ds...); diags.HasErrors() {
			t.Fatal(render(f, diags))
		}
		data, err := json.Marshal(specs)
		if err != nil {
			t.Fatal(err)
		}
		var back []*cluster.Spec
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(specs, back); diff != "" {
			t.Errorf("%s changes on its way through the state (-before +after):\n%s", name, diff)
		}
	}
}

func TestNoText(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"empty":        {"", "is empty"},
		"blank":        {" \n\t\n", "is empty"},
		"comment only": {"# nothing\n", "describes no cluster"},
		"binary":       {"\x7fELF\x00\x01\x02", "no UTF-8 text"},
		"latin-1":      {"# caf\xe9\n", "no UTF-8 text"},
		"10 MB":        {strings.Repeat("# a line of a file that is no spec\n", 300_000), "larger than 4 MB"},
		"deep":         {"locals {\n  x = " + strings.Repeat("[", 100_000), "nested"},
	} {
		t.Run(name, func(t *testing.T) {
			f, diags := load(t, tc.text, spec.Options{})
			if got := says(f, diags); len(diags) != 1 || !strings.Contains(got, tc.want) {
				t.Errorf("got %d diagnostics, want one that says %q:\n%s", len(diags), tc.want, got)
			}
		})
	}
}

func TestFormat(t *testing.T) {
	out, _, diags := spec.Format([]byte("cluster \"a\" {\nprovider=provider.test\n  image   = 1\n}\n"), "a.hcl")
	want := "cluster \"a\" {\n  provider = provider.test\n  image    = 1\n}\n"
	if diags.HasErrors() || string(out) != want {
		t.Errorf("got %q, %v", out, diags)
	}
	out, _, diags = spec.Format([]byte(`{"cluster":{}}`), "a.hcl.json")
	if diags.HasErrors() || string(out) != "{\n  \"cluster\": {}\n}\n" {
		t.Errorf("got %q, %v", out, diags)
	}
	for _, name := range []string{"a.hcl", "a.json"} {
		out, f, diags := spec.Format([]byte("cluster \"a\" {"), name)
		if !diags.HasErrors() || out != nil || len(f.Sources()) != 1 {
			t.Errorf("%s: a broken file was formatted: %q", name, out)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.hcl", "testdata/bad/*.hcl"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text), false)
		}
	}
	twin, err := os.ReadFile("testdata/good/full.twin.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(twin), true)
	f.Fuzz(func(t *testing.T, text string, isJSON bool) {
		o := options(spec.Options{Dir: t.TempDir(), Path: "x.hcl"})
		if isJSON {
			o.Path = "x.json"
		}
		write(t, filepath.Join(o.Dir, o.Path), text)
		file, diags := spec.Load(o)
		if !diags.HasErrors() {
			specs, ds := file.ResolveAll()
			diags = append(diags, ds...)
			if _, err := json.Marshal(specs); err != nil {
				t.Errorf("a resolved spec is no data: %v", err)
			}
		}
		render(file, diags)
	})
}
