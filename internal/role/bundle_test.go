package role_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/schema"
)

// unpack returns the files of a bundle.
func unpack(t *testing.T, b *role.Bundle) map[string]string {
	t.Helper()
	gz, err := gzip.NewReader(bytes.NewReader(b.Data))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for r := tar.NewReader(gz); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeDir {
			continue
		}
		if h.Mode != 0o600 {
			t.Errorf("%s has mode %o", h.Name, h.Mode)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[h.Name] = string(data)
	}
}

func TestBundle(t *testing.T) {
	r := newRig(t, toy())
	one, two := r.bundle(), r.bundle()
	if !bytes.Equal(one.Data, two.Data) || one.Fingerprint != two.Fingerprint {
		t.Error("the same input gives another bundle")
	}
	r.roles(toy())
	if again := r.bundle(); !bytes.Equal(one.Data, again.Data) {
		t.Error("the same input gives another bundle in another library")
	}
	if len(one.Data) > 20<<10 {
		t.Errorf("a small bundle has %d bytes", len(one.Data))
	}
	files := unpack(t, one)
	for _, name := range []string{"run.sh", "lib.sh", "plan.sh", "env/common", "env/toy.all", "env/toy.install", "out/toy/0", "secrets/toy/key", "roles/toy/files/raw.txt"} {
		if files[name] == "" {
			t.Errorf("there is no %s in %v", name, slices.Sorted(keysOf(files)))
		}
	}
	want := []role.StepRef{
		{Role: "toy", Step: "prepare", Phase: role.Install},
		{Role: "toy", Step: "files", Phase: role.Configure},
		{Role: "toy", Step: "setup", Phase: role.Configure},
		{Role: "toy", Step: "prove", Phase: role.Verify},
	}
	if !slices.Equal(one.Steps, want) {
		t.Errorf("steps %v", one.Steps)
	}
	for _, leak := range []string{"kkkkkkkk", "hello"} {
		if strings.Contains(files["plan.sh"], leak) {
			t.Errorf("plan.sh has %s in it", leak)
		}
	}
}

func keysOf(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// TestFingerprint: it changes with what decides what runs, and needs no secret.
func TestFingerprint(t *testing.T) {
	r := newRig(t, toy())
	current := func() string {
		t.Helper()
		f, err := role.Fingerprint(r.lib, r.node, r.uses)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	first := current()
	if first != r.bundle().Fingerprint {
		t.Error("the bundle has another fingerprint")
	}
	seen := map[string]string{first: "nothing"}
	for _, c := range []struct {
		name   string
		change func()
	}{
		{"parameter", func() { r.uses[0].Params = map[string]any{"greeting": "x"} }},
		{"node", func() { r.node.Shape.CPUs = 3 }},
		{"keys", func() { r.node.AuthorizedKeys = append(r.node.AuthorizedKeys, "x") }},
		{"template", func() {
			files := toy()
			files["toy/files/toy.conf.tmpl"] += "x"
			r.roles(files)
		}},
		{"no roles", func() { r.uses = nil }},
	} {
		c.change()
		f := current()
		if other, ok := seen[f]; ok {
			t.Errorf("%s has the fingerprint of %s", c.name, other)
		}
		seen[f] = c.name
	}
}

func TestAssembleErrors(t *testing.T) {
	files := map[string]string{
		"a/role.hcl":         "summary = \"x\"\nfile \"/etc/x\" {\n  template = \"x.tmpl\"\n}\nparam \"p\" {\n  type = string\n  sensitive = true\n}\n",
		"a/files/x.tmpl":     "{{ .Params.p }}",
		"b/role.hcl":         "summary = \"x\"\nfile \"/etc/x\" {\n  template = \"x.tmpl\"\n}\n",
		"b/files/x.tmpl":     "",
		"wrong/role.hcl":     "summary = \"x\"\nfile \"/etc/y\" {\n  template = \"x.tmpl\"\n}\n",
		"wrong/files/x.tmpl": "{{ .Params.nothing }}",
		"key/role.hcl":       "summary = \"x\"\nsecret \"s\" {}\n",
	}
	secretError := errors.New("the disk is full")
	for _, tc := range []struct {
		name string
		uses []cluster.RoleUse
		want string
	}{
		{"two roles write one file", []cluster.RoleUse{{Name: "a"}, {Name: "b"}}, "assemble n001: write /etc/x: both role a and role b want to"},
		{"the same use twice", []cluster.RoleUse{{Name: "key"}, {Name: "key"}}, "assemble n001: use role key: it is there twice"},
		{"unknown in a template", []cluster.RoleUse{{Name: "wrong"}}, `map has no entry for key "nothing"`},
		{"NUL", []cluster.RoleUse{{Name: "a", Params: map[string]any{"p": "a\x00b"}}}, "use role a: set EC_PARAM_P: a value can't contain a NUL byte"},
		{"not evaluated", []cluster.RoleUse{{Name: "a", Params: map[string]any{"p": map[string]any{"$expr": "env(\"X\")"}}}}, "sensitive and was not evaluated"},
		{"secret", []cluster.RoleUse{{Name: "key"}}, "get secret s of role key: the disk is full"},
		{"unknown role", []cluster.RoleUse{{Name: "kez"}}, "There is no role \"kez\". Did you mean \"key\"?"},
	} {
		_, err := role.Assemble(role.NewLibrary(mapFS(files)), role.Node{Name: "n001"}, tc.uses,
			func(string, int) ([]byte, error) { return nil, secretError })
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %s", tc.name, err, tc.want)
		}
	}
}

// TestParams: every kind of value arrives as the contract says, whatever
// characters it has.
func TestParams(t *testing.T) {
	r := newRig(t, map[string]string{
		"toy/role.hcl": `
summary    = "for tests"
repeatable = true
param "hostile" { type = string }
param "number"  { type = number }
param "half"    { type = number }
param "flag"    { type = bool }
param "list"    { type = list(string) }
param "nothing" { type = list(string) }
param "map"     { type = map(string) }
param "long"    { type = string }
param "objects" {
  type = list(object({ name = string, size = optional(number, 3), note = optional(string) }))
}
file "/etc/toy.json" {
  template = "toy.tmpl"
  owner    = "OWNER"
}
step "go" {
  phase = "configure"
  run   = "go.sh"
}`,
		"toy/files/toy.tmpl": `{{ range .Params.objects }}{{ .name }}:{{ .size }}:{{ .note }};{{ end }}{{ json .Params.map }}{{ quote .Params.hostile }}`,
		"toy/steps/go.sh": `for v in HOSTILE NUMBER HALF FLAG LIST NOTHING MAP OBJECTS; do
  eval "printf '<%s>' \"\$EC_PARAM_$v\""
done >"$EC_ROOT/params"
printf %s "$EC_PARAM_LONG" | wc -c >"$EC_ROOT/long"`,
	})
	hostile := "'; rm -rf \"$HOME\" `date` $(date) \\ %s\n\t\x01\xff*é"
	r.uses = []cluster.RoleUse{{Name: "toy", Label: "my label/../'", Params: map[string]any{
		"hostile": hostile, "number": 1e6, "half": 0.5, "flag": true, "list": []any{"a b", "c"},
		"map": map[string]any{"k": "v"}, "long": schema.NewExpression("x", strings.Repeat("x", 300000)),
		"objects": []any{map[string]any{"name": "n"}},
	}}}
	s := r.must()
	want := "<" + hostile + "><1000000><0.5><true><a b\nc><><{\"k\":\"v\"}><[{\"name\":\"n\",\"note\":\"\",\"size\":3}]>"
	if got := r.read("params"); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := strings.TrimSpace(r.read("long")); got != "300000" {
		t.Errorf("the long parameter has %s bytes", got)
	}
	if got := r.read("etc/toy.json"); got != `n:3:;{"k":"v"}'`+strings.ReplaceAll(hostile, "'", `'\''`)+"'" {
		t.Errorf("rendered %q", got)
	}
	s.expectChanged("toy.my label/../'.files", "toy.my label/../'.go")
}
