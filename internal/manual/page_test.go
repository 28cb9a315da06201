package manual

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const page = "# A page\n" +
	"Say `ecluster list`, or `make`.\n" +
	"\n" +
	"```hcl\nshare \"/home\" { type = \"nfs\" }\n```\n" +
	"<!-- examples: simulated -->\n" +
	"1. In a list:\n" +
	"   ```console\n   $ ecluster start local && ecluster list # both\n   lots of output\n   $ ecluster ssh local -- \\\n   >   hostname\n   ```\n" +
	"<!-- example: real -->\n" +
	"\n" +
	"```console\n$ for i in 1 2; do\n> ecluster ssh \"a$i\"; done\n```\n" +
	"<!-- example: provider google -->\n" +
	"```hcl\nnode_group \"storage\" { count = 3 }\n```\n" +
	"**`work/job.sh`**\n\n" +
	"```sh\nsudo ./ecluster.sh --update start 'my cluster'\n```\n"

func TestParse(t *testing.T) {
	p, err := Parse("page.md", page)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range p.Examples {
		commands, err := e.Commands()
		if err != nil {
			t.Fatal(err)
		}
		var calls []string
		for _, c := range commands {
			for _, call := range c.Calls {
				calls = append(calls, strings.Join(call.Args, "|"))
			}
		}
		got = append(got, strings.Join([]string{e.Lang, string(e.Mode), e.File, strings.Join(calls, "; ")}, ", "))
	}
	want := []string{
		"hcl, parsed, , ",
		"console, simulated, , start|local; list; ssh|local|--|hostname",
		`console, real, , ssh|"a$i"`,
		"hcl, simulated, , ",
		"sh, simulated, work/job.sh, --update|start|my cluster",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if i := slices.IndexFunc(p.Inline, func(i Inline) bool { return i.Text == "ecluster list" && i.Line == 2 }); i < 0 {
		t.Errorf("the command in a sentence is missing: %v", p.Inline)
	}
	text, err := p.Examples[3].Whole()
	if err != nil || !strings.Contains(text, "provider.google") || strings.Count(text, `node_group "storage"`) != 1 {
		t.Errorf("%v:\n%s", err, text)
	}
}

func TestParseMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"```hcl\nx":                    "never closed",
		"<!-- example: real -->\n":     "no example follows",
		"<!-- examples: quickly -->\n": "is no mode",
		"<!-- example: real -->\n<!-- example: parsed -->\n": "two comments",
	} {
		if _, err := Parse("page.md", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := (Example{Lang: "sh", Text: "if true\n"}).Commands(); err == nil {
		t.Error("half a command is taken")
	}
	if _, err := (Example{Lang: "hcl", Text: "disk { size = 1 }\n"}).Kind(); err == nil {
		t.Error("an example of nothing is taken")
	}
}

func TestKinds(t *testing.T) {
	for text, want := range map[string]Kind{
		`cluster "a" {}`:                   Spec,
		`provider "aws" {}`:                Provider,
		"variable \"n\" {}\nrole \"r\" {}": Provider,
		`role "mpi" {}`:                    Part,
		"summary = \"x\"\nrole \"x\" {}":   Role,
		`gpu { type = "t4" }`:              Group,
	} {
		if got, err := (Example{Text: text}).Kind(); err != nil || got != want {
			t.Errorf("%s is %q, %v; not %q", text, got, err, want)
		}
	}
	in := Example{Text: "max_time = \"1:00:00\"\n", With: []string{"in", "scheduler", "slurm"}}
	if text, err := in.Whole(); err != nil || !strings.Contains(text, "scheduler \"slurm\" {\nmax_time") {
		t.Errorf("%v\n%s", err, text)
	}
}
