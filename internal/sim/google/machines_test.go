package google_test

import (
	"context"
	"sync"

	"github.com/ecluster/ecluster/internal/sim"
)

// machines remember what they were booted with, and say what they are told to.
type machines struct {
	*sim.Silent

	mu     sync.Mutex
	booted map[string]sim.Boot // by node
	keys   []string
}

func (m *machines) Boot(ctx context.Context, b sim.Boot) (sim.Address, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.booted[b.Labels["ecluster-node"]] = b
	return m.Silent.Boot(ctx, b)
}

func (m *machines) Delete(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for node, b := range m.booted {
		if b.ID == id {
			delete(m.booted, node)
		}
	}
	return nil
}

func (m *machines) publish(keys ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys = keys
}

func (m *machines) HostKeys(context.Context, string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.keys, nil
}

func (*machines) Console(context.Context, string) ([]byte, error) { return []byte("Linux up\n"), nil }
