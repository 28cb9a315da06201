package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/ui"
)

// listed is a cluster as `list` shows it.
type listed struct {
	Name     cluster.Name `json:"name"`
	ID       cluster.ID   `json:"id,omitempty"`
	Provider string       `json:"provider,omitempty"`
	Status   string       `json:"status"`
	Nodes    int          `json:"nodes"`
	Ready    int          `json:"ready"`
	Created  time.Time    `json:"created,omitzero"`
	Error    string       `json:"error,omitempty"`
}

func (c *command) list() *cobra.Command {
	var orphans bool
	cmd := &cobra.Command{
		Use:   "list [--orphans [TEMPLATE...]]",
		Short: "List the clusters that exist",
		Long: "Lists the clusters that are recorded here. With --orphans it asks the clouds instead:\n" +
			"the providers of the templates, and those of all recorded clusters, for whatever\n" +
			"carries our tag and that no record knows.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if orphans {
				return c.listOrphans(cmd.Context(), args)
			}
			if err := c.args(0, 0)(cmd, args); err != nil {
				return err
			}
			summaries, err := c.quiet().Store().List()
			if err != nil {
				return err
			}
			clusters := make([]listed, 0, len(summaries))
			for _, s := range summaries {
				l := listed{Name: s.Name}
				if s.Err != nil {
					l.Status, l.Error = "damaged", s.Err.Error()
				} else {
					l.ID, l.Provider, l.Status = s.ID, s.Provider, string(s.Status)
					l.Nodes, l.Ready, l.Created = s.Nodes, s.Ready, s.Created
				}
				clusters = append(clusters, l)
			}
			return ui.Value(c.Streams, c.format, clusters, func(p ui.Page) error { return listPage(p, clusters) })
		},
		ValidArgsFunction: c.completeTemplates,
	}
	c.specFlags(cmd)
	cmd.Flags().BoolVar(&orphans, "orphans", false, "list what the clouds have and no record knows")
	return cmd
}

func listPage(p ui.Page, clusters []listed) error {
	if len(clusters) == 0 {
		return p.Linef("There are no clusters. 'ecluster list-templates' shows what can be started.")
	}
	t := ui.Table{Header: []string{"NAME", "PROVIDER", "STATUS", "READY", "AGE"}}
	for _, l := range clusters {
		if l.Error != "" {
			t.Add(string(l.Name), "", l.Status, "", "")
			continue
		}
		t.Add(string(l.Name), l.Provider, l.Status, fmt.Sprintf("%d/%d", l.Ready, l.Nodes), age(l.Created))
	}
	if err := p.Table(t); err != nil {
		return err
	}
	for _, l := range clusters {
		if l.Error != "" {
			if err := p.Linef("%s: %s", l.Name, l.Error); err != nil {
				return err
			}
		}
	}
	return nil
}

// age is the time since t, to two places.
func age(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := time.Since(t)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}
