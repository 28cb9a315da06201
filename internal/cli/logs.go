package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/runlog"
	"github.com/ecluster/ecluster/internal/ui"
)

// followEvery is how often the logs are looked at again.
const followEvery = 500 * time.Millisecond

// logFlags are the flags of logs.
type logFlags struct {
	role                 string
	lines                int
	all, follow, console bool
}

func (c *command) logs() *cobra.Command {
	var o logFlags
	cmd := &cobra.Command{
		Use:   "logs NAME [NODE]",
		Short: "Show what the steps of roles printed",
		Long: "Shows what the steps of the newest run printed on the nodes, as it is kept here\n" +
			"below the folder of the cluster. --follow goes on until Ctrl-C, while a start runs\n" +
			"in another terminal, say. --console shows the console of a machine that nobody can\n" +
			"log in to, where the provider has it. JSON is one object a line.",
		Example: "  ecluster logs local\n  ecluster logs local compute001 --role slurm-worker\n" +
			"  ecluster logs local --follow --lines 5\n  ecluster logs local frontend001 --console",
		Args: c.args(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			node := ""
			if len(args) == 2 {
				node = args[1]
			}
			if o.lines < 0 {
				return &usageError{cmd, fmt.Errorf("--lines %d: it can't be less than 0", o.lines)}
			}
			if o.console && (o.follow || o.all || o.role != "") {
				return &usageError{cmd, errors.New("--console shows what a machine said: --follow, --all and --role are about steps")}
			}
			if o.console {
				return c.showConsole(cmd.Context(), cluster.Name(args[0]), cluster.NodeName(node), o)
			}
			return c.showLogs(cmd.Context(), cluster.Name(args[0]), cluster.NodeName(node), o)
		},
		ValidArgsFunction: c.completeOneNode,
	}
	f := cmd.Flags()
	f.StringVar(&o.role, "role", "", "only the steps of `ROLE`")
	f.IntVar(&o.lines, "lines", 0, "only the last `N` lines of each node")
	f.BoolVar(&o.all, "all", false, "all runs, the oldest first, not only the newest")
	f.BoolVarP(&o.follow, "follow", "f", false, "go on with what comes, until Ctrl-C")
	f.BoolVar(&o.console, "console", false, "show the console of the machine instead (default: the frontend's)")
	_ = cmd.RegisterFlagCompletionFunc("role", c.completeRoleFlag)
	return cmd
}

func (c *command) showLogs(ctx context.Context, name cluster.Name, node cluster.NodeName, o logFlags) error {
	store := c.quiet().Store()
	st, err := store.Load(name)
	if err != nil {
		return err
	}
	dir := store.LogDir(name)
	nodes := runlog.Nodes(dir)
	for n := range st.Nodes {
		nodes = append(nodes, n)
	}
	if node != "" {
		if !slices.Contains(nodes, node) {
			return &engine.UnknownNodeError{Cluster: name, Node: node, Known: st.NodeNames()}
		}
		nodes = []cluster.NodeName{node}
	}
	slices.Sort(nodes)
	sources := []string{}
	for _, n := range slices.Compact(nodes) {
		sources = append(sources, string(n))
	}
	view := ui.NewLog(c.Streams, c.format, sources)
	shown := false
	show := func(l runlog.Line) error {
		shown = true
		return view.Show(ui.LogLine{Source: string(l.Node), Heading: heading(l, o.all || o.follow), Text: l.Text, Value: l})
	}
	reader := runlog.Open(dir, runlog.Options{Node: node, Role: o.role, All: o.all, Last: o.lines})
	if o.follow {
		tick := time.NewTicker(followEvery)
		defer tick.Stop()
		return reader.Follow(ctx.Done(), tick.C, show)
	}
	if err := reader.Read(true, show); err != nil || shown {
		return err
	}
	return c.nothingLogged(dir, name, node, o)
}

// nothingLogged says why nothing was shown, and where to look.
func (c *command) nothingLogged(dir string, name cluster.Name, node cluster.NodeName, o logFlags) error {
	runs, err := runlog.Runs(dir, node)
	if err != nil {
		return err
	}
	switch p := c.Streams.NewErrPage(); {
	case len(runs) == 0:
		return p.Prosef("No step has run yet. 'ecluster list-nodes %s' shows how far the nodes are, and --console what a machine says.", name)
	case o.all || len(runs) == 1:
		return p.Prosef("Nothing of that is in the logs.")
	default:
		return p.Prosef("Nothing of that is in the newest run, %s. --all looks in all %d runs.", runs[len(runs)-1], len(runs))
	}
}

// heading is what a line belongs to.
func heading(l runlog.Line, withRun bool) string {
	what := "before the first step"
	if l.Step != "" {
		what = l.Role + "/" + l.Step + "  " + l.Began.Local().Format("15:04:05")
	}
	if withRun {
		what += "  " + l.Run
	}
	return "== " + what
}

func (c *command) showConsole(ctx context.Context, name cluster.Name, node cluster.NodeName, o logFlags) error {
	if node == "" {
		st, err := c.quiet().Store().Load(name)
		if err != nil {
			return err
		}
		node = st.Spec.FrontendNode()
	}
	out, err := c.quiet().Console(ctx, name, node)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	if o.lines > 0 {
		lines = lines[max(0, len(lines)-o.lines):]
	}
	if strings.TrimSpace(string(out)) == "" {
		return c.Streams.NewErrPage().Prosef("The console of %s is empty so far.", node)
	}
	view := ui.NewLog(c.Streams, c.format, nil)
	for _, l := range lines {
		value := runlog.Line{Node: node, Text: l}
		if err := view.Show(ui.LogLine{Text: l, Value: value}); err != nil {
			return fmt.Errorf("write output: %w", err)
		}
	}
	return nil
}
