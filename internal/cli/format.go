package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/ui"
)

// tabularMark is the annotation of commands whose result can be CSV.
const tabularMark = "ecluster-tabular"

// tabular says that the result of cmd is a table.
func tabular(cmd *cobra.Command) *cobra.Command {
	cmd.Annotations = map[string]string{tabularMark: "yes"}
	return cmd
}

// checkFormat refuses CSV before a command does anything that it could not
// show as a table.
func (c *command) checkFormat(cmd *cobra.Command) error {
	if c.format == ui.CSV && cmd.Annotations[tabularMark] == "" {
		return &usageError{cmd, fmt.Errorf("the result of '%s' is no table: --output is text, json or yaml here", cmd.CommandPath())}
	}
	return nil
}

// completeFormats offers the formats that a command has.
func completeFormats(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	formats := []string{string(ui.Text), string(ui.JSON), string(ui.YAML)}
	if cmd.Annotations[tabularMark] != "" {
		formats = append(formats, string(ui.CSV))
	}
	return formats, cobra.ShellCompDirectiveNoFileComp
}
