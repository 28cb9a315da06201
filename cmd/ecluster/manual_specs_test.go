package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/cli"
	"github.com/ecluster/ecluster/internal/manual"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/internal/ui"
	"github.com/ecluster/ecluster/internal/userconfig"
	"github.com/ecluster/ecluster/roles"
)

func (n *counts) hcl(t *testing.T, page manual.Page, e manual.Example) {
	t.Helper()
	kind, err := e.Kind()
	if err != nil {
		t.Error(err)
		return
	}
	if formatted, _, _ := spec.Format([]byte(e.Text), ""); string(formatted) != e.Text {
		t.Errorf("line %d: 'ecluster fmt' would lay this example out otherwise", e.Line)
	}
	switch kind {
	case manual.Role:
		n.roles++
		readRole(t, page, e)
	case manual.Settings:
		n.settings++
		home := t.TempDir()
		write(t, home, userconfig.Name, e.Text)
		if _, _, diags := userconfig.Load(home); diags.HasErrors() {
			t.Errorf("line %d: these settings are wrong: %v", e.Line, diags)
		}
	case manual.Spec, manual.Provider, manual.Part, manual.Group, manual.Snippet:
		n.specs++
		validate(t, page, e)
	}
}

// validate asks the real program about an example and what is put around it.
func validate(t *testing.T, page manual.Page, e manual.Example) {
	t.Helper()
	text, err := e.Whole()
	if err != nil {
		t.Error(err)
		return
	}
	dir := t.TempDir()
	write(t, dir, "ecluster.hcl", text)
	beside(t, dir, page)
	if status, said := program(t, dir, "validate", filepath.Join(dir, "ecluster.hcl")); status != 0 {
		t.Errorf("line %d: this spec is not valid, status %d:\n%s\n%s", e.Line, status, text, said)
	}
}

// named finds the files that specs of the manual expect beside them.
var named = regexp.MustCompile(`(?:file\(|(?:run|prolog|epilog) *= *)"([A-Za-z0-9._-]+)"`)

// beside makes them, and writes those that stand on the page.
func beside(t *testing.T, dir string, page manual.Page) {
	t.Helper()
	for _, e := range page.Examples {
		for _, m := range named.FindAllStringSubmatch(e.Text, -1) {
			text := "#!/bin/sh\ntrue\n"
			if strings.HasSuffix(m[1], ".pub") {
				text = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA " + m[1] + "\n"
			}
			write(t, dir, m[1], text)
		}
	}
	for _, e := range page.Examples {
		if e.File != "" && !strings.HasSuffix(e.File, "ecluster.hcl") {
			write(t, dir, e.File, e.Text)
		}
	}
}

// readRole reads a role.hcl by itself, or with the files of its page.
func readRole(t *testing.T, page manual.Page, e manual.Example) {
	t.Helper()
	dir := t.TempDir()
	name := "example"
	if e.File == "" {
		write(t, dir, "example/role.hcl", e.Text)
		for _, f := range []string{"files/motd.tmpl", "steps/check.sh"} {
			write(t, dir, "example/"+f, "true\n")
		}
	} else {
		name = filepath.Base(filepath.Dir(e.File))
		for _, f := range page.Examples {
			if rel, ok := strings.CutPrefix(f.File, "roles/"); ok {
				write(t, dir, rel, f.Text)
			}
		}
	}
	lib := role.NewLibrary(role.Layers([]string{dir}, roles.FS)...)
	if _, diags := lib.Lookup(name); diags.HasErrors() {
		t.Errorf("line %d: this role is wrong: %v", e.Line, diags)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// program runs the real program in this process, with nothing in its
// environment but what specs of the manual ask for.
func program(t *testing.T, home string, args ...string) (int, string) {
	t.Helper()
	var said strings.Builder
	app := cli.App{
		Version: "test", Plugins: plugins(), Roles: roles.FS,
		Streams: ui.Streams{Out: &said, Err: &said, In: strings.NewReader("")},
		LookupEnv: func(name string) (string, bool) {
			given := []string{"CLOUD_TOKEN", "GOOGLE_CLOUD_PROJECT"}
			return "example", slices.Contains(given, name)
		},
	}
	return app.Main(t.Context(), append(args, "-s", home)), said.String()
}
