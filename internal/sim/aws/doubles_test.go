package aws_test

import (
	"context"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// watched are silent machines that remember what became of them.
type watched struct {
	*sim.Silent
	mu      sync.Mutex
	boots   map[string]sim.Boot
	deleted map[string]bool
	console string
	keys    []string
	err     error // of Boot
}

func (w *watched) Boot(ctx context.Context, b sim.Boot) (sim.Address, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.boots == nil {
		w.boots = map[string]sim.Boot{}
	}
	if w.err != nil {
		return sim.Address{}, w.err
	}
	w.boots[b.ID] = b
	return w.Silent.Boot(ctx, b)
}

func (w *watched) Delete(ctx context.Context, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.deleted == nil {
		w.deleted = map[string]bool{}
	}
	w.deleted[id] = true
	return w.Silent.Delete(ctx, id)
}

func (w *watched) Console(context.Context, string) ([]byte, error) { return []byte(w.console), nil }

func (w *watched) HostKeys(context.Context, string) ([]string, error) { return w.keys, nil }

func (w *watched) silent(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.boots[id].Silent
}

// clock is a time that only a test moves, from now on.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[int]timer
	last   int
}

type timer struct {
	at time.Time
	f  func()
}

func newClock() *clock { return &clock{now: time.Now(), timers: map[int]timer{}} }

func (c *clock) options() sim.Options {
	return sim.Options{
		Now: func() time.Time {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.now
		},
		After: func(d time.Duration, f func()) func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.last++
			n := c.last
			c.timers[n] = timer{c.now.Add(d), f}
			return func() {
				c.mu.Lock()
				defer c.mu.Unlock()
				delete(c.timers, n)
			}
		},
	}
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	var due []func()
	for n, t := range c.timers {
		if !t.at.After(c.now) {
			due = append(due, t.f)
			delete(c.timers, n)
		}
	}
	c.mu.Unlock()
	for _, f := range due {
		f()
	}
}
