package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/ui"
)

func (c *command) pause() *cobra.Command {
	var yes bool
	var o engine.PauseOptions
	cmd := &cobra.Command{
		Use:   "pause NAME [--wait]",
		Short: "Stop the machines of a cluster and keep their disks",
		Long: "Stops the machines, so that they cost nothing but their disks; 'resume' starts them\n" +
			"again. Jobs that run go back into the queue, and those that can't be requeued end;\n" +
			"with --wait running jobs end first, and no new ones start. Waiting jobs wait on.",
		Example: "  ecluster pause gce\n  ecluster pause gce --wait --drain-timeout 2h",
		Args:    c.args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("drain-timeout") && !o.Wait {
				return &usageError{cmd, fmt.Errorf("--drain-timeout says how long --wait waits: give both")}
			}
			return c.pauseCluster(cmd.Context(), cluster.Name(args[0]), yes, o)
		},
		ValidArgsFunction: c.completeClusters,
	}
	f := cmd.Flags()
	f.BoolVar(&yes, "yes", false, "don't ask")
	f.BoolVar(&o.Wait, "wait", false, "let running jobs end first")
	f.DurationVar(&o.DrainTimeout, "drain-timeout", 0, "`TIME` that --wait gives to running jobs (default: as long as they take)")
	f.BoolVar(&o.Force, "force", false, "pause although the scheduler can't be asked; jobs may be lost")
	return cmd
}

func (c *command) pauseCluster(ctx context.Context, name cluster.Name, yes bool, o engine.PauseOptions) error {
	var expires time.Time
	o.Confirm = func(p engine.PausePreview) error {
		expires = p.Expires
		if yes {
			return nil
		}
		return c.confirm(ctx, pauseQuestion(p))
	}
	err := c.run(ctx, job{cluster: name, work: func(ctx context.Context, e *engine.Engine) (*engine.RunResult, error) {
		return e.Pause(ctx, name, o)
	}})
	if err != nil || c.format != ui.Text {
		return err
	}
	page := c.Streams.NewErrPage()
	if err := page.Prosef("Cluster %q is paused; its disks are kept. 'ecluster resume %s' starts its machines again.", name, name); err != nil || expires.IsZero() {
		return err
	}
	return page.Prosef("Its time (limits.ttl) goes on, and ends at %s: resume it before that.", expires.Local().Format(time.DateTime))
}

func pauseQuestion(p engine.PausePreview) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Pause cluster %q: %s will be stopped", p.Cluster, counted(p.Nodes, "machine"))
	switch {
	case p.Running > 0 && p.Wait:
		fmt.Fprintf(&b, " when %s", running(p.Running, "has ended", "have ended"))
	case p.Running > 0:
		fmt.Fprintf(&b, "; %s: they will be requeued", running(p.Running, "is running", "are running"))
	}
	return b.String() + ". Go on?"
}

// running is "1 job has ended" or "3 jobs have ended".
func running(n int, one, more string) string {
	if n == 1 {
		return "1 job " + one
	}
	return fmt.Sprintf("%d jobs %s", n, more)
}

func (c *command) resume() *cobra.Command {
	var o engine.ResumeOptions
	var bootTimeout time.Duration
	cmd := &cobra.Command{
		Use:   "resume NAME",
		Short: "Start the machines of a paused cluster again",
		Long: "Starts the machines, tells all nodes the addresses that changed, mounts what they\n" +
			"share, gives the nodes back to the scheduler and proves that they work. A machine that\n" +
			"the cloud has no room for now is reported; run the command again for it.",
		Example: "  ecluster resume gce",
		Args:    c.args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := cluster.Name(args[0])
			j := job{cluster: name, bootTimeout: bootTimeout}
			j.work = func(ctx context.Context, e *engine.Engine) (*engine.RunResult, error) { return e.Resume(ctx, name, o) }
			if o.NoSetUp {
				return c.run(cmd.Context(), j)
			}
			return c.runAndTell(cmd.Context(), j)
		},
		ValidArgsFunction: c.completeClusters,
	}
	cmd.Flags().DurationVar(&bootTimeout, "boot-timeout", 5*time.Minute, "`TIME` says how long a machine may take until it lets us in")
	cmd.Flags().BoolVar(&o.NoSetUp, "no-setup", false, "only start the machines; 'ecluster setup' does the rest")
	cmd.Flags().BoolVar(&o.Force, "force", false, "start the machines although the cluster's time (limits.ttl) has ended")
	return cmd
}
