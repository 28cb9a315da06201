package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/ui"
)

func (c *command) status() *cobra.Command {
	return &cobra.Command{
		Use:   "status NAME",
		Short: "Show a cluster at a glance: its nodes and its queue",
		Args:  c.args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := c.quiet().Status(cmd.Context(), cluster.Name(args[0]))
			if err != nil {
				return err
			}
			return ui.Value(c.Streams, c.format, s, func(p ui.Page) error { return statusPage(p, s) })
		},
		ValidArgsFunction: c.completeClusters,
	}
}

func statusPage(p ui.Page, s *engine.Status) error {
	phases := make([]string, 0, len(s.Nodes))
	for _, phase := range slices.Sorted(maps.Keys(s.Nodes)) {
		phases = append(phases, fmt.Sprintf("%d %s", s.Nodes[phase], phase))
	}
	lines := []string{fmt.Sprintf("cluster  %s", s.Cluster), fmt.Sprintf("nodes    %s", strings.Join(phases, ", "))}
	if q := s.Queue; q != nil {
		lines = append(lines, fmt.Sprintf("jobs     %d running, %d pending", q.Running, q.Pending))
		for _, reason := range slices.Sorted(maps.Keys(q.Reasons)) {
			lines = append(lines, fmt.Sprintf("         %d pending: %s", q.Reasons[reason], reason))
		}
	}
	if s.Trouble != "" {
		lines = append(lines, "The scheduler can't be asked: "+s.Trouble)
	}
	if err := p.Linef("%s", strings.Join(lines, "\n")); err != nil || len(s.Workers) == 0 {
		return err
	}
	t := ui.Table{Header: []string{"NODE", "STATE", "CPUS", "IN USE", "JOBS", "REASON"}, Right: []string{"CPUS", "IN USE", "JOBS"}}
	for _, w := range s.Workers {
		t.Add(string(w.Name), string(w.State), fmt.Sprint(w.CPUs), fmt.Sprint(w.AllocCPUs), fmt.Sprint(w.Jobs), w.Reason)
	}
	return p.Table(t)
}
