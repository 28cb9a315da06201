package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/ui"
)

func (c *command) planCommand() *cobra.Command {
	var name string
	var nodes []string
	var roles bool
	cmd := &cobra.Command{
		Use:   "plan TEMPLATE",
		Short: "Show what 'start' would do, and ask the provider whether it could",
		Args:  c.args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			counts, err := parseCounts("--nodes", nodes)
			if err != nil {
				return err
			}
			wanted, _, err := c.desired(args[0], cluster.Name(name))
			if err != nil {
				return err
			}
			if roles {
				return ui.Value(c.Streams, c.format, rolesOf(wanted), func(p ui.Page) error { return rolesPage(p, wanted) })
			}
			report, err := c.quiet().Plan(cmd.Context(), wanted, engine.StartOptions{Counts: counts})
			if err != nil {
				return err
			}
			if err := ui.Value(c.Streams, c.format, report, func(p ui.Page) error { return planPage(p, wanted, report) }); err != nil {
				return err
			}
			err = fatal(wanted, report)
			if err != nil && c.format != ui.Text {
				return shownError{err} // it is among the findings
			}
			return err
		},
		ValidArgsFunction: c.completeTemplates,
	}
	c.specFlags(cmd)
	cmd.Flags().StringVarP(&name, "name", "n", "", "`NAME` of the cluster (default: the name of the template)")
	cmd.Flags().StringArrayVar(&nodes, "nodes", nil, "number of nodes of a group: `N:GROUP`, as 'start' takes it (repeatable, or separated by commas)")
	cmd.Flags().BoolVar(&roles, "roles", false, "show which roles each node group gets, with their parameters, instead")
	return cmd
}

// fatal turns what forbids a start into the error that start would end with.
func fatal(wanted *cluster.Spec, report *engine.PlanReport) error {
	if blocked := report.Plan.Blocked; len(blocked) > 0 {
		return &engine.BlockedError{Cluster: wanted.Name, Reasons: blocked}
	}
	failed := &engine.CheckError{Kind: wanted.Provider.Kind}
	for _, f := range report.Findings {
		if f.Fatal {
			failed.Findings = append(failed.Findings, f)
		}
	}
	if len(failed.Findings) > 0 {
		return failed
	}
	return nil
}

func planPage(p ui.Page, wanted *cluster.Spec, report *engine.PlanReport) error {
	head := fmt.Sprintf("Cluster %q exists; 'ecluster start' would:", wanted.Name)
	if report.New {
		head = fmt.Sprintf("Cluster %q does not exist yet; 'ecluster start' would:", wanted.Name)
	}
	var lines []string
	for _, change := range report.Plan.Changes {
		lines = append(lines, "Changed in the spec: "+change.String())
	}
	actions := report.Plan.Lines()
	switch {
	case len(report.Plan.Blocked) > 0:
		head = fmt.Sprintf("Cluster %q exists; 'ecluster start' would refuse to go on.", wanted.Name)
	case len(actions) == 0 && len(lines) == 0:
		head = fmt.Sprintf("Cluster %q is as the spec wants it; 'ecluster start' would only check its nodes.", wanted.Name)
	case len(actions) == 0:
		head = fmt.Sprintf("Cluster %q exists; 'ecluster start' would only check its nodes.", wanted.Name)
	}
	lines = append(lines, head)
	for _, action := range actions {
		lines = append(lines, "  "+action.Text)
	}
	for _, warning := range report.Plan.Warnings {
		lines = append(lines, "Warning: "+warning)
	}
	for _, f := range report.Findings {
		if !f.Fatal {
			lines = append(lines, fmt.Sprintf("Warning: %s. %s", f.Summary, f.Detail))
		}
	}
	for _, line := range lines {
		if err := p.Linef("%s", line); err != nil {
			return err
		}
	}
	if report.Price == nil {
		return nil
	}
	return pricePage(p, report.Price)
}
