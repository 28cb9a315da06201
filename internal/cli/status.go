package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/scheduler"
	"github.com/ecluster/ecluster/internal/ui"
)

func (c *command) status() *cobra.Command {
	var w watching
	cmd := &cobra.Command{
		Use:   "status NAME",
		Short: "Show a cluster at a glance: its nodes and its queue",
		Long: "Shows how many nodes are in which phase, and asks the scheduler for its queue and\n" +
			"for what its nodes do. --watch keeps one connection to the frontend, and goes on\n" +
			"when that does not answer for a while.",
		Example: "  ecluster status local\n  ecluster status local --watch --interval 10s",
		Args:    c.args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			observer := c.quiet().Observe(cluster.Name(args[0]))
			defer observer.Close()
			return c.showAgain(cmd.Context(), w, "status "+args[0], func(ctx context.Context) (look, error) {
				s, err := observer.Status(ctx)
				return look{statusResult{s}, func(p ui.Page) error { return statusPage(p, s) }}, err
			})
		},
		ValidArgsFunction: c.completeClusters,
	}
	w.flags(cmd)
	return tabular(cmd)
}

// statusResult is the result of `status`.
type statusResult struct{ *engine.Status }

// Records implements ui.Tabular: one row, of numbers to be plotted.
func (s statusResult) Records() ui.Table {
	t := ui.Table{Header: slices.Concat([]string{"cluster", "nodes", "ready", "running", "pending", "cpus", "cpus_in_use"}, vitalHeader(), []string{"trouble"})}
	nodes, cpus, used := 0, 0, 0
	for _, n := range s.Nodes {
		nodes += n
	}
	for _, w := range s.Workers {
		cpus += w.CPUs
		used += w.AllocCPUs
	}
	running, pending := "", ""
	if s.Queue != nil {
		running, pending = fmt.Sprint(s.Queue.Running), fmt.Sprint(s.Queue.Pending)
	}
	cells := []string{string(s.Cluster), fmt.Sprint(nodes), fmt.Sprint(s.Nodes[cluster.Ready]), running, pending, fmt.Sprint(cpus), fmt.Sprint(used)}
	t.Add(slices.Concat(cells, vitalCells(s.Vitals), []string{s.Trouble})...)
	return t
}

func statusPage(p ui.Page, s *engine.Status) error {
	phases := make([]string, 0, len(s.Nodes))
	for _, phase := range slices.Sorted(maps.Keys(s.Nodes)) {
		phases = append(phases, fmt.Sprintf("%d %s", s.Nodes[phase], phase))
	}
	lines := []string{fmt.Sprintf("cluster  %s", s.Cluster), "age      " + ageWords(s.Vitals)}
	if s.Cost != nil {
		lines = append(lines, "cost     "+costWords(s.Cost))
	}
	lines = append(lines, "nodes    "+strings.Join(phases, ", "))
	if q := s.Queue; q != nil {
		lines = append(lines, fmt.Sprintf("jobs     %d running, %d pending", q.Running, q.Pending))
		for _, reason := range reasons(q) {
			lines = append(lines, fmt.Sprintf("         %d pending: %s", q.Reasons[reason], reason))
		}
	}
	if s.Trouble != "" {
		lines = append(lines, "The scheduler can't be asked: "+s.Trouble)
		if s.Queue != nil {
			lines = append(lines, fmt.Sprintf("Jobs and the nodes below are what it said %s ago.", age(s.Answered)))
		}
	}
	if err := p.Linef("%s", strings.Join(lines, "\n")); err != nil || len(s.Workers) == 0 {
		return err
	}
	t := ui.Table{
		Header:   []string{"NODE", "STATE", "CPUS", "IN USE", "JOBS", "REASON"},
		Right:    []string{"CPUS", "IN USE", "JOBS"},
		Optional: []string{"CPUS", "IN USE"},
		Flexible: "REASON",
	}
	for _, w := range s.Workers {
		t.Add(string(w.Name), string(w.State), fmt.Sprint(w.CPUs), fmt.Sprint(w.AllocCPUs), fmt.Sprint(w.Jobs), w.Reason)
	}
	return p.Table(t)
}

// reasons are what the pending jobs wait for, what most of them wait for first.
func reasons(q *scheduler.Queue) []string {
	return slices.SortedFunc(maps.Keys(q.Reasons), func(a, b string) int {
		return cmp.Or(q.Reasons[b]-q.Reasons[a], strings.Compare(a, b))
	})
}
