package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/ui"
)

func (c *command) stop() *cobra.Command {
	var yes, wait bool
	var orphan string
	cmd := &cobra.Command{
		Use:   "stop NAME",
		Short: "Take a cluster away: nothing of it is left, files included",
		Args:  c.args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if orphan != "" {
				return c.stopOrphan(cmd.Context(), cluster.ID(orphan), args[0], yes)
			}
			return c.stopCluster(cmd.Context(), cluster.Name(args[0]), yes)
		},
		ValidArgsFunction: c.completeClusters,
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "don't ask")
	cmd.Flags().StringVar(&orphan, "orphan", "", "delete what is left of the cluster `ID` that has no record; NAME is then a template, for its provider")
	c.specFlags(cmd)
	cmd.Flags().BoolVar(&wait, "wait", true, "accepted for the sake of ElastiCluster's users: stop always waits until nothing is left")
	return cmd
}

func (c *command) stopCluster(ctx context.Context, name cluster.Name, yes bool) error {
	if !yes {
		if _, err := c.quiet().Store().Load(name); err != nil {
			return err
		}
		if c.Streams.Ask == nil { // before the frontend is asked what it holds
			return fmt.Errorf("stop cluster %q: %w", name, ui.ErrNotConfirmed)
		}
		preview, err := c.quiet().StopPreview(ctx, name)
		if err != nil {
			return err
		}
		if err := c.confirm(ctx, stopQuestion(preview)); err != nil {
			return err
		}
	}
	left := c.leftAfterStop(name) + c.costOf(name)
	sink := c.sink()
	err := c.engine(sink).Stop(ctx, name)
	err = errors.Join(err, sink.Close())
	if err == nil && c.format == ui.Text {
		return c.Streams.NewErrPage().Prosef("Cluster %q is gone: %s.", name, left)
	}
	if err != nil && errors.Is(context.Cause(ctx), ErrInterrupted) {
		return fmt.Errorf("%w: run 'ecluster stop %s' again to finish", ErrInterrupted, name)
	}
	return err
}

// leftAfterStop says what a stop leaves.
func (c *command) leftAfterStop(name cluster.Name) string {
	var kept []string
	if st, err := c.quiet().Store().Load(name); err == nil {
		for _, share := range st.Spec.Shares {
			if share.Keep {
				kept = append(kept, share.Path)
			}
		}
	}
	if len(kept) == 0 {
		return "no machine, network or volume of it is left"
	}
	return fmt.Sprintf("only the files in %s are left, for the next cluster of that name", strings.Join(kept, " and "))
}

// costOf says what a cluster has cost, where prices were told.
func (c *command) costOf(name cluster.Name) string {
	st, err := c.quiet().Store().Load(name)
	if err != nil {
		return ""
	}
	spent := st.Vitals(time.Now()).Cost
	if spent == nil {
		return ""
	}
	if spent.SoFar < 0.01 {
		return ". Its machines cost less than " + cluster.Money(0.01, spent.Currency)
	}
	return fmt.Sprintf(". Its machines cost about %s", cluster.Money(spent.SoFar, spent.Currency))
}

func stopQuestion(p *engine.StopPreview) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Stop cluster %q: %d nodes will be deleted", p.Cluster, p.Nodes)
	if len(p.Data) > 0 {
		fmt.Fprintf(&b, ", with %s", strings.Join(p.Data, " and "))
	}
	if len(p.Kept) > 0 {
		fmt.Fprintf(&b, "; kept: %s", strings.Join(p.Kept, ", "))
	}
	return b.String() + ". Go on?"
}

// errDeclined says that the user said no.
var errDeclined = errors.New("nothing was changed")

// confirm asks; a no is an error.
func (c *command) confirm(ctx context.Context, question string) error {
	yes, err := ui.Confirm(ctx, c.Streams, question)
	if err != nil {
		return err
	}
	if !yes {
		return errDeclined
	}
	return nil
}
