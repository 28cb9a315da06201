package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/internal/ui"
	"github.com/ecluster/ecluster/templates"
)

func (c *command) listTemplates() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list-templates",
		Short: "List the clusters that 'start' can make, and the starter specs of 'init'",
		Args:  c.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			file, err := c.load()
			if err != nil {
				return err
			}
			starters, err := templates.List()
			if err != nil {
				return err
			}
			return ui.Value(c.Streams, c.format, templateList(file, starters), func(p ui.Page) error {
				t := ui.Table{Header: []string{"TEMPLATE", "PROVIDER", "FROM"}}
				for _, s := range file.Clusters() {
					t.Add(s.Name, s.Provider, s.From)
				}
				if err := p.Table(t); err != nil {
					return err
				}
				if err := p.Linef("\nStarter specs, written by 'ecluster init --template NAME':"); err != nil {
					return err
				}
				t = ui.Table{Header: []string{"NAME", "WHAT IT IS"}}
				for _, s := range starters {
					t.Add(s.Name, s.Summary)
				}
				return p.Table(t)
			})
		},
	}
	c.specFlags(cmd)
	return cmd
}

// listedTemplate is something that can be started or begun with.
type listedTemplate struct {
	Name        string `json:"name"`
	Provider    string `json:"provider,omitempty"`
	From        string `json:"from,omitempty"`
	Description string `json:"description,omitempty"`
}

func templateList(file *spec.File, starters []templates.Template) map[string][]listedTemplate {
	l := map[string][]listedTemplate{"clusters": {}, "starters": {}}
	for _, s := range file.Clusters() {
		l["clusters"] = append(l["clusters"], listedTemplate{Name: s.Name, Provider: s.Provider, From: s.From})
	}
	for _, s := range starters {
		l["starters"] = append(l["starters"], listedTemplate{Name: s.Name, Description: s.Summary})
	}
	return l
}

func (c *command) init() *cobra.Command {
	var template, to string
	cmd := &cobra.Command{
		Use:   "init [--template NAME]",
		Short: "Write a commented starter spec",
		Args:  c.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			text, err := templates.Read(template)
			if err != nil {
				return &usageError{err: err}
			}
			f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("init: %s exists; it is left alone. Choose another file with --to", to)
			}
			if err != nil {
				return fmt.Errorf("init: %w", err)
			}
			if _, err := f.Write(text); err != nil {
				return errors.Join(fmt.Errorf("init: %w", err), f.Close(), os.Remove(to))
			}
			if err := f.Close(); err != nil {
				return fmt.Errorf("init: %w", err)
			}
			return ui.Value(c.Streams, c.format, map[string]string{"template": template, "file": to}, func(p ui.Page) error {
				return p.Linef("Wrote %s. Read it, then run 'ecluster validate' and 'ecluster list-templates'.", to)
			})
		},
	}
	cmd.Flags().StringVar(&template, "template", templates.Default, "`NAME` of the starter spec to write; 'ecluster list-templates' lists them")
	_ = cmd.RegisterFlagCompletionFunc("template", completeStarters)
	cmd.Flags().StringVar(&to, "to", "ecluster.hcl", "`FILE` to write; it must not exist")
	return cmd
}

// completeStarters offers the starter specs.
func completeStarters(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	starters, err := templates.List()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := make([]string, len(starters))
	for i, s := range starters {
		names[i] = s.Name
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
