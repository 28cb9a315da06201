package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
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
	state.Vitals
	Error string `json:"error,omitempty"`
}

// clusterList is the result of `list`.
type clusterList []listed

// Records implements ui.Tabular.
func (l clusterList) Records() ui.Table {
	t := ui.Table{Header: slices.Concat([]string{"name", "id", "provider", "status", "nodes", "ready", "created"}, vitalHeader(), []string{"error"})}
	for _, c := range l {
		cells := []string{string(c.Name), string(c.ID), c.Provider, c.Status, fmt.Sprint(c.Nodes), fmt.Sprint(c.Ready), stamp(c.Created)}
		t.Rows = append(t.Rows, slices.Concat(cells, vitalCells(c.Vitals), []string{c.Error}))
	}
	return t
}

func (c *command) list() *cobra.Command {
	var orphans bool
	var w watching
	cmd := &cobra.Command{
		Use:   "list [--orphans [TEMPLATE...]]",
		Short: "List the clusters that exist",
		Long: "Lists the clusters that are recorded here. With --orphans it asks the clouds instead:\n" +
			"the providers of the templates, and those of all recorded clusters, for whatever\n" +
			"carries our tag and that no record knows.",
		Example: "  ecluster list\n  ecluster list --watch\n  ecluster list --output csv > clusters.csv",
		RunE: func(cmd *cobra.Command, args []string) error {
			if orphans && w.on {
				return &usageError{cmd, errors.New("--orphans asks the clouds, and --watch would do so all the time: choose one of them")}
			}
			if orphans {
				return c.listOrphans(cmd.Context(), args)
			}
			if err := c.args(0, 0)(cmd, args); err != nil {
				return err
			}
			return c.showAgain(cmd.Context(), w, "clusters", func(context.Context) (look, error) {
				clusters, err := c.clusters()
				return look{clusters, func(p ui.Page) error { return listPage(p, clusters) }}, err
			})
		},
		ValidArgsFunction: c.completeTemplates,
	}
	c.specFlags(cmd)
	w.flags(cmd)
	cmd.Flags().BoolVar(&orphans, "orphans", false, "list what the clouds have and no record knows")
	return tabular(cmd)
}

func (c *command) clusters() (clusterList, error) {
	summaries, err := c.quiet().Store().List()
	if err != nil {
		return nil, err
	}
	clusters := make(clusterList, 0, len(summaries))
	for _, s := range summaries {
		l := listed{Name: s.Name}
		if s.Err != nil {
			l.Status, l.Error = "damaged", s.Err.Error()
		} else {
			l.ID, l.Provider, l.Status = s.ID, s.Provider, string(s.Status)
			l.Nodes, l.Ready, l.Created = s.Nodes, s.Ready, s.Created
			l.Vitals = s.Vitals
		}
		clusters = append(clusters, l)
	}
	return clusters, nil
}

func listPage(p ui.Page, clusters clusterList) error {
	if len(clusters) == 0 {
		return p.Prosef("There are no clusters. 'ecluster list-templates' shows what can be started.")
	}
	t := ui.Table{
		Header:   []string{"NAME", "PROVIDER", "STATUS", "READY", "AGE", "LEFT", "COST"},
		Right:    []string{"COST"},
		Optional: []string{"PROVIDER", "AGE", "COST", "LEFT"},
		Flexible: "NAME",
	}
	for _, l := range clusters {
		if l.Error != "" {
			t.Add(string(l.Name), "", l.Status)
			continue
		}
		t.Add(string(l.Name), l.Provider, l.Status, fmt.Sprintf("%d/%d", l.Ready, l.Nodes), age(l.Created), leftWords(l.Vitals), spentWords(l.Cost))
	}
	t = withoutEmpty(t, "LEFT", "COST")
	if err := p.Table(t); err != nil {
		return err
	}
	for _, l := range clusters {
		if l.Error != "" {
			if err := p.Prosef("%s: %s", l.Name, l.Error); err != nil {
				return err
			}
		}
	}
	return nil
}
