package state

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// rig is a session on a disk and a clock that the test holds.
func rig(t *testing.T, nodes int) (*opened, *disk, *manualClock) {
	t.Helper()
	d, clock := &disk{}, newManualClock()
	s := OpenStore(t.TempDir())
	s.write, s.clock = d.write, clock
	o := open(t, s, testState(nodes))
	<-clock.armed // by the watcher of the lock
	return o, d, clock
}

func TestCommitIsOnDisk(t *testing.T) {
	t.Parallel()
	o, _, clock := rig(t, 1)
	for want := uint64(1); want <= 3; want++ {
		err := o.session.Commit(t.Context(), func(st *State) error { st.Notes["n"] = fmt.Sprint(want); return nil })
		if err != nil {
			t.Fatal(err)
		}
		st := mustLoad(t, o.Store)
		if st.Serial != want || st.Notes["n"] != fmt.Sprint(want) || !st.Changed.Equal(clock.Now()) {
			t.Errorf("%d: serial %d, notes %v, changed %v", want, st.Serial, st.Notes, st.Changed)
		}
	}
	if got := o.session.Snapshot(); got.Serial != 3 {
		t.Errorf("the memory has serial %d", got.Serial)
	}
}

func TestCommitRefused(t *testing.T) {
	t.Parallel()
	o, d, _ := rig(t, 0)
	reason := errors.New("not so")
	if err := o.session.Commit(t.Context(), func(*State) error { return reason }); !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := o.session.Commit(ctx, func(*State) error { t.Error("called"); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if d.writes.Load() != 0 {
		t.Errorf("%d writes", d.writes.Load())
	}
}

// Commits that come while a write is under way share the next one.
func TestCommitsShareAWrite(t *testing.T) {
	t.Parallel()
	o, d, _ := rig(t, 0)
	d.hold, d.began = make(chan struct{}), make(chan struct{}, 10)
	const n = 50
	var wg sync.WaitGroup
	commit := func(i int) {
		wg.Go(func() {
			err := o.session.Commit(t.Context(), func(st *State) error { st.Notes[fmt.Sprint(i)] = ""; return nil })
			if err != nil {
				t.Error(err)
			}
		})
	}
	commit(0)
	<-d.began
	for i := 1; i < n; i++ {
		commit(i)
	}
	eventually(t, func() bool { // all have made their change
		o.session.mu.RLock()
		defer o.session.mu.RUnlock()
		return len(o.session.waiting) == n-1
	})
	close(d.hold)
	wg.Wait()
	if got := d.writes.Load(); got != 2 {
		t.Errorf("%d commits made %d writes", n, got)
	}
	if st := mustLoad(t, o.Store); len(st.Notes) != n {
		t.Errorf("%d of %d are on the disk", len(st.Notes), n)
	}
}

// Progress waits for the next write, and at most for the delay.
func TestUpdateIsWrittenLater(t *testing.T) {
	t.Parallel()
	o, d, clock := rig(t, 3)
	for range 10 {
		o.session.Node("compute001", func(n *cluster.Node) { n.Phase = cluster.Failed })
		o.session.Node("nobody", func(*cluster.Node) { t.Error("called") })
	}
	<-clock.armed
	if d.writes.Load() != 0 {
		t.Fatalf("%d writes", d.writes.Load())
	}
	clock.advance(progressDelay)
	eventually(t, func() bool { return d.writes.Load() == 1 })
	eventually(t, func() bool {
		st, err := o.Load("local")
		return err == nil && st.Nodes["compute001"].Phase == cluster.Failed
	})
}

// 10,000 nodes that each report eight changes cost a handful of writes.
func TestProgressOfManyNodes(t *testing.T) {
	t.Parallel()
	const nodes, phases = 10000, 8
	o, d, _ := rig(t, nodes)
	names := o.session.Snapshot().NodeNames()
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for range phases {
				for i := worker; i < nodes; i += 8 {
					o.session.Node(names[i], func(n *cluster.Node) { n.SetUp += "x" })
				}
			}
		})
	}
	wg.Wait()
	if err := o.session.Close(); err != nil {
		t.Fatal(err)
	}
	if got := d.writes.Load(); got > 2 {
		t.Errorf("%d writes", got)
	}
	st := mustLoad(t, o.Store)
	for name, n := range st.Nodes {
		if !strings.HasSuffix(n.SetUp, "xxxxxxxx") {
			t.Fatalf("%s has %s", name, n.SetUp)
		}
	}
}

func TestCloseFlushesAndEnds(t *testing.T) {
	t.Parallel()
	o, d, _ := rig(t, 0)
	o.session.Update(func(st *State) { st.Notes["a"] = "b" })
	for range 2 {
		if err := o.session.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if st := mustLoad(t, o.Store); st.Notes["a"] != "b" {
		t.Error("the last progress is lost")
	}
	if err := o.session.Commit(t.Context(), func(*State) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	o.session.Update(func(*State) { t.Error("called") })
	if d.writes.Load() != 1 {
		t.Errorf("%d writes", d.writes.Load())
	}
}

// A full disk surfaces at the commit, loses nothing in memory, and heals.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	o, d, clock := rig(t, 0)
	full := error(&os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC})
	d.fail.Store(&full)
	err := o.session.Commit(t.Context(), func(st *State) error { st.Notes["a"] = "b"; return nil })
	var access *AccessError
	if !errors.As(err, &access) || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "make room") {
		t.Fatalf("got %v", err)
	}
	if !errors.Is(o.session.Err(), syscall.ENOSPC) {
		t.Errorf("Err is %v", o.session.Err())
	}
	d.fail.Store(nil)
	<-clock.armed // it tries again by itself
	clock.advance(progressDelayMax)
	eventually(t, func() bool { return o.session.Err() == nil })
	if st := mustLoad(t, o.Store); st.Notes["a"] != "b" {
		t.Errorf("notes are %v", st.Notes)
	}

	d.fail.Store(&full)
	o.session.Update(func(st *State) { st.Notes["c"] = "d" })
	if err := o.session.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the close hides it: %v", err)
	}
}

// A state that somebody else wrote meanwhile is never overwritten.
func TestStale(t *testing.T) {
	t.Parallel()
	s := save(t, testState(1), 3)
	st := mustLoad(t, s)
	behind := st.Clone()
	o := open(t, s, st)
	if err := o.session.Commit(t.Context(), func(*State) error { return nil }); err != nil {
		t.Fatal(err)
	}
	o.close(t)

	o = open(t, s, behind)
	err := o.session.Commit(t.Context(), func(st *State) error { st.Nodes = nil; return nil })
	var stale *StaleError
	if !errors.As(err, &stale) || stale.Ours != 3 || stale.Theirs != 4 {
		t.Errorf("got %v", err)
	}
	_ = o.session.Close()
	if err := o.lock.Release(); err != nil {
		t.Error(err)
	}
	o = open(t, s, testState(0)) // another cluster of that name
	if err := o.session.Commit(t.Context(), func(*State) error { return nil }); !errors.As(err, &stale) || !stale.OtherLineage {
		t.Errorf("got %v", err)
	}
	if st := mustLoad(t, s); st.Serial != 4 || len(st.Nodes) != 1 {
		t.Errorf("it was overwritten: %+v", st)
	}
}

// A state file that vanishes under the lock is written again from memory.
func TestStateFileVanishes(t *testing.T) {
	t.Parallel()
	o, _, _ := rig(t, 1)
	commit := func() {
		t.Helper()
		if err := o.session.Commit(t.Context(), func(*State) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	commit()
	if err := os.Remove(o.StatePath("local")); err != nil {
		t.Fatal(err)
	}
	commit()
	if st := mustLoad(t, o.Store); len(st.Nodes) != 1 {
		t.Errorf("%+v", st)
	}
}

// Whenever the process dies, what is on the disk is a whole state.
func TestBackupIsThePreviousState(t *testing.T) {
	t.Parallel()
	o, _, _ := rig(t, 1)
	for range 3 {
		if err := o.session.Commit(t.Context(), func(*State) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(filepath.Join(o.Dir("local"), backupFile))
	if err != nil {
		t.Fatal(err)
	}
	if st, err := Decode(data); err != nil || st.Serial != 2 {
		t.Errorf("%v, %v", st, err)
	}
}

func TestSessionOfAnotherCluster(t *testing.T) {
	t.Parallel()
	s := OpenStore(t.TempDir())
	l, err := s.Lock(t.Context(), "other", Holder{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if _, err := s.OpenSession(l, testState(0)); err == nil {
		t.Error("a lock of one cluster opens another")
	}
}

// eventually waits for a condition that nothing announces.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it did not happen")
		}
	}
}
