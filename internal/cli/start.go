package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/internal/ui"
)

func (c *command) start() *cobra.Command {
	var (
		name        string
		nodes       []string
		noSetUp     bool
		yes         bool
		replace     []string
		bootTimeout time.Duration
	)
	cmd := &cobra.Command{
		Use:   "start TEMPLATE",
		Short: "Make a cluster, or go on with one that is half there",
		Long: "Makes the cluster that the spec calls TEMPLATE. On a cluster that exists it\n" +
			"goes on where an earlier start ended, replaces compute nodes that were lost,\n" +
			"and applies what changed in the spec. It never deletes a node that works.",
		Example: "  ecluster start local\n  ecluster start local -n big --nodes 8:compute",
		Args:    c.args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			counts, err := parseCounts("--nodes", nodes)
			if err != nil {
				return err
			}
			wanted, from, err := c.desired(args[0], cluster.Name(name))
			if err != nil {
				return err
			}
			o := engine.StartOptions{NoSetUp: noSetUp, Replace: nodeNames(replace), Counts: counts, From: from}
			o.Approve = c.approve(cmd.Context(), "start", wanted.Name, yes)
			return c.startCluster(cmd.Context(), wanted, bootTimeout, o)
		},
		ValidArgsFunction: c.completeTemplates,
	}
	c.specFlags(cmd)
	f := cmd.Flags()
	f.StringVarP(&name, "name", "n", "", "`NAME` of the cluster (default: the name of the template)")
	f.StringArrayVar(&nodes, "nodes", nil, "number of nodes of a group: `N:GROUP`, as in 5:compute (repeatable, or separated by commas)")
	f.BoolVar(&yes, "yes", false, "don't ask about the price")
	f.BoolVar(&noSetUp, "no-setup", false, "only boot the machines; 'ecluster setup' does the rest")
	f.StringArrayVar(&replace, "replace", nil, "`NODE` is a lost frontend or share server that may be made anew, without its data (repeatable)")
	f.DurationVar(&bootTimeout, "boot-timeout", 5*time.Minute, "`TIME` says how long a machine may take until it lets us in")
	_ = cmd.RegisterFlagCompletionFunc("nodes", c.completeSpecCounts)
	_ = cmd.RegisterFlagCompletionFunc("replace", c.completeNodeFlag)
	return cmd
}

// startCluster starts a cluster and tells how to go on with it.
func (c *command) startCluster(ctx context.Context, wanted *cluster.Spec, bootTimeout time.Duration, o engine.StartOptions) error {
	j := job{cluster: wanted.Name, bootTimeout: bootTimeout}
	j.work = func(ctx context.Context, e *engine.Engine) (*engine.RunResult, error) { return e.Start(ctx, wanted, o) }
	if !o.NoSetUp {
		return c.runAndTell(ctx, j)
	}
	if err := c.run(ctx, j); err != nil || c.format != ui.Text {
		return err
	}
	return c.Streams.NewErrPage().Prosef("The machines are there; no role was applied. 'ecluster setup %s' does that.", wanted.Name)
}

// desired resolves a template. A name that no spec knows may still be a
// cluster that runs: then its record says what is wanted.
func (c *command) desired(template string, name cluster.Name) (*cluster.Spec, string, error) {
	if name != "" {
		if err := cluster.CheckLabel(string(name)); err != nil {
			return nil, "", &usageError{err: fmt.Errorf("--name: %w", err)}
		}
	}
	c.rename = name
	file, err := c.load()
	if err != nil {
		return nil, "", err
	}
	wanted, diags := file.Resolve(template)
	if diags.HasErrors() {
		bad := &specError{diags: diags, file: file}
		if has(file, template) {
			return nil, "", bad
		}
		return c.recorded(template, name, &templateError{bad})
	}
	return wanted, file.Where(), c.warn(diags, file)
}

// recorded is the spec of the cluster that runs under the name of a template
// that no spec has; unknown when there is none.
func (c *command) recorded(template string, name cluster.Name, unknown error) (*cluster.Spec, string, error) {
	if name != "" && name != cluster.Name(template) {
		return nil, "", unknown
	}
	st, err := c.quiet().Store().Load(cluster.Name(template))
	switch {
	case errors.Is(err, state.ErrNotFound):
		return nil, "", unknown
	case err != nil:
		return nil, "", err
	}
	return &st.Spec, st.SpecFrom, nil
}

func has(file *spec.File, template string) bool {
	return slices.ContainsFunc(file.Clusters(), func(s spec.ClusterSummary) bool { return s.Name == template })
}

func nodeNames(words []string) []cluster.NodeName {
	names := make([]cluster.NodeName, len(words))
	for i, w := range words {
		names[i] = cluster.NodeName(w)
	}
	return names
}
