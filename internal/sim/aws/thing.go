package aws

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"slices"
	"time"
)

// thing is what all resources have in common.
type thing struct {
	id   string
	kind string // in EC2's words: "security-group"
	seq  int    // the order in which things were made
	tags map[string]string
	born time.Time
	gone time.Time // when it was deleted; zero while it exists
	// builtin things exist in every account from the beginning.
	builtin bool
}

func (t *thing) base() *thing { return t }

type resource interface{ base() *thing }

// table holds the things of one kind.
type table[T resource] struct {
	byID map[string]T
}

func newTable[T resource]() *table[T] { return &table[T]{byID: map[string]T{}} }

func (t *table[T]) add(item T) { t.byID[item.base().id] = item }

// all are in the order in which they were made, deleted ones too.
func (t *table[T]) all() []T {
	items := slices.Collect(maps.Values(t.byID))
	slices.SortFunc(items, func(a, b T) int { return a.base().seq - b.base().seq })
	return items
}

// existing are all that were not deleted.
func (t *table[T]) existing() []T {
	return slices.DeleteFunc(t.all(), func(item T) bool { return !item.base().gone.IsZero() })
}

// newThing makes a thing with the tags that a request has for its kind.
func (r *region) newThing(c *call, prefix, kind string) thing {
	r.c.last++
	t := thing{id: newID(prefix), kind: kind, seq: r.c.last, born: r.c.o.Now(), tags: map[string]string{}}
	if c != nil {
		for _, spec := range c.in.objs("TagSpecifications") {
			if spec.str("ResourceType") == kind {
				maps.Copy(t.tags, tagsOf(spec.objs("Tags")))
			}
		}
	}
	return t
}

func newID(prefix string) string {
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails
	return prefix + "-" + hex.EncodeToString(b[:])[:17]
}

// known says whether requests find a thing that was made: not before the news
// of it have spread.
func (r *region) known(t *thing) bool {
	return t.gone.IsZero() && (t.builtin || !r.c.o.Now().Before(t.born.Add(r.c.o.CreateLag)))
}

// shown says whether listings have a thing, which they may for a while after
// it is gone.
func (r *region) shown(t *thing) bool {
	now := r.c.o.Now()
	if !t.gone.IsZero() {
		return now.Before(t.gone.Add(r.c.o.DeleteLag))
	}
	return t.builtin || !now.Before(t.born.Add(r.c.o.CreateLag))
}

// find returns a thing that requests find.
func find[T resource](r *region, t *table[T], id string) (T, bool) {
	item, ok := t.byID[id]
	if ok && !r.known(item.base()) {
		var none T
		return none, false
	}
	return item, ok
}

// remove deletes a thing; listings may go on showing it. The caller holds the
// lock.
func remove[T resource](r *region, t *table[T], item T) {
	b := item.base()
	b.gone = r.c.o.Now()
	r.c.later(r.c.o.DeleteLag, func() { delete(t.byID, b.id) })
}
