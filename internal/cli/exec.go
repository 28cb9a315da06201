package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/fanout"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/ui"
)

// execFlags are the flags of exec.
type execFlags struct {
	nodes, groups []string
	admin         bool
	stream, stdin bool
	parallel      int
	timeout       time.Duration
}

func (c *command) exec() *cobra.Command {
	var o execFlags
	cmd := &cobra.Command{
		Use:   "exec NAME [-n NODES] [-g GROUP] -- COMMAND [ARG...]",
		Short: "Run a command on many nodes, and show equal answers once",
		Long: "Runs a command on all nodes, or on some, many at once, and prints their answers\n" +
			"at the end: nodes that said the same are named together. NODES is a set as in\n" +
			"compute[001-004,007],frontend001; names of groups may stand in it too. Several\n" +
			"words after -- reach the command as they are; a single one is a line for the\n" +
			"shell. Ctrl-C stops the command on all nodes.\n\n" +
			"The exit status is the highest of all nodes; a node that was not reached counts\n" +
			"as 255, one that took longer than --timeout as 124.\n\n" +
			"Answers wait in files for the end; with --output json they are held in memory as\n" +
			"well, and large ones are better taken with --stream.",
		Example: "  ecluster exec local -- uptime\n" +
			"  ecluster exec local -g compute -- 'df -h /tmp | tail -1'\n" +
			"  ecluster exec local -n 'compute[001-002]' --stream -- tail -f /var/log/slurm/slurmd.log\n" +
			"  ecluster exec local --stdin -- 'cat > .vimrc' < .vimrc",
		Args: c.args(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.runExec(cmd.Context(), cluster.Name(args[0]), args[1:], o)
		},
		ValidArgsFunction: c.completeClusters,
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.nodes, "nodes", "n", nil, "`NODES` to run on, as in compute[001-004] (default: all)")
	f.StringArrayVarP(&o.groups, "group", "g", nil, "run on the nodes of `GROUP` (repeatable)")
	f.BoolVar(&o.admin, "admin", false, "run as the administrator of the machines")
	f.BoolVar(&o.stream, "stream", false, "show each line as it comes, with the name of its node")
	f.BoolVar(&o.stdin, "stdin", false, "give standard input to the command on each node")
	f.IntVar(&o.parallel, "parallel", 64, "work on `N` nodes at once")
	f.DurationVar(&o.timeout, "timeout", 0, "stop what takes longer on a node than `TIME`, as in 30s or 5m")
	_ = cmd.RegisterFlagCompletionFunc("nodes", c.completeNodeFlag)
	_ = cmd.RegisterFlagCompletionFunc("group", c.completeGroupFlag)
	return cmd
}

func (c *command) runExec(ctx context.Context, name cluster.Name, words []string, o execFlags) error {
	if o.parallel < 1 {
		return &usageError{err: errors.New("--parallel must be at least 1")}
	}
	reach, err := c.quiet().Reach(name, o.admin)
	if err != nil {
		return err
	}
	defer reach.Close()
	nodes, err := chosenNodes(reach, o.nodes, o.groups)
	if err != nil {
		return err
	}
	dir, remove, err := fanout.TempDir()
	if err != nil {
		return err
	}
	defer remove()
	task := fanout.Task{
		Command: remote.CommandLine(words), Nodes: nodes, Parallel: o.parallel, Timeout: o.timeout, Dir: dir,
	}
	if o.stdin {
		task.Stdin = fanout.NewSpool(dir)
		if _, err := io.Copy(task.Stdin, c.Streams.In); err != nil {
			return fmt.Errorf("read standard input: %w", err)
		}
		if err := task.Stdin.Close(); err != nil {
			return err
		}
	}
	if o.stream {
		task.Line = c.printLine
	}
	var counter countingNetwork
	counter.Network = reach
	meter := ui.NewMeter(c.Streams, c.format, func() string {
		return fmt.Sprintf("%d of %d nodes have answered", counter.ended.Load(), len(nodes))
	})
	if o.stream {
		meter.Stop() // the lines show how far it is
	}
	answers, err := task.Run(ctx, &counter)
	meter.Stop()
	if err != nil {
		return err
	}
	if err := c.showAnswers(name, answers, o.stream); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return shownError{context.Cause(ctx)}
	}
	if status := fanout.Status(answers); status != 0 {
		return remoteExitError(status)
	}
	return nil
}

// chosenNodes are the nodes that -n and -g name together, or all.
func chosenNodes(reach *engine.Reach, sets, groups []string) ([]cluster.NodeName, error) {
	words := append([]string{}, sets...)
	for _, g := range groups {
		for name := range strings.SplitSeq(g, ",") {
			if _, err := reach.Group(cluster.GroupName(name)); err != nil {
				return nil, err
			}
			words = append(words, name)
		}
	}
	return reach.Select(words...)
}

// countingNetwork counts the nodes that are done with.
type countingNetwork struct {
	fanout.Network
	ended atomic.Int64
}

// Drop counts.
func (n *countingNetwork) Drop(node cluster.NodeName) {
	n.ended.Add(1)
	n.Network.Drop(node)
}
