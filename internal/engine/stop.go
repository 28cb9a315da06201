package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers"
)

// Stop takes a cluster away: machines, what they shared, and last the record.
// It can be interrupted and called again at any point.
func (e *Engine) Stop(ctx context.Context, name cluster.Name) (err error) {
	ctx, w, err := e.open(ctx, name, "stop")
	if err != nil {
		return err
	}
	started := time.Now()
	st := w.session.Snapshot()
	e.emit(event.RunStarted{Command: "stop", Cluster: name, ID: st.ID})
	defer func() {
		e.emit(event.RunFinished{Command: "stop", Cluster: name, Duration: time.Since(started), Err: err})
	}()
	if err := w.destroy(ctx, st); err != nil {
		return errors.Join(fmt.Errorf("stop cluster %q: %w", name, err), w.close())
	}
	return errors.Join(w.forget(), w.close())
}

// destroy deletes everything that carries the tag of the cluster.
func (w *work) destroy(ctx context.Context, st *state.State) error {
	err := w.session.Commit(ctx, func(st *state.State) error {
		st.Status = state.Stopping
		for _, n := range st.Nodes {
			n.Phase = cluster.Deleting
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.journal.open(w.store.EventsPath(w.name))
	for name := range st.Nodes {
		w.emitPhase(name, cluster.Deleting, "")
	}
	var keep providers.Keep
	for _, share := range st.Spec.Shares {
		if share.Keep {
			keep.Volumes = append(keep.Volumes, volumeOf(&st.Spec, share.Path)...)
			w.notice(event.Info, "", "the files in %s are kept: the next cluster that is called %q has them again", share.Path, w.name)
		}
	}
	started := time.Now()
	err = w.cloud.Destroy(ctx, providers.DestroyRequest{
		ID: st.ID, Keep: keep, Open: attempts(st),
		Progress: func(left []cluster.Instance) {
			w.emit(event.TaskProgress{
				Task: "delete", Message: fmt.Sprintf("machines left: %d", len(left)), Elapsed: time.Since(started),
			})
		},
	})
	w.emit(event.TaskProgress{Task: "delete", Done: true, Elapsed: time.Since(started), Err: err})
	if err != nil {
		return err
	}
	for name := range st.Nodes {
		w.emitPhase(name, cluster.Gone, "")
	}
	return nil
}

// volumeOf is the volume that is mounted on path, or none.
func volumeOf(spec *cluster.Spec, path string) []string {
	for _, g := range spec.Groups {
		for _, m := range g.Needs.Mounts {
			if m.Path == path {
				return []string{m.Volume}
			}
		}
	}
	return nil
}

// attempts are the launches of which it is not known what became of them.
func attempts(st *state.State) []providers.Attempt {
	var open []providers.Attempt
	for _, i := range st.OpenIntents() {
		if i.Kind == state.IntentLaunch {
			open = append(open, providers.Attempt{Token: i.Token, Nodes: i.Nodes, Since: i.Since})
		}
	}
	return open
}

// launched are the launches whose machines are recorded. Those of a run that
// ended a moment ago may be missing in a listing.
func launched(st *state.State) []providers.Attempt {
	done := map[string]*providers.Attempt{}
	for _, name := range st.NodeNames() {
		n := st.Nodes[name]
		if n.Instance == "" || n.Attempt == "" {
			continue
		}
		a := done[n.Attempt]
		if a == nil {
			a = &providers.Attempt{Token: n.Attempt}
			done[n.Attempt] = a
		}
		a.Nodes = append(a.Nodes, name)
		if n.Created.After(a.Known) { // close enough where the intent is forgotten
			a.Known = n.Created
		}
	}
	for _, i := range st.Intents {
		if a := done[i.Token]; a != nil && i.Open() {
			delete(done, i.Token) // attempts has it
		} else if a != nil {
			a.Since, a.Known = i.Since, i.Settled
		}
	}
	var all []providers.Attempt
	for _, token := range slices.Sorted(maps.Keys(done)) {
		all = append(all, *done[token])
	}
	return all
}
