package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers"
)

// prepare makes what the nodes share. It is intended before it is done: from
// then on only stop forgets the cluster.
func (r *run) prepare(ctx context.Context) error {
	realm, err := r.realm(ctx)
	if err != nil {
		return err
	}
	network := r.spec.Network
	if _, has := providers.Capability[providers.Firewall](r.cloud); has {
		if network, err = r.networks(ctx, network); err != nil {
			return fmt.Errorf("prepare cluster %q: %w", r.name, err)
		}
	}
	if err := r.session.Commit(ctx, func(st *state.State) error {
		st.Prepared, st.Realm = true, realm
		return nil
	}); err != nil {
		return err
	}
	groups := slices.Clone(r.spec.Groups)
	for i := range groups {
		if groups[i].Image == "" {
			groups[i].Image = r.spec.Image
		}
	}
	started := time.Now()
	var mu sync.Mutex
	var task string // what is being done; a driver does one thing at a time
	done := func(cause error) {
		if task != "" {
			r.emit(event.TaskProgress{Task: task, Done: true, Elapsed: time.Since(started), Err: cause})
		}
	}
	err = r.cloud.Prepare(ctx, providers.PrepareRequest{
		ID: r.id, Name: r.own, Groups: groups, Network: network,
		Volumes: volumes(r.spec, false), Kept: volumes(r.spec, true),
		Progress: func(name, message string) {
			mu.Lock()
			defer mu.Unlock()
			if name != task {
				done(nil)
				task, started = name, time.Now()
			}
			r.emit(event.TaskProgress{Task: task, Message: message, Elapsed: time.Since(started)})
		},
	})
	done(err)
	if err != nil {
		return fmt.Errorf("prepare cluster %q: %w", r.name, err)
	}
	// Not before: what is recorded here, the commands that connect take for done.
	return r.session.Commit(ctx, func(st *state.State) error {
		st.Admitted = network.SSHFrom
		return nil
	})
}

// volumes are the names of the shared volumes of a spec that are kept when the
// cluster goes, or of those that go with it.
func volumes(spec *cluster.Spec, kept bool) []string {
	var names []string
	for _, g := range spec.Groups {
		for _, m := range g.Needs.Mounts {
			if m.Keep == kept && !slices.Contains(names, m.Volume) {
				names = append(names, m.Volume)
			}
		}
	}
	return names
}
