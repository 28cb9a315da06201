// Package google is a simulated Google Compute Engine: an HTTP server that
// speaks the REST protocol compute/v1 to Google's own clients. What Google
// publishes about the API (its discovery document, embedded) judges every
// request; what the documentation says beyond that, the code does. It knows
// one project, a few zones, and the images of configs/catalog.
//
// It holds everything in memory, and it uses nothing of Google's SDK.
package google

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ecluster/ecluster/internal/sim"
)

// The account that the simulated cloud has.
const (
	Project       = "ecluster-sim"
	ProjectNumber = "732011440981"
	Zone          = "us-central1-a"
	AccessToken   = "ya29.simulated"
)

const (
	prefix  = "/compute/v1/"
	baseURL = "https://www.googleapis.com/compute/v1/"
	user    = "ecluster@" + Project + ".iam.gserviceaccount.com"
)

// closeTimeout is how long machines may take to be deleted at the end.
const closeTimeout = time.Minute

// Cloud is the simulated Compute Engine.
type Cloud struct {
	o        sim.Options
	doc      *document
	log      *sim.Log
	handlers map[string]handler

	ctx  context.Context //nolint:containedctx // the cloud's own life, which Close ends
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu       sync.RWMutex
	closed   bool
	timers   map[*timer]struct{}
	records  map[string]map[string]*record // by collection, then by path
	ghosts   map[string]*record            // deleted, but still listed
	requests map[string]*replay            // by requestId
	usage    map[string]int                // of quota, by "region/METRIC"; of the project "/METRIC"
	stock    map[string]int                // what is left of Options.Stock
	types    map[string]machineType        // by "zone/name"
	nextIP   int
}

// New returns a cloud with a default network and nothing else in it.
func New(o sim.Options) (*Cloud, error) {
	doc, err := load()
	if err != nil {
		return nil, err
	}
	c := &Cloud{
		o: o.WithDefaults(), doc: doc,
		timers: map[*timer]struct{}{}, records: map[string]map[string]*record{}, ghosts: map[string]*record{},
		requests: map[string]*replay{}, usage: map[string]int{}, stock: maps.Clone(o.Stock),
	}
	c.log = sim.NewLog(c.o.Now)
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.handlers = handlers()
	c.furnish()
	return c, nil
}

// Settings are those of a provider block of kind "google".
func (c *Cloud) Settings(url string) map[string]any {
	return map[string]any{
		"project": Project, "zone": Zone, "endpoint": url + prefix, "access_token": AccessToken,
	}
}

// Knows is true of the regions and zones of the small table.
func (c *Cloud) Knows(place string) bool {
	return slices.ContainsFunc(regionTable(), func(r regionInfo) bool {
		return r.name == place || slices.Contains(r.zones, place)
	})
}

// Log has every request since the cloud was made.
func (c *Cloud) Log() *sim.Log { return c.log }

// Close ends what goes on in the background and deletes all machines.
func (c *Cloud) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	c.stop()
	for t := range maps.Clone(c.timers) {
		t.stop()
		c.claim(t)
	}
	var machines []string
	for _, r := range c.records["instances"] {
		if r.vm.made {
			machines = append(machines, r.vm.id)
		}
	}
	c.mu.Unlock()
	c.wg.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	slices.Sort(machines)
	errs := make([]error, len(machines))
	var g errgroup.Group
	g.SetLimit(16)
	for i, id := range machines {
		g.Go(func() error {
			if err := c.o.Machines.Delete(ctx, id); err != nil {
				errs[i] = fmt.Errorf("delete machine %s: %w", id, err)
			}
			return nil
		})
	}
	_ = g.Wait()
	return errors.Join(errs...)
}

// timer is something that will happen.
type timer struct{ stop func() }

// claim takes a timer away, and reports whether it was still there: whoever
// gets true accounts for it. c.mu is held.
func (c *Cloud) claim(t *timer) bool {
	if _, has := c.timers[t]; !has {
		return false
	}
	delete(c.timers, t)
	c.wg.Done()
	return true
}

// later calls f under the lock after a while, unless the cloud is closed
// before. c.mu is held.
func (c *Cloud) later(d time.Duration, f func()) {
	if c.closed {
		return
	}
	t := &timer{}
	c.timers[t] = struct{}{}
	c.wg.Add(1)
	t.stop = c.o.After(d, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.closed {
			return
		}
		if c.claim(t) {
			f()
		}
	})
}

// spawn runs f without the lock in the background; Close waits for it. c.mu
// is held.
func (c *Cloud) spawn(f func(ctx context.Context)) {
	c.wg.Go(func() { f(c.ctx) })
}

// sleep waits, or reports that the client has gone or the cloud was closed.
func (c *Cloud) sleep(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	over := make(chan struct{})
	stop := c.o.After(d, func() { close(over) })
	defer stop()
	select {
	case <-over:
		return true
	case <-r.Context().Done():
	case <-c.ctx.Done():
	}
	return false
}
