package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/portable"
	"github.com/ecluster/ecluster/internal/ui"
)

// moved is what export and import tell of a cluster.
type moved struct {
	Cluster cluster.Name `json:"cluster"`
	ID      cluster.ID   `json:"id"`
	Nodes   int          `json:"nodes"`
	Keys    bool         `json:"keys"`
	File    string       `json:"file,omitempty"`
}

func (c *command) export() *cobra.Command {
	var out, passphraseFile string
	var keys bool
	cmd := &cobra.Command{
		Use:   "export NAME [-o FILE] [--keys]",
		Short: "Write the record of a cluster into a file, for another computer",
		Long: "Writes what is recorded of a cluster into a file that 'import' reads. Without --keys\n" +
			"there is no secret in it, and the cluster can be listed and stopped where it is\n" +
			"imported. With --keys it has the keys and secrets of the cluster, encrypted with a\n" +
			"passphrase, and whoever imports it can do everything. The cluster itself is not touched.",
		Example: "  ecluster export gce\n  ecluster export gce --keys -o gce.ecluster\n  ecluster export gce -o - | ssh lab ecluster import -",
		Args:    c.args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := cluster.Name(args[0])
			if out == "" {
				out = string(name) + ".ecluster"
			}
			return c.exportCluster(cmd.Context(), name, out, keys, passphraseFile)
		},
		ValidArgsFunction: c.completeClusters,
	}
	cmd.Flags().StringVarP(&out, "out", "o", "", "`FILE` to write, - is standard output (default NAME.ecluster)")
	cmd.Flags().BoolVar(&keys, "keys", false, "with the keys and secrets of the cluster, encrypted")
	passphraseFlag(cmd.Flags(), &passphraseFile)
	return cmd
}

func (c *command) exportCluster(ctx context.Context, name cluster.Name, out string, keys bool, passphraseFile string) error {
	if passphraseFile != "" && !keys {
		return &usageError{err: fmt.Errorf("--passphrase-file is for --keys: without keys nothing is encrypted")}
	}
	if err := c.checkTarget(out); err != nil {
		return err
	}
	archive, err := portable.Gather(ctx, c.quiet().Store(), name, keys, "ecluster "+c.Version, time.Now())
	if err != nil {
		return err
	}
	var passphrase cluster.Secret
	if keys {
		if passphrase, err = c.newPassphrase(ctx, passphraseFile); err != nil {
			return err
		}
	}
	write := func(w io.Writer) error { return writeArchive(w, archive, passphrase) }
	if out == "-" {
		return write(c.Streams.Out)
	}
	if err := createFile(out, write); err != nil {
		return fmt.Errorf("write %s: %w", out, err)
	}
	m := moved{Cluster: name, ID: archive.Manifest.ID, Nodes: len(archive.Files.State.Nodes), Keys: keys, File: out}
	return ui.Value(c.Streams, c.format, m, func(p ui.Page) error {
		if keys {
			return p.Prosef("%s: the record of cluster %q with its keys, encrypted. Steer the cluster from one computer only.", out, name)
		}
		return p.Prosef("%s: the record of cluster %q without its keys; where it is imported it can be listed and stopped.", out, name)
	})
}

// checkTarget refuses a file that is there, and a screen.
func (c *command) checkTarget(out string) error {
	if out == "-" {
		if c.Streams.OutTTY {
			return &usageError{err: errors.New("an archive is not for the screen: send it to a file or a program")}
		}
		return nil
	}
	_, err := os.Lstat(out)
	switch {
	case err == nil:
		return fmt.Errorf("write %s: there is such a file; choose another with -o, or delete it", out)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("write %s: %w", out, err)
	}
	return nil
}

// writeArchive encrypts an archive with keys: none is ever written in the clear.
func writeArchive(w io.Writer, a *portable.Archive, passphrase cluster.Secret) error {
	if !a.Manifest.Keys {
		return a.Write(w)
	}
	sealed, err := portable.Seal(w, passphrase)
	if err != nil {
		return err
	}
	return errors.Join(a.Write(sealed), sealed.Close())
}

// createFile writes a file of ours alone, which appears whole or not at all.
func createFile(path string, write func(io.Writer) error) error {
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer f.Cleanup() //nolint:errcheck // after the rename there is nothing to clean up
	if err := write(f); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}
