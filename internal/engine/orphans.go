package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/providers"
)

// Orphan is a cluster that a cloud knows and no record here does. It may
// still be somebody's: another person's in the same account, or one that
// another $ECLUSTER_HOME records.
type Orphan struct {
	ID        cluster.ID   `json:"id"`
	Name      cluster.Name `json:"name,omitempty"`
	Provider  string       `json:"provider"`
	Machines  int          `json:"machines"`
	Resources []string     `json:"resources,omitempty"`
}

// Orphans asks each of these providers, and those of the recorded clusters,
// for clusters that no record knows. An error about one of them does not hide
// what the others found.
func (e *Engine) Orphans(ctx context.Context, where []cluster.ProviderSpec) ([]Orphan, error) {
	known := map[cluster.ID]bool{}
	summaries, err := e.store.List()
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, s := range summaries {
		st, err := e.store.Load(s.Name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		known[st.ID] = true
		where = append(where, st.Spec.Provider)
	}
	var orphans []Orphan
	var asked []cluster.ProviderSpec
	for _, p := range where {
		if slices.ContainsFunc(asked, func(q cluster.ProviderSpec) bool { return samePlace(p, q) }) {
			continue
		}
		asked = append(asked, p)
		found, err := e.clustersOn(ctx, p)
		if err != nil {
			errs = append(errs, fmt.Errorf("look for orphans with provider %q: %w", p.Kind, err))
		}
		for _, ref := range found {
			if !known[ref.ID] {
				known[ref.ID] = true // two settings may lead to one account
				orphans = append(orphans, Orphan{
					ID: ref.ID, Name: ref.Name, Provider: p.Kind, Machines: ref.Machines, Resources: ref.Resources,
				})
			}
		}
	}
	slices.SortFunc(orphans, func(a, b Orphan) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return orphans, errors.Join(errs...)
}

func samePlace(a, b cluster.ProviderSpec) bool {
	return a.Kind == b.Kind && reflect.DeepEqual(a.Settings, b.Settings)
}

func (e *Engine) clustersOn(ctx context.Context, p cluster.ProviderSpec) ([]providers.ClusterRef, error) {
	cloud, _, err := e.cloud("", p, 1)
	if err != nil {
		return nil, err
	}
	lister, can := providers.Capability[providers.OrphanLister](cloud)
	if !can {
		return nil, nil
	}
	var refs []providers.ClusterRef
	err = cloud.Do(ctx, "list clusters", func(ctx context.Context) (err error) {
		refs, err = lister.Clusters(ctx)
		return err
	})
	return refs, err
}

// RemoveOrphan deletes everything that carries the tag of a cluster that no
// record knows.
func (e *Engine) RemoveOrphan(ctx context.Context, p cluster.ProviderSpec, id cluster.ID) error {
	summaries, err := e.store.List()
	if err != nil {
		return err
	}
	for _, s := range summaries {
		if s.ID == id {
			return fmt.Errorf("remove orphan %s: it is the cluster %q, which is recorded here: use 'ecluster stop %s'", id, s.Name, s.Name)
		}
	}
	found, err := e.clustersOn(ctx, p)
	if err != nil {
		return fmt.Errorf("remove orphan %s: %w", id, err)
	}
	if !slices.ContainsFunc(found, func(r providers.ClusterRef) bool { return r.ID == id }) {
		return fmt.Errorf("remove orphan %s: provider %q has nothing of it; 'ecluster list --orphans' shows what there is", id, p.Kind)
	}
	cloud, _, err := e.cloud("", p, 1)
	if err != nil {
		return err
	}
	err = cloud.Destroy(ctx, providers.DestroyRequest{ID: id, Progress: func(left []cluster.Instance) {
		e.emit(event.TaskProgress{Task: "delete", Message: fmt.Sprintf("machines left: %d", len(left))})
	}})
	e.emit(event.TaskProgress{Task: "delete", Done: true, Err: err})
	if err != nil {
		return fmt.Errorf("remove orphan %s: %w", id, err)
	}
	return nil
}
