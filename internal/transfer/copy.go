package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/ecluster/ecluster/internal/remote"
)

// Options say how files are copied.
type Options struct {
	Recursive bool // folders too, with what is in them
	Preserve  bool // exact rights, and times
	// Resume leaves out files that are there already: of the same size, and not
	// older than the source.
	Resume bool
	// Files is how many files are under way at once; 0 means 8.
	Files int
	// Progress, which may be nil, is kept up to date.
	Progress *Progress
	// Report, which may be nil, hears of each file. It may be called
	// concurrently.
	Report func(Event)
}

// Destination is a place that files are copied to.
type Destination struct {
	Label  string // of the place, for people: "compute001", or "" for here
	Target Target
	// Path is the folder at the target that the items go to.
	Path string
	// As, where it is set, is the name of the only item there, instead of Base,
	// which it has at the source.
	As, Base string
	Tally    Tally

	close func() // ends what carries it

	mu   sync.Mutex
	dead error // why nothing more can be copied to it
}

// Dead is why the place could not be copied to any more, or nil.
func (d *Destination) Dead() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dead
}

func (d *Destination) give(up error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead == nil {
		d.dead = up
	}
}

// Item is a file or a folder to copy.
type Item struct {
	Path string // at the source
	Name string // below Destination.Path; "" is that folder itself
}

// Copy copies items from a source to all destinations. The source is read once,
// and never held in memory. What became of the files is in the tallies; the
// end of ctx leaves no half file under its final name.
func Copy(ctx context.Context, from Source, items []Item, to []*Destination, o Options) {
	c := &copying{Options: o, ctx: ctx, from: from}
	if c.Files == 0 {
		c.Files = 8
	}
	if c.Progress == nil {
		c.Progress = &Progress{}
	}
	c.group.SetLimit(c.Files)
	for _, item := range items {
		info, err := from.Stat(item.Path) // a link that is named is followed
		if err != nil {
			c.failAll(to, item.Path, sourceError(err))
			continue
		}
		c.entry(item.Path, item.Name, info, to)
	}
	_ = c.group.Wait() // failures are in the tallies
	c.finish()
}

// copying is one call of Copy.
type copying struct {
	Options
	ctx   context.Context //nolint:containedctx // of the one call that this is
	from  Source
	group errgroup.Group
	made  []madeFolder
}

// madeFolder gets its rights and times when all is in it.
type madeFolder struct {
	to   *Destination
	path string // at the target
	info fs.FileInfo
}

// entry copies one file, link or folder to those destinations that can take it.
func (c *copying) entry(name, rel string, info fs.FileInfo, to []*Destination) {
	switch mode := info.Mode(); {
	case mode.IsDir() && !c.Recursive:
		c.failAll(to, name, errors.New("is a folder; add -r to copy it with what is in it"))
	case mode.IsDir():
		c.folder(name, rel, info, to)
	case mode&fs.ModeSymlink != 0:
		c.link(name, rel, to)
	case mode.IsRegular():
		c.group.Go(func() error {
			c.file(name, rel, info, c.living(name, to))
			return nil
		})
	default:
		c.failAll(to, name, errors.New("is neither a file nor a folder nor a link; left out"))
	}
}

// living are the destinations that still take files; the others miss this one.
func (c *copying) living(name string, to []*Destination) []*Destination {
	var alive []*Destination
	for _, d := range to {
		if c.ctx.Err() == nil && d.Dead() == nil {
			alive = append(alive, d)
		} else {
			c.report(d, Event{Path: name, Outcome: Missed})
		}
	}
	return alive
}

func (c *copying) folder(name, rel string, info fs.FileInfo, to []*Destination) {
	var opened []*Destination
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, d := range to {
		if c.ctx.Err() != nil || d.Dead() != nil {
			opened = append(opened, d) // what is in the folder is counted as missed
			continue
		}
		all.Go(func() {
			made, err := d.mkdir(rel, info)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				c.fail(d, name, fmt.Errorf("%w; what is in it was left out", err))
				return
			}
			opened = append(opened, d)
			if made || c.Preserve {
				c.made = append(c.made, madeFolder{d, d.at(rel), info})
			}
		})
	}
	all.Wait()
	if len(opened) == 0 {
		return
	}
	entries, err := c.from.ReadDir(name)
	if err != nil {
		c.failAll(opened, name, sourceError(err))
	}
	slices.SortFunc(entries, func(a, b fs.FileInfo) int { return strings.Compare(a.Name(), b.Name()) })
	for _, e := range entries {
		child := join(name, e.Name())
		if err := properName(e.Name()); err != nil {
			c.failAll(opened, child, err)
			continue
		}
		c.entry(child, join(rel, e.Name()), e, opened)
	}
}

// mkdir makes a folder unless it is there, and says whether it did.
func (d *Destination) mkdir(rel string, info fs.FileInfo) (bool, error) {
	at := d.at(rel)
	there, err := d.Target.Lstat(at)
	switch {
	case err == nil && there.IsDir():
		return false, nil
	case err == nil && rel == "" && there.Mode()&fs.ModeSymlink != 0:
		return false, nil // the user named it
	case err == nil && there.Mode()&fs.ModeSymlink != 0:
		return false, errors.New("a link of that name is there; remove it first")
	case err == nil:
		return false, errors.New("a file of that name is there; remove it first")
	case !isMissing(err):
		return false, err
	}
	return true, d.Target.Mkdir(at, perm(info)|0o700)
}

// link copies a link as it is: where it leads to is not looked at, so that
// loops do no harm.
func (c *copying) link(name, rel string, to []*Destination) {
	to = c.living(name, to)
	leads, err := c.from.ReadLink(name)
	if err != nil {
		c.failAll(to, name, sourceError(err))
		return
	}
	for _, d := range to {
		if err := d.relink(leads, d.at(rel)); err != nil {
			c.fail(d, name, err)
			continue
		}
		c.report(d, Event{Path: name, Outcome: Arrived})
	}
}

func (d *Destination) relink(leads, at string) error {
	if there, err := d.Target.Lstat(at); err == nil && there.IsDir() {
		return errors.New("a folder of that name is there; remove it first")
	}
	temp := temporary(at)
	if err := d.Target.Symlink(leads, temp); err != nil {
		return err
	}
	if err := d.Target.Rename(temp, at); err != nil {
		return errors.Join(err, d.Target.Remove(temp))
	}
	return nil
}

// finish gives folders their rights and times, innermost first.
func (c *copying) finish() {
	for _, f := range slices.Backward(c.made) {
		if f.to.Dead() != nil {
			continue
		}
		var err error
		if c.Preserve || perm(f.info)&0o700 != 0o700 {
			err = f.to.Target.Chmod(f.path, perm(f.info))
		}
		if c.Preserve && err == nil {
			err = f.to.Target.Chtimes(f.path, f.info.ModTime(), f.info.ModTime())
		}
		if err != nil {
			c.fail(f.to, f.path, err)
		}
	}
}

func (c *copying) failAll(to []*Destination, name string, err error) {
	for _, d := range to {
		c.fail(d, name, err)
	}
}

// fail counts a failure, and gives a place up where nothing more will arrive.
func (c *copying) fail(d *Destination, name string, err error) {
	lost := (*remote.LostError)(nil)
	if origin := (*originError)(nil); !errors.As(err, &origin) &&
		(errors.As(err, &lost) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)) {
		d.give(err)
	}
	outcome := Failed
	if c.ctx.Err() != nil {
		outcome, err = Missed, nil
	}
	c.report(d, Event{Path: name, Outcome: outcome, Err: err})
}

func (c *copying) report(d *Destination, e Event) {
	e.Place = d.Label
	d.Tally.add(e)
	c.Progress.Files.Add(1)
	if c.Report != nil {
		c.Report(e)
	}
}

// originError is one of the source: it says nothing of the destinations.
type originError struct{ error }

// Unwrap returns the cause.
func (e *originError) Unwrap() error { return e.error }

func sourceError(err error) error { return &originError{err} }

// at is the place of rel.
func (d *Destination) at(rel string) string {
	if d.As != "" {
		rel = join(d.As, strings.TrimPrefix(strings.TrimPrefix(rel, d.Base), "/"))
	}
	return join(d.Path, rel)
}

// join is path.Join that takes names as they are.
func join(dir, name string) string {
	switch {
	case name == "":
		return dir
	case dir == "" || dir == ".":
		return name
	case strings.HasSuffix(dir, "/"):
		return dir + name
	}
	return dir + "/" + name
}

// temporary is a name beside at that nobody else has.
func temporary(at string) string {
	dir, _ := path.Split(at)
	return dir + ".ecluster-" + randomName() + ".part"
}
