package fake

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Pause implements providers.Pauser.
func (d *Driver) Pause(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, OpPause, id, ids, func(m *machine) error {
		m.Paused = true
		return nil
	})
}

// Resume implements providers.Pauser. The machine boots again, with what
// Machines runs for it left as it was.
func (d *Driver) Resume(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, OpResume, id, ids, func(m *machine) error {
		if m.Paused {
			m.Paused, m.Booted = false, d.w.o.Now()
		}
		return nil
	})
}

// Console implements providers.ConsoleReader.
func (d *Driver) Console(ctx context.Context, id cluster.ID, instance cluster.InstanceID) ([]byte, error) {
	var out []byte
	err := d.w.call(ctx, Call{Op: OpConsole, Cluster: id}, func(s *state, _ []*fault) error {
		m := s.machine(id, instance)
		if m == nil {
			return failf(providers.NotFound, "machine %s does not exist", instance)
		}
		out = fmt.Appendf(nil, "fake machine %s of %s: %s\n", m.ID, m.Node, m.instance(d.w.o.Now(), d.w.o.BootDelay).State)
		return nil
	})
	return out, err
}

// Clusters implements providers.OrphanLister.
func (d *Driver) Clusters(ctx context.Context) ([]providers.ClusterRef, error) {
	var out []providers.ClusterRef
	err := d.w.call(ctx, Call{Op: OpClusters}, func(s *state, _ []*fault) error {
		refs := map[cluster.ID]*providers.ClusterRef{}
		ref := func(id cluster.ID) *providers.ClusterRef {
			if refs[id] == nil {
				refs[id] = &providers.ClusterRef{ID: id}
			}
			return refs[id]
		}
		for _, m := range s.Machines {
			if m.Deleted.IsZero() {
				ref(m.Cluster).Machines++
			}
		}
		for id, sh := range s.Shared {
			r := ref(id)
			r.Name, r.Resources = sh.Name, sh.names(id)
		}
		for _, r := range refs {
			out = append(out, *r)
		}
		slices.SortFunc(out, func(a, b providers.ClusterRef) int { return strings.Compare(string(a.ID), string(b.ID)) })
		return nil
	})
	return out, err
}
