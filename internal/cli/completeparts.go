package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

const noFiles = cobra.ShellCompDirectiveNoFileComp

// completeOneNode offers a cluster, then one of its nodes, then nothing.
func (c *command) completeOneNode(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 1 {
		return nil, noFiles
	}
	return c.completeNodes(cmd, args, word)
}

// completeMoreNodes offers a cluster, then those of its nodes that were not
// given yet.
func (c *command) completeMoreNodes(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	names, directive := c.completeNodes(cmd, args, word)
	return slices.DeleteFunc(names, func(n string) bool { return len(args) > 0 && slices.Contains(args[1:], n) }), directive
}

// completeRoleFlag offers the roles of the cluster that was named.
func (c *command) completeRoleFlag(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	st := c.stateOf(args)
	if st == nil {
		return nil, noFiles
	}
	names := []string{"os"} // the packages of all roles
	for _, g := range st.Spec.Groups {
		for _, r := range g.Roles {
			names = append(names, r.Key())
		}
	}
	slices.Sort(names)
	return slices.Compact(names), noFiles
}

// completeCounts offers the node groups behind a number: "5:" becomes
// "5:compute". Before the colon there is nothing to offer but the number.
func (c *command) completeCounts(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	var groups []string
	if st := c.stateOf(args); st != nil {
		groups = groupNames(&st.Spec)
	}
	return countsOf(groups, word)
}

// completeSpecCounts is completeCounts for a template of the spec.
func (c *command) completeSpecCounts(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 || c.settle() != nil {
		return nil, noFiles
	}
	file, err := c.load()
	if err != nil {
		return nil, noFiles
	}
	wanted, diags := file.Resolve(args[0])
	if diags.HasErrors() {
		return nil, noFiles
	}
	return countsOf(groupNames(wanted), word)
}

func countsOf(groups []string, word string) ([]string, cobra.ShellCompDirective) {
	done, last := "", word
	if at := strings.LastIndexByte(word, ','); at >= 0 {
		done, last = word[:at+1], word[at+1:]
	}
	number, _, colon := strings.Cut(last, ":")
	if !colon {
		return nil, noFiles | cobra.ShellCompDirectiveNoSpace
	}
	offers := make([]string, len(groups))
	for i, g := range groups {
		offers[i] = done + number + ":" + g
	}
	return offers, noFiles
}

func groupNames(spec *cluster.Spec) []string {
	names := make([]string, len(spec.Groups))
	for i, g := range spec.Groups {
		names[i] = string(g.Name)
	}
	return names
}

// stateOf is the record of the cluster that was named; nil when there is none.
func (c *command) stateOf(args []string) *state.State {
	if len(args) == 0 || c.settle() != nil {
		return nil
	}
	st, err := c.quiet().Store().Load(cluster.Name(args[0]))
	if err != nil {
		return nil
	}
	return st
}
