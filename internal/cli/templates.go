package cli

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/internal/starter"
	"github.com/ecluster/ecluster/internal/ui"
)

func (c *command) listTemplates() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list-templates [PATTERN...]",
		Short: "List the clusters that 'start' can make, and the starter specs of 'init'",
		Args:  c.args(0, -1),
		RunE: func(_ *cobra.Command, patterns []string) error {
			file, err := c.load()
			if err != nil {
				return err
			}
			clusters := file.Clusters()
			for _, p := range patterns { // all of them must fit, as with ElastiCluster
				if _, err := path.Match(p, ""); err != nil {
					return &usageError{err: fmt.Errorf("%q is no pattern: * stands for any text, ? for one sign", p)}
				}
				clusters = slices.DeleteFunc(clusters, func(s spec.ClusterSummary) bool {
					fits, _ := path.Match(p, s.Name)
					return !fits
				})
			}
			return ui.Value(c.Streams, c.format, templateList(clusters), func(p ui.Page) error { return templatesPage(p, clusters) })
		},
	}
	c.specFlags(cmd)
	return cmd
}

// templatesPage shows the starter specs by what their names are made of: all
// names would be more than a screen.
func templatesPage(p ui.Page, clusters []spec.ClusterSummary) error {
	t := ui.Table{Header: []string{"TEMPLATE", "PROVIDER", "FROM"}}
	for _, s := range clusters {
		t.Add(s.Name, s.Provider, s.From)
	}
	if err := p.Table(t); err != nil {
		return err
	}
	if err := p.Linef("\nStarter specs are written by 'ecluster init --template CLOUD-SCHEDULER'; the\n" +
		"scheduler is slurm, gridengine or htcondor, and more may follow: aws-slurm-gpu-spot."); err != nil {
		return err
	}
	t = ui.Table{Header: []string{"CLOUD", "MAY FOLLOW", "WHERE IT IS"}, Flexible: "WHERE IT IS"}
	for _, cloud := range starter.Clouds() {
		t.Add(cloud.Name, "-"+strings.Join(cloud.Variants(), " -"), cloud.Machines)
	}
	return p.Table(t)
}

// listedTemplate is something that can be started or begun with.
type listedTemplate struct {
	Name        string `json:"name"`
	Provider    string `json:"provider,omitempty"`
	From        string `json:"from,omitempty"`
	Description string `json:"description,omitempty"`
}

func templateList(clusters []spec.ClusterSummary) map[string][]listedTemplate {
	l := map[string][]listedTemplate{"clusters": {}, "starters": {}}
	for _, s := range clusters {
		l["clusters"] = append(l["clusters"], listedTemplate{Name: s.Name, Provider: s.Provider, From: s.From})
	}
	for _, t := range starter.Templates() {
		l["starters"] = append(l["starters"], listedTemplate{Name: t.Name, Description: t.Summary})
	}
	return l
}

// completeStarters offers the starter specs.
func completeStarters(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, t := range starter.Templates() {
		names = append(names, t.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
