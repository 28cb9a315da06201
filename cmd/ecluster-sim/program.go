package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/sim"
)

// newCloud makes a simulated cloud.
type newCloud func(sim.Options) (sim.Cloud, error)

// program is the command with the clouds that it can serve.
type program struct {
	clouds map[string]newCloud
	flags  flags
}

// ready is the line that says that the cloud is served.
type ready struct {
	Cloud string `json:"cloud"`
	URL   string `json:"url"`
	// Settings are those of a provider block that lead a driver here.
	Settings map[string]any `json:"settings"`
}

func (p *program) names() []string { return slices.Sorted(maps.Keys(p.clouds)) }

func (p *program) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ecluster-sim --cloud " + strings.Join(p.names(), "|"),
		Short: "Serve a simulated cloud",
		Long: "Serves a simulated cloud until SIGINT or SIGTERM, and then deletes all of its\n" +
			"machines. When it is ready it prints one line of JSON with its url and the\n" +
			"settings of a provider block that leads there. What exists and what was asked is\n" +
			"to be read at URL/_sim/inventory and URL/_sim/log; lines of the script may be\n" +
			"posted to URL/_sim/script and URL/_sim/strike.",
		Example: "  ecluster-sim --cloud aws --machines docker --boot-time 5s\n" +
			"  ecluster-sim --cloud google --quota CPUS=24 --stock us-central1-a/n2-standard-8=0",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.serve(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	p.flags.add(cmd.Flags(), p.names())
	return cmd
}

// serve returns when ctx ends; everything is deleted by then.
func (p *program) serve(ctx context.Context, stdout, stderr io.Writer) (err error) {
	simulate, known := p.clouds[p.flags.cloud]
	if !known {
		return fmt.Errorf("--cloud %q: there is no simulated cloud of this name; there are %s", p.flags.cloud, strings.Join(p.names(), ", "))
	}
	options, err := p.flags.options()
	if err != nil {
		return err
	}
	machines, closeMachines, err := p.flags.openMachines(ctx, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeMachines(context.WithoutCancel(ctx))) }()
	options.Machines = machines
	cloud, err := simulate(options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cloud.Close()) }()
	url, closeServer, err := sim.Serve(sim.Control(cloud, options.Script), p.flags.listen) //nolint:contextcheck // its end must not be cut short
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeServer()) }()
	if err := json.NewEncoder(stdout).Encode(ready{Cloud: p.flags.cloud, URL: url, Settings: cloud.Settings(url)}); err != nil {
		return fmt.Errorf("say that the cloud is ready: %w", err)
	}
	<-ctx.Done()
	return nil
}

// readScript reads what goes wrong; nothing does without a file.
func readScript(file string) (*sim.Script, error) {
	if file == "" {
		return sim.NewScript(), nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--script: %w", err)
	}
	script, err := sim.ParseScript(data)
	if err != nil {
		return nil, fmt.Errorf("--script %s: %w", file, err)
	}
	return script, nil
}
