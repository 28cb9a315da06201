package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
)

// exitNoConnection is what ssh itself ends with when it can't connect.
const exitNoConnection = 255

func (c *command) ssh() *cobra.Command {
	var node string
	var admin bool
	cmd := &cobra.Command{
		Use:   "ssh NAME [-n NODE] [-- COMMAND [ARG...]]",
		Short: "Log in to a cluster, or run a command there",
		Long: "Logs in to the frontend, or to NODE, with the cluster's own key and with host\n" +
			"keys that are known. Several words after -- reach the command as they are; a\n" +
			"single one is a line for the shell. The exit status is the command's, or 255\n" +
			"when there was no connection.",
		Example: "  ecluster ssh local\n  ecluster ssh local -- srun -N2 hostname\n  ecluster ssh local -n compute001 -- 'cd /tmp && ls'",
		Args:    c.args(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.login(cmd.Context(), cluster.Name(args[0]), cluster.NodeName(node), admin, args[1:])
		},
		ValidArgsFunction: c.completeClusters,
	}
	cmd.Flags().StringVarP(&node, "node", "n", "", "`NODE` to log in to (default: the frontend)")
	cmd.Flags().BoolVar(&admin, "admin", false, "log in as the administrator of the machine, to look after it")
	_ = cmd.RegisterFlagCompletionFunc("node", c.completeNodeFlag)
	return cmd
}

func (c *command) login(ctx context.Context, name cluster.Name, node cluster.NodeName, admin bool, words []string) error {
	conn, err := c.quiet().Connect(ctx, name, node, admin)
	if err != nil {
		return c.noConnection(err)
	}
	defer conn.Close()
	// A signal is for the remote command, not for us.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGHUP)
	defer signal.Stop(signals)
	status, err := conn.Interact(context.WithoutCancel(ctx), remote.InteractOptions{
		Command: words, Term: os.Getenv("TERM"),
		Stdin: c.Streams.In, Stdout: c.Streams.Out, Stderr: c.Streams.Err,
		Signals: signals,
	})
	switch {
	case err != nil:
		return c.noConnection(err)
	case status != 0:
		return remoteExitError(status)
	}
	return nil
}

// noConnection shows why there is no connection, and ends like ssh does. A
// cluster or a node that does not exist keeps its own exit status.
func (c *command) noConnection(err error) error {
	if exitStatus(err) != exitFailure {
		return err
	}
	c.show(err)
	return fmt.Errorf("%w: %w", remoteExitError(exitNoConnection), shownError{err})
}
