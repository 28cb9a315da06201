package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cli"
	"github.com/ecluster/ecluster/internal/manual"
	"github.com/ecluster/ecluster/internal/topics"
)

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
