package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/migrate"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/internal/ui"
)

// migrated is what `migrate` shows.
type migrated struct {
	Files    []string          `json:"files"`
	Clusters []migrate.Cluster `json:"clusters"`
	Notes    []migrate.Note    `json:"notes"`
	Valid    bool              `json:"valid"`
}

func (c *command) migrate() *cobra.Command {
	var to string
	var force bool
	cmd := &cobra.Command{
		Use:   "migrate [CONFIG] [-o FOLDER]",
		Short: "Turn a configuration of ElastiCluster into specs",
		Long: "Reads the configuration of ElastiCluster (~/.elasticluster/config, and the files\n" +
			"of config.d) and writes commented specs: one file a cluster, and one with the\n" +
			"clouds. What has no counterpart is listed with its line and the reason; secrets\n" +
			"are written nowhere. The result is validated. Clusters that run are not touched.",
		Example: "  ecluster migrate\n  ecluster migrate ~/.elasticluster/config -o specs",
		Args:    c.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if to == "" {
				to = c.home
			}
			path, err := elastiClusterConfig(args)
			if err != nil {
				return err
			}
			return c.migrateTo(path, to, force)
		},
	}
	cmd.Flags().StringVarP(&to, "out", "o", "", "`FOLDER` to write to (default: that of the clusters' records, where every command finds the specs)")
	cmd.Flags().BoolVar(&force, "force", false, "replace files that exist")
	_ = cmd.MarkFlagDirname("out")
	return cmd
}

// elastiClusterConfig is the configuration that is named, or the usual one.
func elastiClusterConfig(args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", &usageError{err: errors.New("name ElastiCluster's configuration, as in: ecluster migrate ~/.elasticluster/config")}
	}
	return filepath.Join(home, ".elasticluster", "config"), nil
}

func (c *command) migrateTo(path, to string, force bool) error {
	library := role.NewLibrary(c.Roles)
	r, diags := migrate.Convert(migrate.Options{Path: path, Env: c.LookupEnv, Platforms: func(name string) []string {
		if def, ds := library.Lookup(name); !ds.HasErrors() {
			return def.Platforms
		}
		return nil
	}})
	if len(r.Clusters) == 0 {
		return &specError{diags: diags, from: r.Sources}
	}
	found, sources, err := r.Check(spec.Options{Env: c.LookupEnv, Providers: c.plugins, Roles: library, Home: c.home})
	if err != nil {
		return fmt.Errorf("check the result: %w", err)
	}
	written, err := r.Write(to, force)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	result := migrated{Files: written, Clusters: r.Clusters, Notes: r.Notes, Valid: !found.HasErrors()}
	err = ui.Value(c.Streams, c.format, result, func(p ui.Page) error { return migratedPage(p, result, to) })
	return errors.Join(err, c.tell(diags, r.Sources), c.tell(found, sources), notWhole(diags, found))
}

// tell shows diagnostics beside the result.
func (c *command) tell(diags hcl.Diagnostics, sources map[string]*hcl.File) error {
	if len(diags) == 0 {
		return nil
	}
	s := c.Streams
	s.Out = s.Err
	return ui.Diagnostics(s, c.format, diags, sources)
}

// notWhole is what remains for the user to do.
func notWhole(converted, valid hcl.Diagnostics) error {
	switch {
	case converted.HasErrors():
		return &partlyError{errors.New("some clusters were left out, see above; the others are written")}
	case valid.HasErrors():
		return &partlyError{errors.New("the specs are written, but they are not valid yet: correct what is shown above, then run 'ecluster validate'")}
	}
	return nil
}

// migratedKinds are the parts of the report, in their order.
var migratedKinds = []struct {
	kind  migrate.Kind
	title string
}{
	{migrate.Todo, "To look at:"},
	{migrate.Secret, "Secrets, which are written nowhere:"},
	{migrate.Changed, "Not as it was:"},
	{migrate.Dropped, "Without a counterpart:"},
	{migrate.Unneeded, "Not needed any more:"},
}

func migratedPage(p ui.Page, m migrated, to string) error {
	for _, part := range migratedKinds {
		title := part.title
		for _, n := range m.Notes {
			if n.Kind != part.kind {
				continue
			}
			if title != "" {
				if err := p.Linef("%s", title); err != nil {
					return err
				}
				title = ""
			}
			what := n.Option
			if what == "" {
				what = "[" + n.Section + "]"
			}
			if err := p.Prosef("  %s %s: %s", n.Place(), what, n.Reason); err != nil {
				return err
			}
		}
		if title == "" {
			if err := p.Linef(""); err != nil {
				return err
			}
		}
	}
	t := ui.Table{Header: []string{"CLUSTER", "PROVIDER", "FILE"}}
	for _, cl := range m.Clusters {
		t.Add(cl.Name, cl.Provider, filepath.Join(to, cl.File))
	}
	if err := p.Table(t); err != nil {
		return err
	}
	if !m.Valid {
		return nil
	}
	return p.Prosef("\nThe specs are valid. Read them, then run 'ecluster rehearse NAME' and 'ecluster start NAME'.")
}
