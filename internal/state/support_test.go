package state

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

func testSpec() cluster.Spec {
	return cluster.Spec{
		Name: "local", Provider: cluster.ProviderSpec{Kind: "fake", Settings: map[string]any{"zone": "a"}},
		BatchSize: 10, Frontend: "frontend", Limits: cluster.Limits{TTL: time.Hour},
		Groups: []cluster.Group{{Name: "frontend", Count: 1}, {Name: "compute", Count: 2}},
	}
}

func testState(nodes int) *State {
	st := New("local", testSpec(), Origin{Tool: "ecluster test", Now: time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC), Rand: rand.Reader})
	for i := 1; i <= nodes; i++ {
		name := cluster.NewNodeName("compute", i)
		st.Nodes[name] = &cluster.Node{
			Name: name, Group: "compute", Phase: cluster.Ready, Instance: cluster.InstanceID(fmt.Sprintf("%064d", i)),
			Endpoints: []cluster.Endpoint{{Host: "172.18.0.2", Port: 22}, {Host: "127.0.0.1", Port: 40000 + i}},
			PrivateIP: "172.18.0.2", Shape: cluster.Shape{CPUs: 2, Memory: 4 * cluster.GiB},
			HostKeys: []string{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBfQ7ZJmJm0q0J3l0yL2s0wXo8Jm3k1bJ0Wq3v9e7y5a"},
			Attempt:  "0123456789abcdef", SetUp: fmt.Sprintf("%064d", i), Created: st.Created, Changed: st.Changed,
		}
	}
	return st
}

// opened is a store with a locked cluster and a session on st.
type opened struct {
	*Store
	lock    *Lock
	session *Session
}

func open(t *testing.T, s *Store, st *State) *opened {
	t.Helper()
	l, err := s.Lock(t.Context(), st.Name, NewHolder("test", time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	x, err := s.OpenSession(l, st)
	if err != nil {
		t.Fatal(err)
	}
	o := &opened{s, l, x}
	t.Cleanup(func() { x.Close(); l.Release() })
	return o
}

func (o *opened) close(t *testing.T) {
	t.Helper()
	if err := errors.Join(o.session.Close(), o.lock.Release()); err != nil {
		t.Fatal(err)
	}
}

// save makes a store in which st is saved as often as is said.
func save(t *testing.T, st *State, times int) *Store {
	t.Helper()
	s := OpenStore(t.TempDir())
	o := open(t, s, st)
	for range times {
		if err := o.session.Commit(t.Context(), func(*State) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	o.close(t)
	return s
}

// manualClock stands still until it is told to go on.
type manualClock struct {
	mu    sync.Mutex
	now   time.Time
	waits []manualWait
	armed chan struct{} // receives once for each After
}

type manualWait struct {
	at time.Time
	c  chan time.Time
}

func newManualClock() *manualClock {
	return &manualClock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), armed: make(chan struct{}, 1000)}
}

func (c *manualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *manualClock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := manualWait{c.now.Add(d), make(chan time.Time, 1)}
	c.waits = append(c.waits, w)
	c.armed <- struct{}{}
	return w.c
}

func (c *manualClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for _, w := range c.waits {
		if !w.at.After(c.now) {
			select {
			case w.c <- c.now:
			default:
			}
		}
	}
}

// disk counts writes, and fails or holds them when told to.
type disk struct {
	writes atomic.Int64
	last   atomic.Int64 // size
	fail   atomic.Pointer[error]
	hold   chan struct{} // nil: nobody is held
	began  chan struct{}
}

func (d *disk) write(path string, data []byte, mode fs.FileMode) error {
	d.writes.Add(1)
	d.last.Store(int64(len(data)))
	if d.hold != nil {
		d.began <- struct{}{}
		<-d.hold
	}
	if err := d.fail.Load(); err != nil {
		return *err
	}
	return replaceFile(path, data, mode)
}

func encode(tb testing.TB, st *State) []byte {
	tb.Helper()
	if st.Serial == 0 {
		st.Serial = 1
	}
	data, err := Encode(st)
	if err != nil {
		tb.Fatal(err)
	}
	return bytes.Clone(data)
}
