// Package cli is the command line: one thin file a command, which parses,
// calls the engine and hands the result to internal/ui. No decision about a
// cluster is made here.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/outside"
	"github.com/ecluster/ecluster/internal/rehearsal"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/internal/ui"
	"github.com/ecluster/ecluster/providers"
)

// App is what the program is made of; main puts it together.
type App struct {
	Version   string
	Plugins   []providers.Plugin
	Roles     fs.FS
	Configs   fs.FS
	Streams   ui.Streams
	LookupEnv func(string) (string, bool)
	// Simulators and SimMachines are what rehearse runs on.
	Simulators  map[string]rehearsal.Simulator
	SimMachines rehearsal.Stage
}

// Main runs one command line (without the program's name) and returns the
// exit status of the process. A cancelled ctx is the user's Ctrl-C.
func (a App) Main(ctx context.Context, args []string) int {
	c := &command{App: a, plugins: map[string]providers.Plugin{}}
	for _, p := range a.Plugins {
		c.plugins[p.Kind] = p
	}
	root := c.root() //nolint:contextcheck // commands take theirs from cobra
	root.SetArgs(args)
	root.SetIn(a.Streams.In)
	root.SetOut(a.Streams.Out)
	root.SetErr(a.Streams.Err)
	err := root.ExecuteContext(ctx)
	if c.format == "" { // the command line was not read to its end
		c.format = ui.Text
		if f, bad := ui.ParseFormat(c.output); bad == nil {
			c.format = f
		}
	}
	status := c.report(c.hinted(err))
	c.config.warn(c)
	return status
}

// Tree is the command line as it would be read, for the reference and for
// tests: nothing in it should be executed.
func (a App) Tree() *cobra.Command { return (&command{App: a}).root() }

// command is the state of one command line: the global flags, parsed.
type command struct {
	App
	plugins map[string]providers.Plugin

	output   string
	chosen   bool // output was given; else it is the user's own default
	verbose  bool
	home     string
	specPath string
	vars     []string
	varFiles []string
	rename   cluster.Name // --name: what the cluster of the spec is called
	format   ui.Format
	config   userDefaults
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "ecluster",
		Short: "A personal compute cluster in about a minute, on any cloud or on this machine",
		Long: "ecluster makes a compute cluster from a short description, lets you use it,\n" +
			"grows and shrinks it, and takes it away again without leaving anything behind.\n\n" +
			"  ecluster start local                       two compute nodes and a frontend on this machine\n" +
			"  ecluster ssh local -- srun -N2 hostname    use it\n" +
			"  ecluster stop local                        throw it away",
		Version:       c.Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			c.chosen = cmd.Flags().Changed("output")
			return errors.Join(c.settle(), c.checkFormat(cmd))
		},
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := root.PersistentFlags()
	flags.StringVar(&c.output, "output", "text", "how to show the result: `FORMAT` is text, json, yaml, or csv for what is a table")
	flags.StringVarP(&c.home, "storage", "s", "", "`FOLDER` of the clusters' records (default $ECLUSTER_HOME or ~/.ecluster)")
	flags.StringVarP(&c.specPath, "spec", "c", "", "spec to read: `PATH` of a file or a folder (default: ecluster.hcl here, then the folder of records, then the built-in specs)")
	flags.BoolVarP(&c.verbose, "verbose", "v", false, "tell of every step in plain lines, of those with nothing to do as well")
	root.SetVersionTemplate("ecluster {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return &usageError{cmd, err} })
	root.AddGroup(
		&cobra.Group{ID: "life", Title: "Life of a cluster:"},
		&cobra.Group{ID: "use", Title: "Use of a cluster:"},
		&cobra.Group{ID: "spec", Title: "Specs:"},
	)
	life := []*cobra.Command{c.start(), c.stop(), c.resize(), c.removeNode(), c.setup(), c.pause(), c.resume(), c.export(), c.importCommand()}
	use := []*cobra.Command{
		c.list(), c.listNodes(), c.status(), c.logs(),
		c.inventory(), c.gc3pieConfig(),
		c.ssh(), c.sftp(), c.exec(), c.cp(), c.tunnel(), c.sshConfig(),
	}
	specs := []*cobra.Command{c.init(), c.migrate(), c.validate(), c.planCommand(), c.rehearse(), c.fmt(), c.listTemplates(), c.bake()}
	for id, group := range map[string][]*cobra.Command{"life": life, "use": use, "spec": specs} {
		for _, cmd := range group {
			cmd.GroupID = id
		}
		root.AddCommand(group...)
	}
	root.AddCommand(c.doctor(), c.version(), c.reportCommand(), c.man(root))
	root.SetUsageTemplate(strings.NewReplacer(
		"{{if .Runnable}}", "{{if and .Runnable .HasParent}}",
		`more information about a command.{{end}}`, `more information about a command,{{end}}{{if not .HasParent}}
and "ecluster help topics" for texts about specs, clouds, roles, files and more.{{end}}`,
	).Replace(root.UsageTemplate()))
	root.SetHelpCommand(c.helpCommand(root))
	strictCompletion(root)
	_ = root.RegisterFlagCompletionFunc("output", completeFormats)
	return root
}

// settle works out what the global flags leave open.
func (c *command) settle() (err error) {
	if c.home == "" {
		c.home, _ = c.LookupEnv("ECLUSTER_HOME")
	}
	if c.home == "" {
		dir, err := os.UserHomeDir()
		if err != nil {
			return errors.New("no folder for the clusters' records: set ECLUSTER_HOME, or HOME")
		}
		c.home = filepath.Join(dir, ".ecluster")
	}
	if c.home, err = filepath.Abs(c.home); err != nil {
		return err
	}
	c.config.read(c.home)
	if !c.chosen && c.config.Output != "" {
		c.output = c.config.Output
	}
	if c.format, err = ui.ParseFormat(c.output); err != nil {
		return &usageError{err: err}
	}
	return nil
}

// specFlags adds the flags of the commands that read a spec.
func (c *command) specFlags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&c.vars, "var", nil, "set a variable of the spec: `NAME=VALUE` (repeatable)")
	cmd.Flags().StringArrayVar(&c.varFiles, "var-file", nil, "read variables of the spec from `FILE` (repeatable)")
}

// load reads the spec.
func (c *command) load() (*spec.File, error) {
	if err := c.config.needed(); err != nil {
		return nil, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	file, diags := spec.Load(spec.Options{
		Path: c.specPath, Rename: c.rename, Dir: dir, Home: c.home,
		Vars: c.vars, VarFiles: c.varFiles, Env: c.LookupEnv,
		Embedded: c.Configs, Providers: c.plugins, Roles: role.NewLibrary(c.Roles),
		Overlay:  func(dirs []string) spec.Roles { return role.NewLibrary(role.Layers(dirs, c.Roles)...) },
		Defaults: c.config.Defaults,
	})
	if diags.HasErrors() {
		return nil, &specError{diags: diags, file: file}
	}
	return file, nil
}

// engine returns an engine that reports to sink.
func (c *command) engine(sink event.Sink) *engine.Engine {
	return engine.New(c.engineOptions(sink))
}

func (c *command) engineOptions(sink event.Sink) engine.Options {
	return engine.Options{
		Home: c.home, Tool: c.Version, Roles: c.Roles, Plugins: c.plugins, Sink: sink,
		Eval:          spec.Evaluator(c.LookupEnv, "."),
		SeenFrom:      c.seenFrom,
		AskAbovePrice: c.config.AskAbovePrice,
	}
}

// seenFrom is the address in $ECLUSTER_ADDRESS, or what others see.
func (c *command) seenFrom(ctx context.Context) (netip.Addr, error) {
	if given, _ := c.LookupEnv("ECLUSTER_ADDRESS"); given != "" {
		addr, err := netip.ParseAddr(given)
		if err != nil {
			return addr, fmt.Errorf("read $ECLUSTER_ADDRESS: %q is no address", given)
		}
		return addr, nil
	}
	return outside.Finder{}.Address(ctx)
}

// quiet returns an engine for commands that answer at once.
func (c *command) quiet() *engine.Engine { return c.engine(event.Discard) }

// sink returns the view of a command that works for a while.
func (c *command) sink() ui.Sink {
	return ui.NewSink(c.Streams, ui.SinkOptions{Format: c.format, Verbose: c.verbose})
}
