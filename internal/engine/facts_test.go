package engine

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// TestFactsOfAbsentNodes: a newcomer learns what a share server said in an
// earlier run; a server that takes part says it again itself.
func TestFactsOfAbsentNodes(t *testing.T) {
	store := state.OpenStore(t.TempDir())
	st := state.New("lab", cluster.Spec{Frontend: "frontend"}, state.Origin{Now: time.Now(), Rand: rand.Reader})
	for _, name := range []cluster.NodeName{"frontend001", "storage001", "storage002", "compute001"} {
		st.Nodes[name] = &cluster.Node{Name: name, Group: name.Group(), Phase: cluster.Ready}
	}
	lock, err := store.Lock(t.Context(), "lab", state.NewHolder("test", time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	session, err := store.OpenSession(lock, st)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		session.Close()
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
	})
	newRun := func(taking ...cluster.NodeName) *run {
		r := &run{
			work: &work{session: session}, spec: &cluster.Spec{Frontend: "frontend"},
			board: newBoard(), cancels: map[cluster.NodeName]*cancelOnce{},
		}
		for _, name := range taking {
			r.cancels[name] = &cancelOnce{done: make(chan struct{})}
			r.board.join(name, nil)
		}
		r.recallFacts()
		return r
	}

	first := newRun("frontend001", "storage001", "storage002")
	first.keepFact("frontend001", "slurm.controller", "yes")
	first.keepFact("storage001", "glusterfs.server.home", "storage001")
	first.keepFact("storage002", "glusterfs.brick.home", "/brick")

	second := newRun("frontend001", "storage002", "compute001")
	newcomer := &notebook{}
	if err := second.board.attach("compute001", newcomer); err != nil {
		t.Fatal(err)
	}
	for fact, want := range map[string]string{
		"glusterfs.server.home": "storage001",
		"glusterfs.brick.home":  "", // storage002 will say it
		"slurm.controller":      "", // so will the frontend
	} {
		if got := newcomer.knows(fact); got != want {
			t.Errorf("the newcomer knows %s = %q, want %q", fact, got, want)
		}
	}
}
