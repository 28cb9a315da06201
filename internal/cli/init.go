package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/internal/starter"
	"github.com/ecluster/ecluster/internal/ui"
)

// initFlags are what init is told instead of being asked.
type initFlags struct {
	template, to string
	force        bool
	choice       starter.Choice
}

// asks are the flags that answer the questions of init.
func asks() []string {
	return []string{"template", "name", "provider", "scheduler", "nodes", "machine-type", "gpu", "spot", "mpi", "home", "ttl"}
}

func (c *command) init() *cobra.Command {
	var o initFlags
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented spec of your own, by asking a few questions",
		Long: "Asks where the cluster should be, which scheduler it has and how large it is, looks\n" +
			"which clouds can be used from here, and writes a spec with comments that is valid as\n" +
			"it stands. With any of the flags that answer a question, or without a terminal, it\n" +
			"asks nothing: what no flag says is as usual on that cloud.",
		Example: "  ecluster init\n" +
			"  ecluster init --provider google --nodes 20 --machine-type n2-standard-16 --spot --ttl 12h\n" +
			"  ecluster init --template aws-slurm-gpu --to gpu.hcl",
		Args: c.args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			given := false
			for _, name := range asks() {
				given = given || cmd.Flags().Changed(name)
			}
			if cmd.Flags().Changed("nodes") && o.choice.Nodes == 0 { // else 0 is "not said"
				return &usageError{cmd, errors.New("init: --nodes: 0 is no number of compute nodes")}
			}
			return c.runInit(cmd.Context(), o, given)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.template, "template", "", "begin with the starter spec `NAME`; 'ecluster list-templates' lists them")
	f.StringVar(&o.choice.Name, "name", "", "`NAME` of the cluster (default mycluster)")
	f.StringVar(&o.choice.Cloud, "provider", "", "where the nodes are: `CLOUD` is docker, qemu, google, aws, azure or openstack (default docker)")
	f.StringVar(&o.choice.Scheduler, "scheduler", "", "`KIND` is slurm, gridengine, htcondor or none (default slurm)")
	f.IntVar(&o.choice.Nodes, "nodes", 0, "`NUMBER` of compute nodes (default 2)")
	f.StringVar(&o.choice.MachineType, "machine-type", "", "machine `TYPE` of the compute nodes, as the cloud calls it")
	f.StringVar(&o.choice.GPU, "gpu", "", "add a group with GPUs: `TYPE[:N]`, as in t4 or a100:8")
	f.BoolVar(&o.choice.Spot, "spot", false, "spot machines: cheap, and taken back at any time")
	f.BoolVar(&o.choice.MPI, "mpi", false, "install MPI, and place the nodes close together")
	f.StringVar(&o.choice.Home, "home", "", "homes that all nodes see: `KIND` is nfs, volume (docker) or none")
	f.StringVar(&o.choice.TTL, "ttl", "", "`TIME` after which the machines go by themselves, or none (default 12h where they cost money)")
	f.StringVar(&o.to, "to", "ecluster.hcl", "`FILE` to write")
	f.BoolVar(&o.force, "force", false, "write over a file that exists")
	complete := func(flag string, words []string) {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
	complete("provider", starter.CloudNames())
	complete("scheduler", starter.Schedulers())
	complete("home", []string{starter.HomeNFS, starter.HomeVolume, starter.None})
	_ = cmd.RegisterFlagCompletionFunc("template", completeStarters)
	return cmd
}

// written is what init has done.
type written struct {
	File   string         `json:"file"`
	Choice starter.Choice `json:"choice"`
}

func (c *command) runInit(ctx context.Context, o initFlags, given bool) error {
	if _, err := os.Lstat(o.to); err == nil && !o.force {
		return existsError(o.to)
	}
	choice := o.choice
	var err error
	switch {
	case o.template != "":
		choice, err = merge(o.template, choice)
	case !given && c.Streams.Ask != nil && c.format == ui.Text:
		choice, err = c.askChoice(ctx, o.to)
	}
	if err == nil {
		choice, err = choice.Complete()
	}
	if err != nil {
		return c.wrongChoice(err)
	}
	text, err := starter.Write(choice)
	if err != nil {
		return err
	}
	if err := c.checkText(text, filepath.Base(o.to), choice.Name); err != nil {
		return err
	}
	if err := save(o.to, text, o.force); err != nil {
		return err
	}
	return ui.Value(c.Streams, c.format, written{o.to, choice}, func(p ui.Page) error {
		return p.Prosef("Wrote %s: %s", o.to, c.nextSteps(o.to, choice))
	})
}

// wrongChoice is the error of init for a choice that can't be had.
func (c *command) wrongChoice(err error) error {
	if _, ok := errors.AsType[*starter.ChoiceError](err); ok {
		return &usageError{err: fmt.Errorf("init: %w", err)}
	}
	return err
}

// merge lets the flags say more than the name of a template does.
func merge(template string, flags starter.Choice) (starter.Choice, error) {
	t, err := starter.Find(template)
	if err != nil {
		return flags, err
	}
	c := t.Choice
	if flags.Cloud != "" && flags.Cloud != c.Cloud || flags.Scheduler != "" && flags.Scheduler != c.Scheduler {
		return flags, &starter.ChoiceError{Field: "template", Why: "it says the provider and the scheduler already: leave out --provider and --scheduler."}
	}
	flags.Cloud, flags.Scheduler = c.Cloud, c.Scheduler
	flags.MPI, flags.Spot = flags.MPI || c.MPI, flags.Spot || c.Spot
	if flags.GPU == "" {
		flags.GPU = c.GPU
	}
	return flags, nil
}

// checkText makes sure that a spec is valid before anybody is told that it is
// there. The user's own defaults and the specs around don't matter.
func (c *command) checkText(text []byte, name, cluster string) error {
	dir, err := os.MkdirTemp("", "ecluster-init-")
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	loaded, diags := spec.Load(spec.Options{
		Path: file, Dir: dir, Home: dir, Env: c.LookupEnv, Providers: c.plugins, Roles: role.NewLibrary(c.Roles),
	})
	if !diags.HasErrors() {
		_, ds := loaded.Resolve(cluster)
		diags = append(diags, ds...)
	}
	if diags.HasErrors() {
		return &specError{diags: diags, file: loaded}
	}
	return nil
}

// save writes the file whole or not at all.
func save(to string, text []byte, force bool) error {
	if force {
		if err := renameio.WriteFile(to, text, 0o644); err != nil {
			return fmt.Errorf("init: %w", err)
		}
		return nil
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return existsError(to)
	}
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	if _, err := f.Write(text); err != nil {
		return errors.Join(fmt.Errorf("init: %w", err), f.Close(), os.Remove(to))
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	return nil
}

func existsError(file string) error {
	return fmt.Errorf("init: %s exists; it is left alone. Choose another file with --to, or write over it with --force", file)
}

// nextSteps says how to go on.
func (c *command) nextSteps(file string, choice starter.Choice) string {
	what := "it is valid. Read it, then:"
	flag := ""
	if file != "ecluster.hcl" {
		flag = " -c " + remote.Quote(file)
	}
	lines := fmt.Sprintf("%s\n\n  ecluster plan %s%s        what start would do", what, choice.Name, flag)
	if cloud, _ := starter.FindCloud(choice.Cloud); cloud.Simulated {
		lines += fmt.Sprintf("\n  ecluster rehearse %s%s    its whole life on a simulated cloud, for nothing", choice.Name, flag)
	}
	return lines + fmt.Sprintf("\n  ecluster start %s%s       makes it", choice.Name, flag)
}
