package reference

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

func TestCommandsPage(t *testing.T) {
	root := &cobra.Command{Use: "tool", Long: "A tool.\n\n  ecluster start local   begins\n\n#### More\n\nThat is all."}
	root.PersistentFlags().BoolP("verbose", "v", false, "say more")
	root.PersistentFlags().String("secret", "", "for us")
	_ = root.PersistentFlags().MarkHidden("secret")
	run := &cobra.Command{
		Use: "run NAME", Short: "Run it", Aliases: []string{"go"},
		Example: "  ecluster list\n  ls", RunE: func(*cobra.Command, []string) error { return nil },
	}
	run.Flags().Duration("wait", 60e9, "`TIME` to | wait")
	root.AddCommand(run, &cobra.Command{Use: "hidden", Hidden: true, Run: func(*cobra.Command, []string) {}})
	want := "# Reference: commands\n\n<!-- Written by make docs. Don't edit. -->\n\n" +
		"Every command with all of its flags. `ecluster COMMAND --help` prints the same.\n\n" +
		"A tool.\n\n```console\n$ ecluster start local   # begins\n```\n\nMore\n\nThat is all.\n\n" +
		"| Command | What it does |\n|---|---|\n| [tool run](#tool-run) | Run it |\n\n" +
		"## Flags of all commands\n\n| Flag | What it does |\n|---|---|\n| `-v, --verbose` | say more |\n\n" +
		"## tool run\n\n`tool run NAME [flags]`\n\nRun it.\n\n```console\n$ ecluster list\nls\n```\n\nAlso: `go`.\n\n" +
		"| Flag | What it does |\n|---|---|\n| `--wait TIME` | TIME to \\| wait (default 1m0s) |\n"
	if diff := cmp.Diff(want, commandsPage(root)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestProvidersPage(t *testing.T) {
	got := providersPage([]providers.Plugin{
		{Kind: "zoo", Doc: "Animals."},
		{
			Kind: "ark", Doc: "A ship.",
			Settings: schema.Schema{Attrs: []schema.Attr{{Name: "key", Type: cty.String, Sensitive: true, Required: true, Doc: "The key."}}},
			Group: schema.Schema{Doc: "A cabin.", Blocks: []schema.Block{{
				Name: "bed", Labels: []string{"name"}, Many: true,
				Schema: schema.Schema{Doc: "A bed.", Attrs: []schema.Attr{{Name: "size", Type: cty.List(cty.Number), Default: 2, Doc: "Its size."}}},
			}}},
		},
	})
	for _, want := range []string{
		"## provider \"ark\"\n\nA ship.\n",
		"| `key` | string | required | The key. Kept secret. |",
		"### node_group on \"ark\"\n\nA cabin.\n\n| Block |",
		"| `bed NAME` | any number | A bed. |",
		"#### bed NAME\n\nA bed.\n",
		"| `size` | list(number) | `2` | Its size. |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Index(got, "zoo") < strings.Index(got, "ark") {
		t.Error("the providers are in no order")
	}
}
