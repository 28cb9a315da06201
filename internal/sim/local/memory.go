package local

import (
	"hash/maphash"
	"strings"
)

// memory is what a machine knows of earlier set-ups. Only hashes of names and
// values are kept: there may be thousands of machines.
type memory struct {
	known       map[uint64]uint64 // files, packages and stamps of steps
	facts       map[string]string // that its steps have exported
	ownKeyInUse bool
	cluster     string // the ID of the cluster whose node it is
}

func (m *Machines) hash(words ...string) uint64 {
	return maphash.String(m.seed, strings.Join(words, "\x00"))
}

// has reports whether a value is the one that was kept.
func (b *machine) has(kind, name string, value ...string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	have, ok := b.memory.known[b.world.hash(kind, name)]
	return ok && have == b.world.hash(value...)
}

func (b *machine) keep(kind, name string, value ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.memory.known == nil {
		b.memory.known = map[uint64]uint64{}
	}
	b.memory.known[b.world.hash(kind, name)] = b.world.hash(value...)
}

func (b *machine) fact(name string) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	value, ok := b.memory.facts[name]
	return value, ok
}

func (b *machine) setFact(name, value string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.memory.facts == nil {
		b.memory.facts = map[string]string{}
	}
	b.memory.facts[name] = value
}
