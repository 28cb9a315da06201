package migrate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// Kind says what became of an option.
type Kind string

// What may become of an option that is not simply converted.
const (
	Changed  Kind = "changed"        // converted, but it means or is called something else
	Todo     Kind = "to do"          // you have to look at it
	Secret   Kind = "secret"         // not written anywhere; the note says where it belongs
	Unneeded Kind = "not needed"     // ecluster sees to it by itself
	Dropped  Kind = "no counterpart" // nothing in ecluster does this
)

// Note is a line of the report.
type Note struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Section string `json:"section"`
	Option  string `json:"option,omitempty"`
	Kind    Kind   `json:"kind"`
	Reason  string `json:"reason"`

	cluster string // whose HCL tells of it; empty for all
}

// Place is FILE:LINE.
func (n Note) Place() string { return fmt.Sprintf("%s:%d", n.File, n.Line) }

func place(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }

// notes gathers the report; the same note of two clusters is one.
type notes struct {
	all  []Note
	seen map[Note]bool
}

func (n *notes) add(note Note) {
	if n.seen == nil {
		n.seen = make(map[Note]bool)
	}
	if !n.seen[note] {
		n.seen[note] = true
		n.all = append(n.all, note)
	}
}

// report is what there is to say, in the order of the files, once.
func (n *notes) report() []Note {
	out := slices.Clone(n.all)
	for i := range out {
		out[i].cluster = ""
	}
	slices.SortStableFunc(out, func(a, b Note) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	unique := make(map[Note]bool, len(out))
	return slices.DeleteFunc(out, func(note Note) bool {
		again := unique[note]
		unique[note] = true
		return again
	})
}

// of is what concerns one cluster.
func (n *notes) of(cluster string) []Note {
	out := slices.DeleteFunc(slices.Clone(n.all), func(note Note) bool { return note.cluster != cluster })
	slices.SortStableFunc(out, func(a, b Note) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	return out
}
