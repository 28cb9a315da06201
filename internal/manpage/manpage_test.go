package manpage_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/manpage"
)

func program() *cobra.Command {
	run := func(*cobra.Command, []string) {}
	root := &cobra.Command{Use: "prog", Short: "Do things", Long: "It does.\n\n  prog go     as it stands\n\nAnd more."}
	root.PersistentFlags().StringP("store", "s", "", "`FOLDER` of things")
	sub := &cobra.Command{
		Use: "go NAME", Short: "Go there", Run: run,
		Long:    "Goes to C:\\temp\n.hidden is no macro\n'nor is this",
		Example: "  prog go home",
	}
	sub.Flags().Bool("fast", false, "go faster")
	hidden := &cobra.Command{Use: "secret", Hidden: true, Run: run}
	root.AddCommand(sub, hidden)
	return root
}

func TestPages(t *testing.T) {
	t.Parallel()
	pages := map[string]string{}
	for _, p := range manpage.Pages(program(), "v1.0") {
		pages[p.File] = string(p.Text)
	}
	for file, want := range map[string][]string{
		"prog.1":       {`.TH "PROG" 1 "" "ecluster v1.0"`, `prog \- Do things`, ".nf\n  prog go     as it stands\n", `\fBprog\-go\fR(1)`, ".BR prog\\-specs (7)"},
		"prog-go.1":    {`C:\etemp`, "\n\\&.hidden", "\n\\&'nor", `\fB\-\-fast\fR`, `\fB\-s\fR, \fB\-\-store\fR \fIFOLDER\fR`, "  prog go home", ".BR prog (1)"},
		"prog-specs.7": {`prog\-specs \- Specs: what`, ".BR prog (1)"},
	} {
		for _, w := range want {
			if !strings.Contains(pages[file], w) {
				t.Errorf("%s has no %q:\n%s", file, w, pages[file])
			}
		}
	}
	if pages["prog-secret.1"] != "" {
		t.Error("a hidden command has a page")
	}
}

// mandoc finds no fault in any page, but that none has a date: the same program
// writes the same pages, whenever that is.
func TestMandoc(t *testing.T) {
	t.Parallel()
	mandoc, err := exec.LookPath("mandoc")
	if err != nil {
		t.Skip("not possible here: there is no mandoc")
	}
	for _, p := range manpage.Pages(program(), "v1.0") {
		cmd := exec.Command(mandoc, "-Tlint", "-Wwarning")
		cmd.Stdin = strings.NewReader(string(p.Text))
		out, _ := cmd.CombinedOutput() // it fails for a warning
		for l := range strings.Lines(string(out)) {
			if !strings.Contains(l, "missing date") {
				t.Errorf("%s: %s", p.File, l)
			}
		}
	}
}
