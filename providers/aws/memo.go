package aws

import (
	"context"
	"sync"
)

// memo remembers what is asked once a key. Callers who come meanwhile wait for
// the first; an error is not remembered. It is safe for concurrent use.
type memo[K comparable, V any] struct {
	mu      sync.Mutex
	entries map[K]*entry[V]
}

type entry[V any] struct {
	slot  chan struct{} // held while somebody asks
	known bool
	value V
}

func newMemo[K comparable, V any]() *memo[K, V] {
	return &memo[K, V]{entries: map[K]*entry[V]{}}
}

func (m *memo[K, V]) at(key K) *entry[V] {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.entries[key]
	if e == nil {
		e = &entry[V]{slot: make(chan struct{}, 1)}
		m.entries[key] = e
	}
	return e
}

// get returns what is known of key, or asks.
func (m *memo[K, V]) get(ctx context.Context, key K, ask func(context.Context) (V, error)) (V, error) {
	e := m.at(key)
	select {
	case e.slot <- struct{}{}:
		defer func() { <-e.slot }()
	case <-ctx.Done():
		var none V
		return none, context.Cause(ctx)
	}
	if e.known {
		return e.value, nil
	}
	v, err := ask(ctx)
	if err == nil {
		e.value, e.known = v, true
	}
	return v, err
}

// peek returns what is known of key, and asks nobody.
func (m *memo[K, V]) peek(key K) (v V, known bool) {
	e := m.at(key)
	select {
	case e.slot <- struct{}{}:
		defer func() { <-e.slot }()
		return e.value, e.known
	default:
		return v, false
	}
}

// put makes a value known.
func (m *memo[K, V]) put(key K, v V) {
	slot := make(chan struct{}, 1)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries[key] = &entry[V]{slot: slot, known: true, value: v}
}

// forget lets the next get ask again.
func (m *memo[K, V]) forget(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
}
