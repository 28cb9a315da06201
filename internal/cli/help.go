package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/manpage"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/topics"
	"github.com/ecluster/ecluster/internal/ui"
)

// listOfTopics is the topic that names all others.
const listOfTopics = "topics"

// helpCommand explains commands, as cobra's own does, and topics. What it does
// not know is an error.
func (c *command) helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND|TOPIC]",
		Short: "Explain a command or a topic",
		Long: "Explains a command, or one of the topics that 'ecluster help topics' lists: specs,\n" +
			"clouds, roles, files, output and others.",
		Example: "  ecluster help start\n  ecluster help topics\n  ecluster help exit-status",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] == listOfTopics {
				return c.listTopics()
			}
			cmd, rest, err := root.Find(args)
			if err == nil && len(rest) == 0 {
				cmd.InitDefaultHelpFlag() // as `COMMAND --help` has them
				cmd.InitDefaultVersionFlag()
				return cmd.Help()
			}
			if t, found := topics.Find(args[0]); found && len(args) == 1 {
				return ui.Value(c.Streams, c.format, t, func(ui.Page) error { return ui.Raw(c.Streams, []byte(t.Text)) })
			}
			return unknownTopic(root, args[0])
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, noFiles
			}
			return append(commandNames(root), topicNames()...), noFiles
		},
	}
}

func (c *command) listTopics() error {
	all := topics.All()
	return ui.Value(c.Streams, c.format, all, func(p ui.Page) error {
		t := ui.Table{Header: []string{"TOPIC", "WHAT IT IS ABOUT"}}
		for _, topic := range all {
			t.Add(topic.Name, topic.Title)
		}
		if err := p.Table(t); err != nil {
			return err
		}
		return p.Prosef("\n'ecluster help TOPIC' shows one, 'ecluster COMMAND --help' explains a command.")
	})
}

func topicNames() []string {
	names := []string{listOfTopics}
	for _, t := range topics.All() {
		names = append(names, t.Name)
	}
	return names
}

func unknownTopic(root *cobra.Command, word string) error {
	text := fmt.Sprintf("there is no command or topic %q", word)
	if near := schema.Nearest(word, append(commandNames(root), topicNames()...)); near != "" {
		text += fmt.Sprintf("; did you mean %q?", near)
	}
	return &usageError{err: errors.New(text + "\n'ecluster help topics' lists the topics, 'ecluster help' the commands.")}
}

// man writes the manual into a folder.
func (c *command) man(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "man FOLDER",
		Short: "Write the pages of man(1) for all commands and topics",
		Long: "Writes a page for each command and topic below FOLDER, in man1 and man7, as man\n" +
			"looks for them in each folder of MANPATH. FOLDER is made where it is missing; older\n" +
			"pages are replaced.",
		Example: "  ecluster man ~/.local/share/man && man ecluster-start",
		Args:    c.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			files, err := writeManual(args[0], manpage.Pages(root, c.Version))
			if err != nil {
				return err
			}
			return ui.Value(c.Streams, c.format, map[string][]string{"files": files}, func(p ui.Page) error {
				return p.Linef("Wrote %s below %s.", counted(len(files), "page"), args[0])
			})
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, noFiles
			}
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
}

func writeManual(folder string, pages []manpage.Page) ([]string, error) {
	var files []string
	for _, p := range pages {
		dir := filepath.Join(folder, "man"+p.File[len(p.File)-1:])
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return files, fmt.Errorf("man: %w", err)
		}
		file := filepath.Join(dir, p.File)
		if err := os.WriteFile(file, p.Text, fs.FileMode(0o644)); err != nil {
			return files, fmt.Errorf("man: %w", err)
		}
		files = append(files, file)
	}
	return files, nil
}
