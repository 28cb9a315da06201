// Package azure is a simulated Azure Resource Manager: an HTTP server that
// Azure's own SDK talks to. Paths, versions, types, required and read-only
// properties and enumerations are those of the official SDK (schemagen distils
// them into schema.json.gz), and every request is judged by them; names,
// limits, answers and refusals are as Azure documents them.
//
// What differs from Azure, on purpose:
//   - the operation that creates or starts a virtual machine ends when the
//     machine runs, so that sim.Options.BootTime is part of it (as in Azure,
//     which waits for the guest);
//   - addresses are those that the machine behind has, and network interfaces
//     and public addresses show them from when it has booted;
//   - waits shorter than a second are told in x-ms-retry-after-ms, so that
//     pollers of the SDK keep pace with a simulation;
//   - only one version of each resource provider's API exists: the SDK's.
//
// No driver, role or engine belongs here.
package azure

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// The account that exists.
const (
	Subscription = "5ec7e71a-0000-4000-8000-000000000001"
	Token        = "simulated-azure-token"
	Location     = "westeurope"

	tenant = "5ec7e71a-0000-4000-8000-00000000000a"
	client = "5ec7e71a-0000-4000-8000-00000000000c" // who the token stands for
)

// Cloud is one simulated Azure with one subscription. It is safe for
// concurrent use.
type Cloud struct {
	options sim.Options
	log     *sim.Log
	schema  *schema
	kinds   map[string]*kind // by type in small letters
	sizes   map[string]size  // by name in small letters
	special map[string]handler
	images  []image
	// spawn runs a function in the background until it returns; its context
	// ends with the cloud. mu must be held.
	spawn  func(func(context.Context))
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu         sync.Mutex
	closed     bool
	timers     map[int]func() // what ends those that have not fired
	serial     int
	resources  map[string]*resource         // by key
	ghosts     map[string]*resource         // deleted, and still in listings
	index      map[string][]string          // sorted keys by type and group, and by type
	users      map[string]map[string]string // who uses a resource, and by which of its parts
	operations map[string]*running
	stock      map[string]int // machines taken, by key of sim.Options.Stock
}

var _ sim.Cloud = (*Cloud)(nil)

// New returns a cloud in which nothing exists but the subscription.
func New(o sim.Options) (*Cloud, error) {
	s, err := loadSchema()
	if err != nil {
		return nil, err
	}
	o = o.WithDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	c := &Cloud{
		options: o, log: sim.NewLog(o.Now), schema: s, cancel: cancel,
		kinds: map[string]*kind{}, sizes: sizes(), images: images(), special: handlers(),
		timers: map[int]func(){}, resources: map[string]*resource{}, ghosts: map[string]*resource{}, index: map[string][]string{},
		users: map[string]map[string]string{}, operations: map[string]*running{}, stock: map[string]int{},
	}
	for _, k := range kinds() {
		c.kinds[lower(k.typ)] = k
	}
	c.spawn = func(f func(context.Context)) {
		if !c.closed {
			c.wg.Go(func() { f(ctx) })
		}
	}
	return c, nil
}

// Settings implements sim.Cloud.
func (c *Cloud) Settings(url string) map[string]any {
	return map[string]any{
		"subscription_id": Subscription, "location": Location, "endpoint": url, "access_token": Token,
	}
}

// Knows implements sim.Cloud; zones have the same numbers in all locations
// that have any.
func (c *Cloud) Knows(place string) bool {
	for name, zones := range locations() {
		if name == plainLocation(place) || slices.Contains(zones, place) {
			return true
		}
	}
	return place == "" // Azure chooses
}

// Log implements sim.Cloud.
func (c *Cloud) Log() *sim.Log { return c.log }

const closeTimeout = 2 * time.Minute

// Close implements sim.Cloud.
func (c *Cloud) Close() error {
	c.mu.Lock()
	c.closed = true
	for _, stop := range c.timers {
		stop()
	}
	var machines []*machine
	for _, r := range c.resources {
		if r.vm != nil {
			machines = append(machines, r.vm)
		}
	}
	c.mu.Unlock()
	c.cancel()
	c.wg.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if err := c.deleteMachines(ctx, machines); err != nil {
		return fmt.Errorf("close the simulated Azure: %w", err)
	}
	return nil
}

// later runs f after d with c.mu held, at once when d is nothing. c.mu must
// be held. Nothing runs once the cloud is closed.
func (c *Cloud) later(d time.Duration, f func()) {
	if c.closed {
		return
	}
	if d <= 0 {
		f()
		return
	}
	c.serial++
	id := c.serial
	c.timers[id] = c.options.After(d, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.timers, id)
		if !c.closed {
			f()
		}
	})
}

// ServeHTTP implements http.Handler.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, consolePath) {
		c.serveConsole(w, r)
		return
	}
	q := c.read(r)
	end := c.log.Begin(sim.Entry{
		Op: q.opName(), Method: r.Method, Path: r.URL.RequestURI(), Nodes: q.nodes, Count: q.count(),
	})
	if !wait(r.Context(), c.options.Latency) {
		end(0, "")
		return
	}
	reply, fault := c.answer(q)
	if fault.Disrupt(w, r) {
		end(0, reply.code(), reply.problems...)
		return
	}
	reply.write(w)
	end(reply.status, reply.code(), reply.problems...)
}

func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
