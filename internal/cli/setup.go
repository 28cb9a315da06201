package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
)

func (c *command) setup() *cobra.Command {
	return &cobra.Command{
		Use:   "setup NAME [-- NODE...]",
		Short: "Apply the roles again, to all nodes or to some; what is done already is skipped",
		Args:  c.args(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := cluster.Name(args[0])
			return c.run(cmd.Context(), job{cluster: name, work: func(ctx context.Context, e *engine.Engine) (*engine.RunResult, error) {
				return e.SetUp(ctx, name, nodeNames(args[1:]))
			}})
		},
		ValidArgsFunction: c.completeMoreNodes,
	}
}
