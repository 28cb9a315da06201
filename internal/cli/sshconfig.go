package cli

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/ui"
)

// sshEntries are the entries of one cluster, as ssh-config shows them.
type sshEntries struct {
	Cluster cluster.Name `json:"cluster"`
	File    string       `json:"file"` // kept up to date by every command
	Include string       `json:"include"`
	Config  string       `json:"config"`
}

func (c *command) sshConfig() *cobra.Command {
	var write bool
	cmd := &cobra.Command{
		Use:   "ssh-config [NAME]",
		Short: "Show entries for your own ssh, for VS Code and rsync",
		Long: "Shows the entries of ~/.ssh/config by which ssh, scp, rsync and VS Code reach the\n" +
			"nodes of a cluster, or of all: NAME-compute001 or NAME.compute001, and NAME for\n" +
			"the frontend, with the key and the host keys of the cluster.\n\n" +
			"ecluster keeps them in a file of each cluster and up to date. With one line in\n" +
			"your configuration, which --write shows, ssh always knows your clusters.",
		Example: "  ecluster ssh-config local > local.conf && ssh -F local.conf local-compute001\n" +
			"  ecluster ssh-config --write",
		Args: c.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			return c.showSSHConfig(args, write)
		},
		ValidArgsFunction: c.completeClusters,
	}
	cmd.Flags().BoolVar(&write, "write", false, "write the files of all clusters, and show the line that includes them")
	return cmd
}

func (c *command) showSSHConfig(names []string, write bool) error {
	all := len(names) == 0
	if all {
		names = c.clusterNames()
	}
	e := c.quiet()
	include := "Include " + quoted(filepath.Join(filepath.Dir(e.Store().Dir("x")), "*", "ssh_config"))
	entries := []sshEntries{}
	var bad error // one damaged record hides no other cluster
	for _, n := range names {
		name := cluster.Name(n)
		text, err := e.SSHConfig(name)
		if err != nil && !all {
			return err
		}
		if err != nil {
			bad = errors.Join(bad, err)
			continue
		}
		entries = append(entries, sshEntries{Cluster: name, File: e.Store().SSHConfigPath(name), Include: include, Config: string(text)})
	}
	err := ui.Value(c.Streams, c.format, entries, func(p ui.Page) error {
		if write {
			return p.Linef("The entries are in the files of the clusters. Put this line at the beginning of ~/.ssh/config:\n\n%s", include)
		}
		for _, entry := range entries {
			if err := p.Linef("%s", strings.TrimRight(entry.Config, "\n")); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, bad)
}

// quoted makes one word of a path for ssh, which takes patterns in it.
func quoted(path string) string {
	if strings.ContainsAny(path, " \t") {
		return `"` + path + `"`
	}
	return path
}
