package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cli"
	"github.com/ecluster/ecluster/internal/manual"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/internal/topics"
	"github.com/ecluster/ecluster/internal/ui"
	"github.com/ecluster/ecluster/internal/userconfig"
	"github.com/ecluster/ecluster/roles"
)

// counts is what was tried of the examples of a page, or of all.
type counts struct {
	specs, roles, settings int
	parsed, mentioned      int // uses of ecluster, in examples and in sentences
	simulated, nodes       int // of those parsed, what other tests run as well
	shell                  int // lines for a node or for this computer: their syntax is read
}

func (n *counts) add(m counts) {
	n.specs, n.roles, n.settings = n.specs+m.specs, n.roles+m.roles, n.settings+m.settings
	n.parsed, n.mentioned = n.parsed+m.parsed, n.mentioned+m.mentioned
	n.simulated, n.nodes, n.shell = n.simulated+m.simulated, n.nodes+m.nodes, n.shell+m.shell
}

// String leaves out what there is none of.
func (n *counts) String() string {
	var parts []string
	for _, p := range []struct {
		count int
		what  string
	}{
		{n.specs, "specs validated"},
		{n.roles, "roles read"},
		{n.settings, "settings read"},
		{n.parsed, "commands parsed"},
		{n.simulated, "of them run simulated"},
		{n.nodes, "of them run on real nodes"},
		{n.mentioned, "mentions parsed"},
		{n.shell, "lines of shell read"},
	} {
		if p.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.count, p.what))
		}
	}
	return strings.Join(parts, ", ")
}

// TestManual tries every example of the documentation: specs are validated by
// the real program, commands are read by the real command line, shell is read
// by a shell's parser. TestManualSimulated and the end-to-end tests then run
// those that say so.
func TestManual(t *testing.T) {
	pages, err := manual.Pages("../..")
	if err != nil {
		t.Fatal(err)
	}
	var all counts
	var table strings.Builder
	for _, page := range pages {
		t.Run(page.Path, func(t *testing.T) {
			var n counts
			for _, e := range page.Examples {
				n.try(t, page, e)
			}
			for _, i := range page.Inline {
				n.mention(t, i)
			}
			if n != (counts{}) {
				fmt.Fprintf(&table, "  %-36s %s\n", page.Path, &n)
			}
			all.add(n)
		})
	}
	t.Logf("%d pages: %s\n%s", len(pages), &all, table.String())
	if all.specs < 60 || all.parsed < 150 || all.mentioned < 100 || all.simulated < 60 || all.nodes < 35 {
		t.Error("examples got lost: these are fewer than there were")
	}
}

func (n *counts) try(t *testing.T, page manual.Page, e manual.Example) {
	t.Helper()
	switch e.Lang {
	case "hcl":
		n.hcl(t, page, e)
	case "console", "sh", "bash":
		commands, err := e.Commands()
		if err != nil {
			t.Error(err)
		}
		for _, c := range commands {
			for _, call := range c.Calls {
				n.parsed++
				understood(t, c.Line, call, true)
				if simulated(e) {
					n.simulated++
				}
				if e.Lang == "console" && (e.Mode == manual.Real || e.Mode == manual.Nodes) {
					n.nodes++
				}
			}
			if len(c.Calls) == 0 {
				n.shell++
			}
		}
	default:
		for line := range strings.Lines(e.Text) {
			if strings.HasPrefix(strings.TrimPrefix(line, "$ "), "ecluster ") && e.Lang != "json" {
				t.Errorf("line %d: a command that nobody tries; its fence should say console", e.Line)
			}
		}
	}
}

// understood asks the real command line. Words in the middle of a sentence may
// leave out arguments.
func understood(t *testing.T, line int, call manual.Call, whole bool) {
	t.Helper()
	args := call.Args
	if call.Wrapper {
		args = behindWrapper(args)
	}
	if len(args) == 0 || args[0] == "COMMAND" {
		return
	}
	root := cli.App{}.Tree()
	cmd, rest, err := root.Find(args)
	if err != nil || (cmd == root && !strings.HasPrefix(args[0], "-")) {
		t.Errorf("line %d: there is no command for %q: %v", line, args, err)
		return
	}
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	if err := cmd.ParseFlags(rest); err != nil {
		t.Errorf("line %d: %q: %v", line, args, err)
		return
	}
	if help, _ := cmd.Flags().GetBool("help"); whole && !help && cmd != root {
		if err := valid(cmd); err != nil {
			t.Errorf("line %d: %q: %v", line, args, err)
		}
	}
}

func valid(cmd *cobra.Command) error {
	if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
		return err
	}
	return cmd.ValidateRequiredFlags()
}

// behindWrapper leaves out the flags of ecluster.sh itself.
func behindWrapper(args []string) []string {
	for len(args) > 0 {
		switch name, _, _ := strings.Cut(args[0], "="); name {
		case "--update", "--show-mounts", "--help":
			args = args[1:]
		case "--version":
			args = args[min(2, len(args)):]
		default:
			return args
		}
	}
	return nil
}

// mention reads code in a sentence that names a command.
func (n *counts) mention(t *testing.T, i manual.Inline) {
	t.Helper()
	e := manual.Example{Line: i.Line - 1, Lang: "sh", Text: i.Text}
	if !strings.HasPrefix(i.Text, "ecluster ") {
		return
	}
	commands, err := e.Commands()
	if err != nil {
		t.Error(err)
		return
	}
	for _, c := range commands {
		for _, call := range c.Calls {
			n.mentioned++
			understood(t, i.Line, call, false)
		}
	}
}

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

// explanation is what stands beside a command, far from it.
var explanation = regexp.MustCompile(` {3,}.*`)

// TestManualTopics reads the commands in the topics of `ecluster help`.
func TestManualTopics(t *testing.T) {
	n := 0
	for _, topic := range topics.All() {
		t.Run(topic.Name, func(t *testing.T) {
			for i, line := range strings.Split(topic.Text, "\n") {
				line = explanation.ReplaceAllString(strings.TrimSpace(line), "")
				if !strings.HasPrefix(line, "ecluster ") {
					continue
				}
				commands, err := manual.Example{Line: i, Lang: "sh", Text: line}.Commands()
				if err != nil {
					t.Error(err)
				}
				for _, c := range commands {
					for _, call := range c.Calls {
						n++
						understood(t, c.Line, call, true)
					}
				}
			}
		})
	}
	t.Logf("%d commands of topics parsed", n)
	if n < 20 {
		t.Error("commands got lost: these are fewer than there were")
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
