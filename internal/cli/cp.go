package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/transfer"
	"github.com/ecluster/ecluster/internal/ui"
)

// cpFlags are the flags of cp.
type cpFlags struct {
	options  transfer.Options
	admin    bool
	parallel int
}

func (c *command) cp() *cobra.Command {
	var o cpFlags
	cmd := &cobra.Command{
		Use:   "cp SOURCE... TARGET",
		Short: "Copy files to the nodes of a cluster, or from them",
		Long: "Copies files between this computer and nodes. NAME:path is a file on the\n" +
			"frontend, NAME:compute001:path one on a node; NAME:compute:path stands for all\n" +
			"nodes of a group and NAME:compute[001-004]:path for some. Paths that do not\n" +
			"begin with / begin in the home. *, ? and [...] work on nodes too.\n\n" +
			"A copy to many nodes reads the source once. A copy from a group makes a folder\n" +
			"for each node. Files get their names when they are whole, so none is ever half\n" +
			"there; --resume goes on after a failure. Links are copied as links.\n\n" +
			"The exit status is 4 when something did not arrive, and 1 when nothing did.",
		Example: "  ecluster cp data.csv local:\n" +
			"  ecluster cp -r local:results .\n" +
			"  ecluster cp 'local:slurm-*.out' logs/\n" +
			"  ecluster cp -r scratch/ local:compute:/tmp/\n" +
			"  ecluster cp local:compute:/etc/hostname names/",
		Args: c.args(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.runCp(cmd.Context(), args[:len(args)-1], args[len(args)-1], o)
		},
		ValidArgsFunction: c.completePlaces,
	}
	f := cmd.Flags()
	f.BoolVarP(&o.options.Recursive, "recursive", "r", false, "copy folders with what is in them")
	f.BoolVarP(&o.options.Preserve, "preserve", "p", false, "keep times and exact rights")
	f.BoolVar(&o.options.Resume, "resume", false, "leave out files that are there already: of the same size, and not older")
	f.BoolVar(&o.admin, "admin", false, "copy as the administrator of the machines")
	f.IntVar(&o.parallel, "parallel", 128, "copy to `N` nodes at once")
	return cmd
}

func (c *command) runCp(ctx context.Context, sources []string, target string, o cpFlags) error {
	job, err := parseCopy(sources, target)
	if err != nil {
		return &usageError{err: err}
	}
	if o.parallel < 1 {
		return &usageError{err: errors.New("--parallel must be at least 1")}
	}
	reach, err := c.quiet().Reach(job.place.Cluster, o.admin)
	if err != nil {
		return err
	}
	defer reach.Close()
	nodes, apart, err := placeNodes(reach, job.place)
	if err != nil {
		return err
	}
	view := newCopyView(c, job.place.Cluster)
	o.options.Report, o.options.Progress = view.report, &view.progress
	task := transfer.Task{
		Network: reach, Nodes: nodes, From: job.from, To: job.to, Apart: apart, Parallel: o.parallel, Options: o.options,
	}
	copyFiles := task.Upload
	if job.down {
		copyFiles = task.Download
	}
	meter := ui.NewMeter(c.Streams, c.format, view.line)
	began := time.Now()
	places, err := copyFiles(ctx)
	meter.Stop()
	if err != nil {
		return err
	}
	if err := view.end(places, time.Since(began)); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return shownError{context.Cause(ctx)}
	}
	return copyStatus(places)
}

// copyJob is a command line of cp, understood.
type copyJob struct {
	place transfer.Place // of the nodes
	from  []string
	to    string
	down  bool
}

// parseCopy finds out which way a copy goes.
func parseCopy(sources []string, target string) (copyJob, error) {
	to := transfer.ParsePlace(target)
	job := copyJob{place: to, to: to.Path, down: to.Cluster == ""}
	for i, s := range sources {
		from := transfer.ParsePlace(s)
		switch {
		case !job.down && from.Cluster != "":
			return job, errors.New("one side must be on this computer: copy here first, and from here on")
		case job.down && from.Cluster == "" && len(sources) == 1:
			return job, errors.New("neither side is on a cluster: write NAME:path for a file on the frontend, NAME:compute001:path for one on a node")
		case job.down && from.Cluster == "":
			return job, fmt.Errorf("%q is on this computer, and so is the target", s)
		case job.down && i == 0:
			job.place = from
		case job.down && (from.Cluster != job.place.Cluster || from.Nodes != job.place.Nodes):
			return job, errors.New("all sources must be on the same nodes")
		}
		job.from = append(job.from, from.Path)
	}
	return job, nil
}

// placeNodes are the nodes of a place, and whether they are a set, even of one.
func placeNodes(reach *engine.Reach, p transfer.Place) (nodes []cluster.NodeName, apart bool, err error) {
	if p.Nodes == "" {
		return []cluster.NodeName{reach.Frontend()}, false, nil
	}
	nodes, err = reach.Select(p.Nodes)
	if err != nil {
		return nil, false, &hintError{err, fmt.Sprintf("A file of that name on the frontend is %s:./%s:%s", p.Cluster, p.Nodes, p.Path)}
	}
	return nodes, !reach.Has(cluster.NodeName(p.Nodes)), nil
}

// incompleteCopyError says that something did not arrive.
type incompleteCopyError struct{ some bool }

func (e *incompleteCopyError) Error() string { return "not everything arrived" }

// copyStatus is nil when everything arrived everywhere. What is missing was
// shown already.
func copyStatus(places []*transfer.Destination) error {
	whole, some := true, false
	for _, p := range places {
		whole = whole && p.Dead() == nil && p.Tally.Whole()
		some = some || p.Tally.Count(transfer.Arrived)+p.Tally.Count(transfer.Skipped) > 0
	}
	if whole {
		return nil
	}
	return shownError{&incompleteCopyError{some}}
}
