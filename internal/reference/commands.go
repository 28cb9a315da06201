package reference

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// commandsPage describes all commands as --help does.
func commandsPage(root *cobra.Command) string {
	p := begin("Reference: commands", "Every command with all of its flags. `ecluster COMMAND --help` prints the same.")
	p.text("%s", prose(root.Long))
	var all []*cobra.Command
	collect(root, &all)
	p.WriteString("\n| Command | What it does |\n|---|---|\n")
	for _, cmd := range all {
		fmt.Fprintf(p, "| [%s](#%s) | %s |\n", cmd.CommandPath(), anchor(cmd), Cell(cmd.Short))
	}
	p.heading(2, "Flags of all commands")
	p.flags(root.PersistentFlags())
	for _, cmd := range all {
		p.command(cmd)
	}
	return p.String()
}

// collect lists the commands that users see, each before those below it.
func collect(cmd *cobra.Command, all *[]*cobra.Command) {
	subs := slices.SortedFunc(slices.Values(cmd.Commands()), func(a, b *cobra.Command) int { return strings.Compare(a.Name(), b.Name()) })
	for _, sub := range subs {
		if sub.Hidden || sub.IsAdditionalHelpTopicCommand() {
			continue
		}
		*all = append(*all, sub)
		collect(sub, all)
	}
}

func anchor(cmd *cobra.Command) string {
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-")
}

func (p *page) command(cmd *cobra.Command) {
	p.heading(2, "%s", cmd.CommandPath())
	p.text("```\n%s\n```", cmd.UseLine())
	if cmd.Long == "" {
		p.text("%s.", cmd.Short)
	} else {
		p.text("%s", prose(cmd.Long))
	}
	if cmd.Example != "" {
		p.text("```console\n%s\n```", examples(cmd.Example))
	}
	if len(cmd.Aliases) > 0 {
		p.text("Also: `%s`.", strings.Join(cmd.Aliases, "`, `"))
	}
	p.flags(cmd.LocalNonPersistentFlags())
}

// flags lists those that users see; every command has --help.
func (p *page) flags(set *pflag.FlagSet) {
	var rows []string
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" || f.Name == "version" {
			return
		}
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		value, usage := pflag.UnquoteUsage(f)
		if value != "" {
			name += " " + value
		}
		if f.DefValue != "" && !slices.Contains([]string{"false", "[]", "0", "0s"}, f.DefValue) {
			usage += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s |", name, Cell(usage)))
	})
	if len(rows) > 0 {
		p.WriteString("\n| Flag | What it does |\n|---|---|\n" + strings.Join(rows, "\n") + "\n")
	}
}

// prose makes a page's text of a help text: lines that are indented keep their
// form.
func prose(long string) string {
	var out []string
	fenced := false
	for line := range strings.SplitSeq(long, "\n") {
		indented := strings.HasPrefix(line, "  ")
		if indented != fenced && (indented || strings.TrimSpace(line) != "") {
			out = append(out, "```")
			fenced = indented
		}
		out = append(out, line)
	}
	if fenced {
		out = append(out, "```")
	}
	return strings.Join(out, "\n")
}

// examples are the lines of a help text as a reader would type them.
func examples(text string) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "ecluster ") {
			line = "$ " + line
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}
