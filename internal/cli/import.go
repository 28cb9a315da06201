package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/portable"
	"github.com/ecluster/ecluster/internal/ui"
	"github.com/ecluster/ecluster/providers"
)

// importCommand is `import`, a word that Go keeps for itself.
func (c *command) importCommand() *cobra.Command {
	var rename, passphraseFile string
	var yes bool
	cmd := &cobra.Command{
		Use:   "import FILE [--rename NEW]",
		Short: "Record a cluster that was exported on another computer",
		Long: "Reads a file of 'export' and records the cluster that it describes; - is standard\n" +
			"input. It is the same cluster, not a copy: what is done to it here is done to it. The\n" +
			"provider's credentials don't travel; commands need your own, for the same account.\n" +
			"What the record would do with them, such as send them to another address, is shown\n" +
			"and asked before.",
		Example: "  ecluster import gce.ecluster\n  ecluster import gce.ecluster --rename theirs --passphrase-file ~/.secret",
		Args:    c.args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if rename != "" {
				if err := cluster.CheckLabel(rename); err != nil {
					return &usageError{cmd, fmt.Errorf("--rename: %w", err)}
				}
			}
			return c.importCluster(cmd.Context(), args[0], cluster.Name(rename), passphraseFile, yes)
		},
	}
	cmd.Flags().StringVar(&rename, "rename", "", "call the cluster `NEW` here; its nodes keep calling it by its own name")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "don't ask: you trust who wrote the file")
	passphraseFlag(cmd.Flags(), &passphraseFile)
	return cmd
}

func (c *command) importCluster(ctx context.Context, path string, rename cluster.Name, passphraseFile string, yes bool) error {
	in := c.Streams.In
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("import: %w", err)
		}
		defer f.Close() // it was only read
		in = f
	}
	archive, err := c.readArchive(ctx, in, passphraseFile)
	if err != nil {
		return fmt.Errorf("import %s: %w", path, err)
	}
	if err := c.trust(ctx, archive, yes); err != nil {
		return fmt.Errorf("import %s: %w", path, err)
	}
	st, err := archive.Place(ctx, c.quiet().Store(), rename)
	if err != nil {
		return fmt.Errorf("import %s: %w", path, err)
	}
	m := moved{Cluster: st.Name, ID: st.ID, Nodes: len(st.Nodes), Keys: !st.NoKeys}
	return ui.Value(c.Streams, c.format, m, func(p ui.Page) error {
		if st.NoKeys {
			return p.Prosef("Cluster %q is recorded here, without its keys: 'list', 'list-nodes' and 'stop' work.", st.Name)
		}
		return p.Prosef("Cluster %q is recorded here. It is the same cluster as where it was exported: steer it from one computer only.\n"+
			"'ecluster list-nodes %s --update' asks the provider what runs.", st.Name, st.Name)
	})
}

// trust shows what a record would do with what is the user's, and asks.
func (c *command) trust(ctx context.Context, archive *portable.Archive, yes bool) error {
	st := archive.Files.State
	i := slices.IndexFunc(c.Plugins, func(p providers.Plugin) bool { return p.Kind == st.Spec.Provider.Kind })
	if i < 0 {
		return nil // no command can do anything with it
	}
	claims, err := archive.Claims(c.Plugins[i].Settings)
	if err != nil || len(claims) == 0 || yes {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "The record of cluster %q would use these with your credentials, or read them on this computer:", st.Name)
	for _, claim := range claims {
		fmt.Fprintf(&text, "\n  %s = %s", claim.What, claim.Value)
	}
	asker, err := ui.NewAsker(ctx, c.Streams)
	if errors.Is(err, ui.ErrNotConfirmed) {
		return errors.Join(c.Streams.NewErrPage().Prosef("%s", text.String()), err)
	}
	if err != nil {
		return err
	}
	defer func() { _ = asker.Close() }()
	if err := asker.Say(text.String()); err != nil {
		return err
	}
	trusted, err := asker.Confirm(ctx, "Do you trust who wrote it?", false)
	if err == nil && !trusted {
		return errDeclined
	}
	return err
}

func (c *command) readArchive(ctx context.Context, in io.Reader, passphraseFile string) (*portable.Archive, error) {
	plain, err := portable.Open(in, func() (cluster.Secret, error) {
		secret, _, err := c.passphrase(ctx, passphraseFile, "Passphrase of the archive:")
		return secret, err
	})
	if err != nil {
		return nil, err
	}
	return portable.Read(plain)
}
