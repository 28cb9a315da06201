package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/internal/ui"
)

// nodeList is a cluster as `list-nodes` shows it.
type nodeList struct {
	Cluster     cluster.Name        `json:"cluster"`
	ID          cluster.ID          `json:"id"`
	Frontend    cluster.NodeName    `json:"frontend"`
	Nodes       []cluster.Node      `json:"nodes"`
	Differences []engine.Difference `json:"differences,omitempty"`
}

// Records implements ui.Tabular.
func (l nodeList) Records() ui.Table {
	t := ui.Table{Header: []string{"cluster", "name", "group", "phase", "instance", "private_ip", "public_ip", "endpoints", "cpus", "memory", "gpus", "created", "error"}}
	for _, n := range l.Nodes {
		t.Add(string(l.Cluster), string(n.Name), string(n.Group), string(n.Phase), string(n.Instance), n.PrivateIP, n.PublicIP, endpoints(n),
			fmt.Sprint(n.Shape.CPUs), fmt.Sprint(int64(n.Shape.Memory)), fmt.Sprint(n.Shape.GPUs), stamp(n.Created), n.Error)
	}
	return t
}

func (c *command) listNodes() *cobra.Command {
	var update, asJSON, asYAML, asBefore bool
	var w watching
	cmd := &cobra.Command{
		Use:   "list-nodes NAME",
		Short: "List the nodes of a cluster",
		Args:  c.args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case asJSON:
				c.format = ui.JSON
			case asYAML:
				c.format = ui.YAML
			}
			if update && w.on {
				return &usageError{cmd, errors.New("--update asks the provider, and --watch would do so all the time: choose one of them")}
			}
			name := cluster.Name(args[0])
			return c.showAgain(cmd.Context(), w, "nodes of "+args[0], func(ctx context.Context) (look, error) {
				return c.nodes(ctx, name, update, asBefore)
			})
		},
		ValidArgsFunction: c.completeClusters,
	}
	w.flags(cmd)
	f := cmd.Flags()
	f.BoolVarP(&update, "update", "u", false, "ask the provider what really runs, and record it")
	f.BoolVar(&asJSON, "json", false, "same as --output json")
	f.BoolVar(&asYAML, "yaml", false, "same as --output yaml")
	f.BoolVar(&asBefore, "elasticluster", false, "print what ElastiCluster printed, for scripts that read it")
	return tabular(cmd)
}

func (c *command) nodes(ctx context.Context, name cluster.Name, update, asBefore bool) (look, error) {
	e := c.quiet()
	var diffs []engine.Difference
	if update {
		var err error
		if diffs, err = e.Refresh(ctx, name); err != nil {
			return look{}, err
		}
	}
	st, err := e.Store().Load(name)
	if err != nil {
		return look{}, err
	}
	list := listOf(st, diffs)
	page := nodesPage
	if asBefore {
		page = elastiClusterPage
	}
	return look{list, func(p ui.Page) error { return page(p, st, list) }}, nil
}

func listOf(st *state.State, diffs []engine.Difference) nodeList {
	l := nodeList{Cluster: st.Name, ID: st.ID, Frontend: st.Spec.FrontendNode(), Nodes: []cluster.Node{}, Differences: diffs}
	frontend := st.Spec.Frontend
	for _, name := range slices.SortedFunc(maps.Keys(st.Nodes), state.CompareNames) {
		l.Nodes = append(l.Nodes, *st.Nodes[name])
	}
	slices.SortStableFunc(l.Nodes, func(a, b cluster.Node) int {
		return boolOrder(a.Group == frontend, b.Group == frontend)
	})
	return l
}

// boolOrder puts true first.
func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func nodesPage(p ui.Page, st *state.State, l nodeList) error {
	if len(l.Nodes) == 0 {
		return p.Prosef("Cluster %q has no nodes. 'ecluster start %s' boots them.", st.Name, st.Name)
	}
	t := ui.Table{
		Header:   []string{"NODE", "GROUP", "STATE", "ADDRESS", "LOGIN FROM HERE", "CPUS", "MEMORY", "AGE", "COST"},
		Right:    []string{"CPUS", "MEMORY", "AGE", "COST"},
		Optional: []string{"GROUP", "AGE", "MEMORY", "CPUS", "COST", "ADDRESS"},
		Flexible: "LOGIN FROM HERE",
	}
	now := time.Now()
	for _, n := range l.Nodes {
		t.Add(string(n.Name), string(n.Group), string(n.Phase), n.PrivateIP, endpoints(n), number(n.Shape.CPUs), memory(n.Shape.Memory),
			age(n.Created), nodeCost(st, &n, now))
	}
	if err := p.Table(withoutEmpty(t, "COST")); err != nil {
		return err
	}
	for _, n := range l.Nodes {
		if n.Error != "" {
			if err := p.Prosef("%s: %s", n.Name, n.Error); err != nil {
				return err
			}
		}
	}
	for _, d := range l.Differences {
		if n := st.Nodes[d.Node]; n == nil || n.Error != d.Message {
			if err := p.Prosef("%s: %s", d.Node, d.Message); err != nil {
				return err
			}
		}
	}
	return nil
}

// nodeCost is what a machine has cost so far; empty where its price is not known.
func nodeCost(st *state.State, n *cluster.Node, now time.Time) string {
	if n.Meter.PerHour == 0 && n.Meter.Spent == 0 {
		return ""
	}
	return cluster.Money(st.NodeCost(n, now), st.Bill.Currency)
}

func endpoints(n cluster.Node) string {
	words := make([]string, len(n.Endpoints))
	for i, e := range n.Endpoints {
		words[i] = fmt.Sprintf("%s:%d", e.Host, e.Port)
	}
	return strings.Join(words, " ")
}

func number(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func memory(b cluster.Bytes) string {
	if b == 0 {
		return "-"
	}
	return b.String()
}
