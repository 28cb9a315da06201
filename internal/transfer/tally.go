package transfer

import (
	"io/fs"
	"sync"
	"sync/atomic"
)

// Outcome is what became of one file at one place.
type Outcome string

// What can become of a file.
const (
	Arrived Outcome = "arrived"
	Skipped Outcome = "skipped" // it was there already; see Options.Resume
	Failed  Outcome = "failed"
	Missed  Outcome = "missed" // not tried, because the place had failed before
)

// Event is what became of one file. Folders and links are files here.
type Event struct {
	Place   string // the label of a Destination
	Path    string // at the source
	Outcome Outcome
	Bytes   int64
	Err     error // of Failed
}

// Progress is how far a copy has come, all places together. It may be read at
// any time.
type Progress struct {
	Bytes atomic.Int64 // written
	Files atomic.Int64 // done with, well or not
}

// Tally counts what became of the files for one place. It is safe for
// concurrent use.
type Tally struct {
	mu     sync.Mutex
	bytes  int64
	counts map[Outcome]int
	names  map[Outcome][]string
	errs   []error
}

// tallyNames is how many names of each outcome are remembered.
const tallyNames = 10

func (t *Tally) add(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts, t.names = map[Outcome]int{}, map[Outcome][]string{}
	}
	t.counts[e.Outcome]++
	t.bytes += e.Bytes
	if len(t.names[e.Outcome]) < tallyNames {
		t.names[e.Outcome] = append(t.names[e.Outcome], e.Path)
	}
	if e.Err != nil && len(t.errs) < tallyNames {
		t.errs = append(t.errs, e.Err)
	}
}

// Count is how many files ended so.
func (t *Tally) Count(o Outcome) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts[o]
}

// Bytes is how much arrived.
func (t *Tally) Bytes() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes
}

// Names are the first of the files that ended so.
func (t *Tally) Names(o Outcome) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.names[o]...)
}

// Errors are the first errors.
func (t *Tally) Errors() []error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]error(nil), t.errs...)
}

// Whole reports whether nothing is missing.
func (t *Tally) Whole() bool { return t.Count(Failed)+t.Count(Missed) == 0 }

// perm is the rights of a file without the bits that give power to others.
func perm(info fs.FileInfo) fs.FileMode { return info.Mode().Perm() }
