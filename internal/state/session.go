package state

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// progressDelay is how long progress may stay in memory only.
const progressDelay = 200 * time.Millisecond

// writeShare bounds the part of the time that writing progress may take: the
// delay is at least this many times the duration of the last write, so that
// 10,000 nodes don't keep a disk and a core busy.
const writeShare = 10

// progressDelayMax is where that ends, for a disk that hangs.
const progressDelayMax = 5 * time.Second

// Session is one command's hold on a state: every change goes through it and
// reaches the disk by one writer. It is safe for concurrent use.
type Session struct {
	store *Store
	lock  *Lock
	file  *file

	mu      sync.RWMutex
	st      *State
	changed uint64         // changes made in memory
	saved   uint64         // changes that are on the disk
	waiting []chan<- error // commits that wait for the next write
	err     error          // of the last write; nil when it worked
	closed  bool

	urgent chan struct{} // a commit waits
	dirty  chan struct{} // progress was made
	quit   chan struct{}
	done   chan struct{}
}

// OpenSession starts a session on a state that was loaded under the lock, or
// that New made. Close it before the lock is released.
func (s *Store) OpenSession(l *Lock, st *State) (*Session, error) {
	if l.name != st.Name {
		return nil, fmt.Errorf("open session: the lock is of cluster %s and the state of cluster %s; this is a bug, please report it", l.name, st.Name)
	}
	if err := l.Check(); err != nil {
		return nil, err
	}
	x := &Session{
		store: s, lock: l, file: newFile(s, st), st: st,
		urgent: make(chan struct{}, 1), dirty: make(chan struct{}, 1),
		quit: make(chan struct{}), done: make(chan struct{}),
	}
	go x.run()
	return x, nil
}

// View calls f with the state as it is now. f must not change it, and must
// not keep it or parts of it; Clone what is needed longer.
func (x *Session) View(f func(*State)) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	f(x.st)
}

// Snapshot returns a copy of the state as it is now.
func (x *Session) Snapshot() *State {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.st.Clone()
}

// Commit is for intentions and outcomes: it changes the state and returns when
// that is on the disk. Commits at the same time share one write. When f fails
// it must have changed nothing, and its error is returned. When the write
// fails the change stays in memory, and must be taken for not recorded: what
// was intended must not be done. When ctx ends while the write is under way the
// change may or may not be on the disk.
func (x *Session) Commit(ctx context.Context, f func(*State) error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("save state of %s: %w", x.lock.name, context.Cause(ctx))
	}
	wait := make(chan error, 1)
	if err := x.change(f, wait); err != nil {
		return err
	}
	poke(x.urgent)
	select {
	case err := <-wait:
		return err
	case <-ctx.Done():
		return fmt.Errorf("save state of %s: %w", x.lock.name, context.Cause(ctx))
	}
}

// Update is for progress: it changes the state in memory, and the next write
// takes it along. It never waits for the disk; a closed session ignores it.
func (x *Session) Update(f func(*State)) {
	err := x.change(func(st *State) error { f(st); return nil }, nil)
	if err == nil {
		poke(x.dirty)
	}
}

// Node is Update for one node: f gets it when there is such a node, and its
// time of change is set.
func (x *Session) Node(name cluster.NodeName, f func(*cluster.Node)) {
	x.Update(func(st *State) {
		if n := st.Nodes[name]; n != nil {
			f(n)
			n.Changed = x.store.clock.Now()
		}
	})
}

func (x *Session) change(f func(*State) error, wait chan<- error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return ErrClosed
	}
	if err := f(x.st); err != nil {
		return err
	}
	x.changed++
	if wait != nil {
		x.waiting = append(x.waiting, wait)
	}
	return nil
}

// Err returns why the last write failed, and nil when it worked.
func (x *Session) Err() error {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.err
}

// Close writes what is left and ends the session. It may be called more than
// once; it returns an error when something is not on the disk.
func (x *Session) Close() error {
	x.mu.Lock()
	first := !x.closed
	x.closed = true
	x.mu.Unlock()
	if first {
		close(x.quit)
	}
	<-x.done
	return x.Err()
}

func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run is the writer: the only goroutine that touches the file.
func (x *Session) run() {
	defer close(x.done)
	delay := progressDelay
	var due <-chan time.Time // nil while there is no progress to write
	for {
		select {
		case <-x.dirty:
			if due == nil {
				due = x.store.clock.After(delay)
			}
			continue
		case <-x.urgent:
		case <-due:
		case <-x.quit:
			x.flush()
			return
		}
		began := x.store.clock.Now()
		due = nil
		if !x.flush() {
			due = x.store.clock.After(delay) // try again: a disk may get room
		}
		delay = min(max(progressDelay, writeShare*x.store.clock.Now().Sub(began)), progressDelayMax)
	}
}

// flush writes what is not on the disk yet and tells those who wait for it.
func (x *Session) flush() bool {
	x.mu.Lock()
	waiting, changed := x.waiting, x.changed
	x.waiting = nil
	if changed == x.saved {
		x.mu.Unlock()
		return true
	}
	snapshot := x.st.Clone()
	x.mu.Unlock()

	err := x.lock.Check()
	if err == nil {
		err = x.file.save(snapshot)
	}

	x.mu.Lock()
	x.err = err
	if err == nil {
		x.saved = changed
		x.st.Serial, x.st.Changed = snapshot.Serial, snapshot.Changed
	}
	x.mu.Unlock()
	for _, w := range waiting {
		w <- err
	}
	return err == nil
}
