package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/manual"
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
				if e.Simulated() {
					n.simulated++
				}
				if e.OnNodes() {
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
