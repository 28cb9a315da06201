package reference

import (
	"fmt"
	"regexp"
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
		p.printf("| [%s](#%s) | %s |\n", cmd.CommandPath(), anchor(cmd), Cell(cmd.Short))
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
	p.text("`%s`", cmd.UseLine())
	if cmd.Long == "" {
		p.text("%s.", cmd.Short)
	} else {
		p.text("%s", prose(cmd.Long))
	}
	if cmd.Example != "" {
		p.text("%s", fenced(cmd.Example))
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
// form, and titles in it are no titles of the page.
func prose(long string) string {
	var out, block []string
	flush := func() {
		if len(block) > 0 {
			out = append(out, fenced(strings.TrimRight(strings.Join(block, "\n"), "\n")), "")
		}
		block = nil
	}
	for line := range strings.SplitSeq(long, "\n") {
		switch {
		case strings.HasPrefix(line, "  "), strings.HasPrefix(line, "\t"), line == "" && len(block) > 0:
			block = append(block, line)
		default:
			flush()
			out = append(out, strings.TrimSpace(strings.TrimLeft(line, "#")))
		}
	}
	flush()
	return strings.Join(out, "\n")
}

// fenced shows lines as they stand, or as they would be typed.
func fenced(block string) string {
	if typed := examples(block); strings.Contains(typed, "$ ") {
		return "```console\n" + typed + "\n```"
	}
	return "```\n" + block + "\n```"
}

// explained is a command and, far from it, what it does.
var explained = regexp.MustCompile(`^(\S.*?\S)( {3,})([^# ].*)$`)

// examples are the lines of a help text as a reader would type them.
func examples(text string) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "ecluster ") {
			line = "$ " + explained.ReplaceAllString(line, "$1$2# $3")
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}
