package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/ui"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/docker"
	"github.com/ecluster/ecluster/roles"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every command is in the README, and what the README types is understood.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	text := readme(t)
	root := (&command{}).root()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "help" {
			continue
		}
		if !regexp.MustCompile("`" + cmd.Name() + "[ `]").MatchString(text) {
			t.Errorf("%q is not in the README", cmd.Name())
		}
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%q is described as %q", cmd.Name(), cmd.Short)
		}
	}
	lines := regexp.MustCompile(`(?m)^\$ ecluster (.*)$`).FindAllStringSubmatch(text, -1)
	if len(lines) < 8 {
		t.Fatalf("only %d command lines were found", len(lines))
	}
	for _, m := range lines {
		line, _, _ := strings.Cut(m[1], "  #")
		line, _, _ = strings.Cut(line, " -- ")
		root := (&command{}).root()
		cmd, rest, err := root.Find(strings.Fields(line))
		if err != nil || cmd == root {
			t.Errorf("there is no command for %q: %v", m[0], err)
			continue
		}
		if err := cmd.ParseFlags(rest); err != nil {
			t.Errorf("%q: %v", m[0], err)
		} else if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
			t.Errorf("%q: %v", m[0], err)
		}
	}
}

// The spec in the README is valid as it stands.
func TestReadmeSpec(t *testing.T) {
	t.Parallel()
	specs := regexp.MustCompile("(?s)```hcl\n(.*?)```").FindAllStringSubmatch(readme(t), -1)
	if len(specs) == 0 {
		t.Fatal("the README has no spec")
	}
	for _, m := range specs {
		dir := t.TempDir()
		for name, text := range map[string]string{"ecluster.hcl": m[1], "after.sh": "true\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var out, errs strings.Builder
		app := App{
			Plugins: []providers.Plugin{docker.Plugin()}, Roles: roles.FS,
			Streams:   ui.Streams{Out: &out, Err: &errs, In: strings.NewReader("")},
			LookupEnv: func(string) (string, bool) { return "", false },
		}
		for _, args := range [][]string{{"validate", dir}, {"fmt", "--check", dir}} {
			if status := app.Main(t.Context(), append(args, "-s", dir)); status != 0 {
				t.Errorf("%v ended with %d: %s%s", args, status, out.String(), errs.String())
			}
		}
	}
}
