package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
)

// Network opens the files of nodes. Both methods may be called concurrently.
type Network interface {
	Dial(ctx context.Context, node cluster.NodeName) (*remote.Conn, error)
	// Drop ends the connection to a node that is no longer needed.
	Drop(node cluster.NodeName)
}

// Task is a copy between this computer and nodes.
type Task struct {
	Network Network
	Nodes   []cluster.NodeName
	From    []string // files; patterns where they are on nodes
	To      string
	// Apart puts what comes from each node into a folder of its name.
	Apart bool
	// Parallel is how many nodes are copied to, or from, at once; 0 means 128.
	Parallel int
	Options
}

// patience is how long files may take to be put in order after the end of ctx.
const patience = 3 * time.Second

func (t Task) parallel() int {
	if t.Parallel > 0 {
		return t.Parallel
	}
	return 128
}

// Upload copies local files to all nodes. The local files are read once for as
// many nodes as Parallel says. What became of them is in the destinations, in
// the order of the nodes; an error means that nothing was begun.
func (t Task) Upload(ctx context.Context) ([]*Destination, error) {
	items, err := itemsOf(t.From)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(t.From[0])
	if err != nil {
		return nil, err
	}
	all := make([]*Destination, len(t.Nodes))
	for i, n := range t.Nodes {
		all[i] = &Destination{Label: string(n)}
	}
	for begin := 0; begin < len(all); begin += t.parallel() {
		wave := all[begin:min(begin+t.parallel(), len(all))]
		t.wave(ctx, wave, items, info.IsDir())
	}
	return all, nil
}

// wave copies to some nodes at once.
func (t Task) wave(ctx context.Context, wave []*Destination, items []Item, dir bool) {
	o := t.Options
	packets := 0
	if len(wave) > 4 { // their buffers count for each node
		o.Files, packets = 2, 8
	}
	var opening sync.WaitGroup
	for _, d := range wave {
		opening.Go(func() {
			files, err := t.open(ctx, cluster.NodeName(d.Label), packets)
			if err == nil {
				d.close = files.close
				d.Target = Node{files.Files}
				d.Base = items[0].Name
				d.Path, d.As, err = aim(files.Stat, t.To, items, dir)
			}
			if err != nil {
				d.give(err)
			}
		})
	}
	opening.Wait()
	Copy(ctx, Local{}, items, wave, o)
	for _, d := range wave {
		if d.close != nil {
			d.close()
			d.close, d.Target = nil, nil // with its buffers
		}
		t.Network.Drop(cluster.NodeName(d.Label))
	}
}

// open opens the files of a node. Shortly after the end of ctx it closes them,
// should something hang.
func (t Task) open(ctx context.Context, node cluster.NodeName, packets int) (*opened, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	conn, err := t.Network.Dial(ctx, node)
	if err != nil {
		return nil, err
	}
	files, err := conn.Files(ctx, remote.FilesOptions{Requests: packets})
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(patience, func() { _ = files.Close() })
	})
	return &opened{files, stop}, nil
}

// opened are the files of one node while they are copied.
type opened struct {
	*remote.Files
	forget func() bool
}

// close ends the session, and the wait for the end of ctx, which would hold all
// nodes of a long copy in memory.
func (o *opened) close() {
	o.forget()
	_ = o.Close() // which can't fail
}

// Download copies files of nodes here. What became of them is in the
// destinations, in the order of the nodes, each labelled with its node.
func (t Task) Download(ctx context.Context) ([]*Destination, error) {
	if t.Apart {
		if err := os.Mkdir(t.To, 0o777); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
	}
	all := make([]*Destination, len(t.Nodes))
	var group errgroup.Group
	group.SetLimit(min(t.parallel(), 32)) // each has files open here
	for i, n := range t.Nodes {
		all[i] = &Destination{Label: string(n)}
		group.Go(func() error {
			if err := t.fetch(ctx, n, all[i]); err != nil {
				all[i].give(err)
				all[i].missed(t)
			}
			t.Network.Drop(n)
			return nil
		})
	}
	return all, group.Wait()
}

// missed counts all that was asked for.
func (d *Destination) missed(t Task) {
	for _, name := range t.From {
		e := Event{Place: d.Label, Path: name, Outcome: Missed}
		d.Tally.add(e)
		if t.Report != nil {
			t.Report(e)
		}
	}
}

// fetch copies from one node.
func (t Task) fetch(ctx context.Context, node cluster.NodeName, d *Destination) error {
	files, err := t.open(ctx, node, 0)
	if err != nil {
		return err
	}
	defer files.close()
	to := t.To
	if t.Apart {
		to = filepath.Join(to, string(node))
		if err := os.Mkdir(to, 0o777); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return Get(ctx, Node{files.Files}, t.From, to, d, t.Options)
}

// Get copies the files that patterns stand for from a node to a file or a
// folder here. What became of them is in d, of which only Label is set before;
// an error means that nothing was begun.
func Get(ctx context.Context, from Node, patterns []string, to string, d *Destination, o Options) error {
	var names []string
	for _, pattern := range patterns {
		found, err := Glob(from, pattern)
		if err != nil {
			return err
		}
		names = append(names, found...)
	}
	items, err := itemsOf(names)
	if err != nil {
		return err
	}
	info, err := from.Stat(names[0])
	if err != nil {
		return err
	}
	where, as, err := aim(os.Stat, to, items, info.IsDir())
	if err != nil {
		return err
	}
	folder, err := OpenFolder(where)
	if err != nil {
		return fmt.Errorf("open the target: %w", err)
	}
	defer func() { _ = folder.Close() }() // the files in it are closed
	d.Target, d.Path, d.As, d.Base = folder, "", as, items[0].Name
	Copy(ctx, from, items, []*Destination{d}, o)
	return nil
}

// Put copies files from here to a file or a folder of a node, like Get.
func Put(ctx context.Context, names []string, node Node, to string, d *Destination, o Options) error {
	items, err := itemsOf(names)
	if err != nil {
		return err
	}
	info, err := os.Stat(names[0])
	if err != nil {
		return err
	}
	if d.Path, d.As, err = aim(node.Stat, to, items, info.IsDir()); err != nil {
		return err
	}
	d.Target, d.Base = node, items[0].Name
	Copy(ctx, Local{}, items, []*Destination{d}, o)
	return nil
}
