package cli

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/gc3pie"
	"github.com/ecluster/ecluster/internal/inventory"
	"github.com/ecluster/ecluster/internal/ui"
)

func (c *command) inventory() *cobra.Command {
	var format string
	var admin bool
	cmd := &cobra.Command{
		Use:   "inventory NAME [--format ansible|hosts|json]",
		Short: "Write down the nodes of a cluster for Ansible, or for /etc/hosts",
		Long: "Writes the nodes with their groups and the way to them. ansible is a YAML file;\n" +
			"json is what Ansible's inventory scripts print; hosts is lines for /etc/hosts.\n" +
			"The groups of the spec are groups there, a hyphen in a name is an underscore.\n" +
			"Ansible logs in as the ordinary user, or with --admin as the administrator.",
		Example: "  ecluster inventory local --admin > local.yml && ansible -i local.yml all -m ping\n" +
			"  ecluster inventory local --format hosts",
		Args: c.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			f := inventory.Format(format)
			if !slices.Contains(inventory.Formats(), f) {
				return &usageError{err: fmt.Errorf("--format %q: the formats are %s", format, inventory.Words())}
			}
			if c.format == ui.JSON {
				f = inventory.JSON
			}
			return c.showInventory(cluster.Name(args[0]), f, admin)
		},
		ValidArgsFunction: c.completeClusters,
	}
	cmd.Flags().StringVar(&format, "format", string(inventory.Ansible), "`FORMAT` is ansible, hosts or json")
	cmd.Flags().BoolVar(&admin, "admin", false, "let Ansible log in as the administrator of the machines")
	_ = cmd.RegisterFlagCompletionFunc("format", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var words []string
		for _, f := range inventory.Formats() {
			words = append(words, string(f))
		}
		return words, noFiles
	})
	return cmd
}

func (c *command) showInventory(name cluster.Name, f inventory.Format, admin bool) error {
	e := c.quiet()
	st, err := e.Store().Load(name)
	if err != nil {
		return err
	}
	if _, err := e.SSHConfig(name); err != nil { // the inventory leads to its file
		return err
	}
	user := st.Spec.Login.User
	if admin {
		user = c.plugins[st.Spec.Provider.Kind].AdminUser
	}
	text, err := inventory.Write(st, inventory.Access{
		User: user, Key: e.Store().SSHKeyPath(name), SSHConfig: e.Store().SSHConfigPath(name),
	}, f)
	if err != nil {
		return err
	}
	return ui.Raw(c.Streams, text)
}

func (c *command) gc3pieConfig() *cobra.Command {
	return &cobra.Command{
		Use:   "gc3pie-config NAME",
		Short: "Write the lines of gc3pie.conf for a cluster",
		Long: "Writes the sections by which GC3Pie submits jobs to the cluster. Append them to\n" +
			"~/.gc3/gc3pie.conf. GC3Pie knows SLURM and Grid Engine, not HTCondor.",
		Example: "  ecluster gc3pie-config local >> ~/.gc3/gc3pie.conf",
		Args:    c.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			store := c.quiet().Store()
			name := cluster.Name(args[0])
			st, err := store.Load(name)
			if err != nil {
				return err
			}
			text, err := gc3pie.Config(st, store.SSHKeyPath(name), time.Now())
			if err != nil {
				return err
			}
			value := map[string]string{"cluster": args[0], "config": text}
			return ui.Value(c.Streams, c.format, value, func(ui.Page) error { return ui.Raw(c.Streams, []byte(text)) })
		},
		ValidArgsFunction: c.completeClusters,
	}
}
