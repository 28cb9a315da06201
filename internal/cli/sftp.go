package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/sftpshell"
	"github.com/ecluster/ecluster/internal/transfer"
	"github.com/ecluster/ecluster/internal/ui"
)

func (c *command) sftp() *cobra.Command {
	var node, batch string
	var admin bool
	cmd := &cobra.Command{
		Use:   "sftp NAME [-n NODE]",
		Short: "Look around in the files of a node, and copy some",
		Long: "Opens a session with the files of the frontend, or of NODE: ls, cd, get, put and\n" +
			"so on; 'help' lists the commands, Tab completes names. Without a terminal the\n" +
			"commands come from standard input, and the first that fails ends the session;\n" +
			"one that begins with - may fail.",
		Example: "  ecluster sftp local\n" +
			"  echo 'get -r results' | ecluster sftp local -n compute001",
		Args: c.args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.runSFTP(cmd.Context(), cluster.Name(args[0]), cluster.NodeName(node), batch, admin)
		},
		ValidArgsFunction: c.completeClusters,
	}
	f := cmd.Flags()
	f.StringVarP(&node, "node", "n", "", "`NODE` whose files they are (default: the frontend)")
	f.StringVarP(&batch, "batch", "b", "", "read the commands from `FILE`; - is standard input")
	f.BoolVar(&admin, "admin", false, "log in as the administrator of the machine")
	_ = cmd.RegisterFlagCompletionFunc("node", c.completeNodeFlag)
	return cmd
}

func (c *command) runSFTP(ctx context.Context, name cluster.Name, node cluster.NodeName, batch string, admin bool) error {
	conn, err := c.quiet().Connect(ctx, name, node, admin)
	if err != nil {
		return c.noConnection(err)
	}
	defer conn.Close()
	files, err := conn.Files(ctx, remote.FilesOptions{})
	if err != nil {
		return c.noConnection(err)
	}
	defer func() { _ = files.Close() }() // which can't fail
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	shell, err := sftpshell.New(files, here)
	if err != nil {
		return err
	}
	page := c.Streams.NewPage()
	shell.Print = func(line string) { _ = page.Text(line) } // a reader that went away ends the session by a signal
	shell.Copy = func(work func(transfer.Options) (*transfer.Destination, error)) error {
		return c.sftpCopy(name, conn.Node(), work)
	}
	switch {
	case batch != "" && batch != "-":
		file, err := os.Open(batch)
		if err != nil {
			return err
		}
		defer file.Close()
		return c.sftpBatch(ctx, shell, file)
	case batch == "-" || !c.Streams.InTTY || !c.Streams.OutTTY:
		return c.sftpBatch(ctx, shell, c.Streams.In)
	}
	return c.sftpTyped(ctx, shell, fmt.Sprintf("%s:%s> ", name, conn.Node()))
}

// sftpBatch carries lines out until one fails.
func (c *command) sftpBatch(ctx context.Context, shell *sftpshell.Shell, in io.Reader) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line, optional := strings.CutPrefix(lines.Text(), "-")
		err := shell.Do(ctx, line)
		switch {
		case errors.Is(err, sftpshell.ErrQuit):
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && optional && !lost(err):
			c.show(err)
		case err != nil:
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	return lines.Err()
}

// lost says that there is no connection any more.
func lost(err error) bool {
	gone := (*remote.LostError)(nil)
	return errors.As(err, &gone)
}

// sftpTyped carries out what is typed. Ctrl-C stops what is under way.
func (c *command) sftpTyped(ctx context.Context, shell *sftpshell.Shell, text string) error {
	prompt, err := ui.NewPrompt(c.Streams, text, shell.Complete)
	if err != nil {
		return err
	}
	for {
		line, err := prompt.Line()
		if errors.Is(err, io.EOF) {
			return c.Streams.NewPage().Linef("")
		}
		if err != nil {
			return err
		}
		working, stop := signal.NotifyContext(context.WithoutCancel(ctx), os.Interrupt)
		err = shell.Do(working, line)
		interrupted := working.Err() != nil
		stop()
		seen := shownError{}
		switch {
		case errors.Is(err, sftpshell.ErrQuit):
			return nil
		case lost(err):
			return c.noConnection(err)
		case interrupted:
			c.show(ErrInterrupted)
		case err != nil && !errors.As(err, &seen):
			c.show(err)
		}
	}
}

// sftpCopy shows how a copy comes on, and what became of it.
func (c *command) sftpCopy(name cluster.Name, node cluster.NodeName, work func(transfer.Options) (*transfer.Destination, error)) error {
	view := newCopyView(c, name)
	meter := ui.NewMeter(c.Streams, c.format, view.line)
	began := time.Now()
	d, err := work(transfer.Options{Report: view.report, Progress: &view.progress})
	meter.Stop()
	if err != nil {
		return err
	}
	d.Label = string(node)
	places := []*transfer.Destination{d}
	if err := view.end(places, time.Since(began)); err != nil {
		return err
	}
	if gone := d.Dead(); gone != nil && lost(gone) {
		return gone
	}
	return copyStatus(places)
}
