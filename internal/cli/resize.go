package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/plan"
)

// removal holds the flags that all commands share that remove nodes.
type removal struct {
	yes, force   bool
	drainTimeout time.Duration
}

func (r *removal) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&r.yes, "yes", false, "don't ask")
	f.BoolVar(&r.force, "force", false, "remove nodes although jobs run on them; the jobs are requeued")
	f.DurationVar(&r.drainTimeout, "drain-timeout", 10*time.Minute, "`TIME` that running jobs may take to end")
}

func (c *command) resize() *cobra.Command {
	var add, remove []string
	var r removal
	cmd := &cobra.Command{
		Use:   "resize NAME -a N:GROUP | -r N:GROUP",
		Short: "Add nodes to a running cluster, or remove some",
		Long: "Adds and removes nodes. Idle nodes are removed before busy ones; a busy node\n" +
			"takes no new jobs and goes when its jobs have ended.",
		Example: "  ecluster resize local -a 2:compute\n  ecluster resize local -r 1:compute --drain-timeout 1h",
		Args:    c.args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			more, err := parseCounts("--add", add)
			if err != nil {
				return err
			}
			fewer, err := parseCounts("--remove", remove)
			if err != nil {
				return err
			}
			if len(more)+len(fewer) == 0 {
				return &usageError{cmd, fmt.Errorf("say what to change: -a 2:compute adds two nodes, -r 2:compute removes two")}
			}
			return c.change(cmd.Context(), cluster.Name(args[0]), r, engine.ResizeOptions{Add: more, Remove: fewer})
		},
		ValidArgsFunction: c.completeClusters,
	}
	cmd.Flags().StringArrayVarP(&add, "add", "a", nil, "nodes to add: `N:GROUP`, as in 5:compute (repeatable, or separated by commas)")
	cmd.Flags().StringArrayVarP(&remove, "remove", "r", nil, "nodes to remove: `N:GROUP`, as in 2:gpu (repeatable, or separated by commas)")
	r.flags(cmd)
	cmd.Flags().StringP("template", "t", "", "accepted for the sake of ElastiCluster's users: the record of the cluster knows its groups")
	_ = cmd.RegisterFlagCompletionFunc("add", c.completeCounts)
	_ = cmd.RegisterFlagCompletionFunc("remove", c.completeCounts)
	return cmd
}

func (c *command) removeNode() *cobra.Command {
	var r removal
	cmd := &cobra.Command{
		Use:   "remove-node NAME NODE...",
		Short: "Remove certain nodes from a running cluster",
		Args:  c.args(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.change(cmd.Context(), cluster.Name(args[0]), r, engine.ResizeOptions{Nodes: nodeNames(args[1:])})
		},
		ValidArgsFunction: c.completeMoreNodes,
	}
	r.flags(cmd)
	return cmd
}

func (c *command) change(ctx context.Context, name cluster.Name, r removal, o engine.ResizeOptions) error {
	if err := c.config.needed(); err != nil {
		return err
	}
	o.Force, o.DrainTimeout = r.force, r.drainTimeout
	o.Approve = c.approve(ctx, "resize", name, r.yes)
	o.Confirm = func(chosen []plan.Removal) error {
		if r.yes {
			return nil
		}
		return c.confirm(ctx, removalQuestion(name, chosen, r.force))
	}
	return c.run(ctx, job{cluster: name, work: func(ctx context.Context, e *engine.Engine) (*engine.RunResult, error) {
		return e.Resize(ctx, name, o)
	}})
}

func removalQuestion(name cluster.Name, chosen []plan.Removal, force bool) string {
	words := make([]string, len(chosen))
	for i, r := range chosen {
		words[i] = string(r.Node) + " (idle)"
		switch {
		case r.Running > 0 && force:
			words[i] = fmt.Sprintf("%s (%d jobs, to be requeued)", r.Node, r.Running)
		case r.Running > 0:
			words[i] = fmt.Sprintf("%s (when its %d jobs have ended)", r.Node, r.Running)
		}
	}
	return fmt.Sprintf("Remove from cluster %q: %s. Go on?", name, strings.Join(words, ", "))
}
