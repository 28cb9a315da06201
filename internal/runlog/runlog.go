// Package runlog reads what the steps of roles printed, which the engine keeps
// in the folder of a cluster: one folder a run, in it one file a node. It reads
// from the beginning or from the end, once or as the files grow. It writes
// nothing and asks nobody: what a node says now is not its business.
package runlog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// Line is one line of what a step printed.
type Line struct {
	Run   string           `json:"run,omitempty"` // "20261123T013508Z-start"
	Node  cluster.NodeName `json:"node"`
	Role  string           `json:"role,omitempty"` // empty before the first step
	Step  string           `json:"step,omitempty"`
	Began time.Time        `json:"began,omitzero"` // when the step began
	Text  string           `json:"line"`
}

// Options choose lines. The zero value is all of the newest run.
type Options struct {
	Node cluster.NodeName // empty: all nodes
	Role string           // empty: all roles; "share-nfs" or "share-nfs.home"
	All  bool             // all runs, the oldest first
	// Last is how many lines of each node are wanted, the last ones; 0 means all.
	Last int
}

// wants reports whether a line is one that was asked for.
func (o Options) wants(l Line) bool {
	return o.Role == "" || l.Role == o.Role || strings.HasPrefix(l.Role, o.Role+".")
}

// Reader reads the logs of one cluster. It is for one goroutine.
type Reader struct {
	dir   string
	o     Options
	since string // the first run that is read
	files map[string]*file
}

// Open returns a reader of the logs below dir, of which there may be none yet.
func Open(dir string, o Options) *Reader {
	return &Reader{dir: dir, o: o, files: map[string]*file{}}
}

// Runs returns the names of the runs below dir that have a log of the node, or
// any log if node is empty; the oldest is first.
func Runs(dir string, node cluster.NodeName) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read logs: %w", err)
	}
	var runs []string
	for _, e := range entries { // in the order of names, which begin with the time
		if logs, err := logsOf(filepath.Join(dir, e.Name()), node); err == nil && len(logs) > 0 {
			runs = append(runs, e.Name())
		}
	}
	return runs, nil
}

// Nodes returns the nodes of which any run below dir has a log.
func Nodes(dir string) []cluster.NodeName {
	paths, err := fs.Glob(os.DirFS(dir), "*/*.log")
	if err != nil {
		return nil // the pattern is fine
	}
	names := make([]cluster.NodeName, len(paths))
	for i, p := range paths {
		names[i] = nodeOf(p)
	}
	slices.SortFunc(names, state.CompareNames)
	return slices.Compact(names)
}

// logsOf are the logs of one run, of a node or of all. What the folders above
// are called is no part of the pattern.
func logsOf(run string, node cluster.NodeName) ([]string, error) {
	names, err := fs.Glob(os.DirFS(run), cmp.Or(string(node), "*")+".log")
	if err != nil {
		return nil, fmt.Errorf("read logs: %w", err)
	}
	slices.SortFunc(names, func(a, b string) int { return state.CompareNames(nodeOf(a), nodeOf(b)) })
	return names, nil
}

func nodeOf(path string) cluster.NodeName {
	return cluster.NodeName(strings.TrimSuffix(filepath.Base(path), ".log"))
}

// Read hands out what is there now and was not handed out before, run by run
// and node by node. A last line without its end is left until end is true.
func (r *Reader) Read(end bool, yield func(Line) error) error {
	files, err := r.open()
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := f.read(end, yield); err != nil {
			return err
		}
	}
	return nil
}

// open returns the files to be read, and takes up those that are new.
func (r *Reader) open() ([]*file, error) {
	runs, err := Runs(r.dir, r.o.Node)
	if err != nil {
		return nil, err
	}
	if r.since == "" && !r.o.All && len(runs) > 0 {
		r.since = runs[len(runs)-1]
	}
	var files []*file
	for _, run := range runs {
		if run < r.since {
			continue
		}
		names, err := logsOf(filepath.Join(r.dir, run), r.o.Node)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			path := filepath.Join(r.dir, run, name)
			f := r.files[path]
			if f == nil {
				f = &file{path: path, o: r.o, at: Line{Run: run, Node: nodeOf(path)}}
				r.files[path] = f
			}
			files = append(files, f)
		}
	}
	return files, nil
}

// Follow goes on reading at each tick until ctx ends, which is no error, or the
// folder of the cluster is gone.
func (r *Reader) Follow(done <-chan struct{}, tick <-chan time.Time, yield func(Line) error) error {
	for {
		if err := r.Read(false, yield); err != nil {
			return err
		}
		select {
		case <-tick:
		case <-done:
			return nil
		}
		if _, err := os.Stat(filepath.Dir(r.dir)); err != nil {
			return nil //nolint:nilerr // it was stopped meanwhile
		}
	}
}
