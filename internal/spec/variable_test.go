package spec_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/spec"
)

const withImage = `
variable "image" {
  type    = string
  default = "default"
}
cluster "a" {
  provider = provider.test
  image    = var.image
  node_group "frontend" { count = 1 }
}
`

func TestPrecedence(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "prod.hcl")
	write(t, file, `image = upper("file")`)
	second := filepath.Join(dir, "second.json")
	write(t, second, `{"image": "second", "imgae": "typo"}`)
	set := environment(map[string]string{"ECLUSTER_VAR_image": "environment"})
	for want, o := range map[string]spec.Options{
		"default":     {},
		"environment": {Env: set},
		"FILE":        {Env: set, VarFiles: []string{file}},
		"second":      {VarFiles: []string{file, second}},
		"flag=b":      {Env: set, VarFiles: []string{file}, Vars: []string{"image=a", "image=flag=b"}},
	} {
		if got := resolve(t, withImage, o).Image; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}

	f, diags := load(t, withImage, spec.Options{VarFiles: []string{second}})
	if diags.HasErrors() {
		t.Fatal(render(f, diags))
	}
	if _, diags := f.Resolve("a"); !strings.Contains(says(f, diags), `Did you mean "image"?`) {
		t.Errorf("a mistyped name in a variable file is not reported:\n%s", render(f, diags))
	}
	f, diags = load(t, withImage, spec.Options{VarFiles: []string{"missing.hcl"}})
	if !strings.Contains(says(f, diags), "Can't read missing.hcl") {
		t.Error(render(f, diags))
	}
}

func TestTextsAreReadByType(t *testing.T) {
	s := resolve(t, `
variable "count" { type = number }
variable "spot" { type = bool }
variable "from" { type = list(string) }
variable "shape" {
  type = object({ cpus = number, memory = optional(string, "2GB") })
}
variable "any" {}
cluster "a" {
  provider = provider.test
  image    = var.any
  node_group "frontend" { count = 1 }
  node_group "compute" {
    count  = var.count
    spot   = var.spot
    cpus   = var.shape.cpus
    memory = var.shape.memory
  }
  network { ssh_from = var.from }
}`, spec.Options{Vars: []string{
		"count=3", "spot=true", `from=["192.0.2.1", "auto"]`, "shape={ cpus = 4 }", "any=[1",
	}})
	g := s.Groups[1]
	if g.Count != 3 || !g.Spot || g.Settings["cpus"] != 4.0 || g.Settings["memory"] != "2GB" ||
		len(s.Network.SSHFrom) != 2 || s.Image != "[1" {
		t.Errorf("got %+v, %+v", g, s.Network)
	}
}

func TestSecretsAreKeptAsExpressions(t *testing.T) {
	for name, tc := range map[string]struct{ token, want string }{
		"call":     {`env("TOKEN")`, `env("TOKEN")`},
		"local":    {`local.token`, `env("TOKEN")`},
		"template": {`"Bearer ${local.token}"`, `"Bearer ${(env("TOKEN"))}"`},
		"variable": {`var.secret`, `var.secret`},
		"default":  {`upper(var.chosen)`, `upper((env("TOKEN")))`},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"TOKEN": "hunter2", "ECLUSTER_VAR_secret": "hunter2"}
			s := resolve(t, `
variable "secret" { sensitive = true }
variable "chosen" {
  sensitive = true
  default   = env("TOKEN")
}
locals { token = env("TOKEN") }
provider "remote" {
  project = "p"
  token   = `+tc.token+`
}
cluster "a" {
  provider = provider.remote
  node_group "frontend" { count = 1 }
}`, spec.Options{Env: environment(env)})
			out, err := json.Marshal(s)
			if err != nil || strings.Contains(strings.ToLower(string(out)), "hunter2") {
				t.Fatalf("the secret is in the state: %s, %v", out, err)
			}
			now, err := schema.Reveal(s.Provider.Settings, nil)
			if err != nil {
				t.Fatal(err)
			}
			var stored struct {
				Provider struct{ Settings map[string]any }
			}
			if err := json.Unmarshal(out, &stored); err != nil {
				t.Fatal(err)
			}
			source, _ := stored.Provider.Settings["token"].(map[string]any)
			if source["$expr"] != tc.want {
				t.Errorf("stored %v, want %q", source, tc.want)
			}
			later, err := schema.Reveal(stored.Provider.Settings, spec.Evaluator(environment(env), t.TempDir()))
			if err != nil {
				t.Fatal(err)
			}
			if now.String("token") == "" || now.String("token") != later.String("token") {
				t.Errorf("now %q, later %q", now.String("token"), later.String("token"))
			}
		})
	}
	_, err := spec.Evaluator(environment(nil), "")("var.secret")
	if err == nil || !strings.Contains(err.Error(), "set ECLUSTER_VAR_secret") {
		t.Errorf("got %v", err)
	}
}

func TestFunctions(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "name.txt"), "ada\n")
	write(t, filepath.Join(dir, "greeting.tmpl"), "hello ${upper(name)}")
	for expr, want := range map[string]string{
		`env("TOKEN")`:                                    "hunter2",
		`env("NONE", "x")`:                                "x",
		`pathexpand("~/x")`:                               "/home/ada/x",
		`pathexpand("/x~")`:                               "/x~",
		`chomp(file("name.txt"))`:                         "ada",
		`basename("/a/b")`:                                "b",
		`try(tonumber("x"), "no")`:                        "no",
		`join(",", range(3))`:                             "0,1,2",
		`merge({ a = 1 }, { a = 2 }).a`:                   "2",
		`format("%03d", 7)`:                               "007",
		`templatefile("greeting.tmpl", { name = "ada" })`: "hello ADA",
	} {
		write(t, filepath.Join(dir, "x.hcl"), strings.Replace(named("a"), "count", "image = "+expr+"\ncount", 1))
		f, diags := spec.Load(options(spec.Options{Dir: t.TempDir(), Path: filepath.Join(dir, "x.hcl")}))
		s, ds := f.Resolve("a")
		if diags = append(diags, ds...); diags.HasErrors() {
			t.Errorf("%s: %s", expr, render(f, diags))
		} else if got := s.Groups[0].Image; got != want {
			t.Errorf("%s = %q, want %q", expr, got, want)
		}
	}
}
