package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/report"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/internal/ui"
)

func (c *command) reportCommand() *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "report NAME",
		Short: "Pack what helps to find a bug into one file, without secrets",
		Long: "Writes an archive with the version of ecluster, the record of the cluster, its\n" +
			"events and the logs of its runs. Keys and secrets of the cluster are not in it, and\n" +
			"what looks like one in a log is blotted out. Addresses, names and what your own\n" +
			"scripts printed are in it: look through it before you send it.",
		Example: "  ecluster report local\n  ecluster report local -o bug.tar.gz && tar tzf bug.tar.gz",
		Args:    c.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			name := cluster.Name(args[0])
			if to == "" {
				to = "ecluster-report-" + args[0] + ".tar.gz"
			}
			files, err := c.writeReport(name, to)
			if err != nil {
				return err
			}
			return ui.Value(c.Streams, c.format, map[string]any{"file": to, "contains": files}, func(p ui.Page) error {
				return p.Prosef("Wrote %s: %s. Look through it before you send it.", to, counted(len(files), "file"))
			})
		},
		ValidArgsFunction: c.completeClusters,
	}
	cmd.Flags().StringVarP(&to, "to", "o", "", "`FILE` to write; it must not exist (default ecluster-report-NAME.tar.gz)")
	return cmd
}

// writeReport leaves no file behind that is not whole.
func (c *command) writeReport(name cluster.Name, to string) ([]string, error) {
	store := c.quiet().Store()
	if _, err := store.Load(name); errors.Is(err, state.ErrNotFound) {
		return nil, err // a record that is damaged is worth a report
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("report: %s exists; it is left alone. Choose another file with -o", to)
	}
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	files, err := report.Write(f, store, name, report.Options{Version: c.Version, Now: time.Now()})
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, errors.Join(err, os.Remove(to))
	}
	return files, nil
}
