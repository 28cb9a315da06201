package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/transfer"
)

type completer = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

var _ completer = (*command)(nil).completeTemplates

// completeTemplates offers the clusters of the spec and the ones that exist.
func (c *command) completeTemplates(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 || c.settle() != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := c.clusterNames()
	if file, err := c.load(); err == nil {
		for _, s := range file.Clusters() {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), cobra.ShellCompDirectiveNoFileComp
}

// completeClusters offers the clusters that exist.
func (c *command) completeClusters(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 || c.settle() != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return c.clusterNames(), cobra.ShellCompDirectiveNoFileComp
}

// clusterNames are the clusters that exist, as far as the folder of records
// can be read.
func (c *command) clusterNames() []string {
	summaries, err := c.quiet().Store().List()
	if err != nil {
		return nil
	}
	names := make([]string, len(summaries))
	for i, s := range summaries {
		names[i] = string(s.Name)
	}
	return names
}

// completeNodes offers clusters first and the nodes of that cluster then.
func (c *command) completeNodes(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return c.completeClusters(cmd, args, word)
	}
	return c.nodesOf(args[0])
}

func (c *command) completeNodeFlag(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return c.nodesOf(args[0])
}

func (c *command) nodesOf(name string) ([]string, cobra.ShellCompDirective) {
	st := c.stateOf([]string{name})
	if st == nil {
		return nil, noFiles
	}
	var names []string
	for _, n := range st.NodeNames() {
		names = append(names, string(n))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeGroupFlag offers the node groups of the cluster that was named.
func (c *command) completeGroupFlag(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	st := c.stateOf(args)
	if st == nil {
		return nil, noFiles
	}
	return groupNames(&st.Spec), noFiles
}

// completionTime is how long a node may take to be asked for its files.
const completionTime = 3 * time.Second

// completePlaces offers clusters, their groups and nodes, and files there;
// files of this computer are the shell's business.
func (c *command) completePlaces(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	none := cobra.ShellCompDirectiveNoSpace
	if c.settle() != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	name, rest, found := strings.Cut(word, ":")
	if !found {
		var names []string
		for _, n := range c.clusterNames() {
			if strings.HasPrefix(n, word) {
				names = append(names, n+":")
			}
		}
		if names == nil {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return names, none
	}
	var offers []string
	if !strings.ContainsAny(rest, ":/") {
		groups, _ := c.completeGroupFlag(cmd, []string{name}, "")
		nodes, _ := c.nodesOf(name)
		for _, n := range append(groups, nodes...) {
			offers = append(offers, name+":"+n+":")
		}
	}
	place := transfer.ParsePlace(word)
	head := strings.TrimSuffix(word, rest)
	if place.Nodes != "" {
		head += place.Nodes + ":"
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	for _, f := range c.remoteNames(ctx, place, strings.TrimPrefix(word, head)) {
		offers = append(offers, head+f)
	}
	return offers, none | cobra.ShellCompDirectiveNoFileComp
}

// remoteNames are files on a node that begin so; none where it can't be asked.
func (c *command) remoteNames(ctx context.Context, p transfer.Place, beginning string) []string {
	reach, err := c.quiet().Reach(p.Cluster, false)
	if err != nil {
		return nil
	}
	defer reach.Close()
	nodes, _, err := placeNodes(reach, p)
	if err != nil {
		return nil
	}
	conn, err := reach.Dial(ctx, nodes[0])
	if err != nil {
		return nil
	}
	files, err := conn.Files(ctx, remote.FilesOptions{})
	if err != nil {
		return nil
	}
	defer func() { _ = files.Close() }() // which can't fail
	return transfer.Complete(transfer.Node{Files: files}, strings.TrimPrefix(beginning, "~/"))
}

// strictCompletion makes cobra's command refuse a shell that it doesn't know,
// where it would show its help and succeed.
func strictCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Args = func(cmd *cobra.Command, args []string) error {
				if len(args) == 0 {
					return &usageError{cmd, errors.New("say for which shell: bash, zsh, fish or powershell")}
				}
				return &usageError{cmd, fmt.Errorf("there is no completion for %q, only for bash, zsh, fish and powershell", args[0])}
			}
			cmd.RunE = func(*cobra.Command, []string) error { return nil } // Args refuses everything
		}
	}
}
