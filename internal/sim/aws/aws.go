// Package aws is a simulated Amazon Web Services: EC2 (Query protocol, API
// version 2016-11-15), STS, Service Quotas and Pricing, as far as a tool that
// runs clusters could need them, on one endpoint. It judges every request by
// the schemas that AWS published (schemagen trims them) and by the rules of
// the documentation, and answers in the schemas' words.
//
// Nothing of AWS's SDK belongs here, so that everything may import it.
package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// The account behind the endpoint and the key of its only user.
const (
	account   = "123456789012"
	userARN   = "arn:aws:iam::" + account + ":user/ecluster"
	accessKey = "AKIAECLUSTERSIMULATE"
	secretKey = "simulated/secret/key/of/ecluster+0000000"

	homeRegion = "us-east-1"
)

// Cloud is a simulated AWS with one account. Every region begins with the
// default VPC and nothing else.
type Cloud struct {
	o      sim.Options
	log    *sim.Log
	models map[string]*model
	ops    map[string]handler
	types  map[string]*instanceType

	ctx    context.Context //nolint:containedctx // ends what goes on in the background, at Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.RWMutex // guards all that follows and the regions
	closed  bool
	keys    map[string]credential // by access key
	regions map[string]*region
	stock   map[string]int // what is left of Options.Stock
	timers  map[int]func()
	last    int // sequence number of what was made last
}

var _ sim.Cloud = (*Cloud)(nil)

// New returns a cloud that is empty and answers at once.
func New(o sim.Options) (*Cloud, error) {
	models, err := readSchema()
	if err != nil {
		return nil, err
	}
	o = o.WithDefaults()
	c := &Cloud{
		o: o, log: sim.NewLog(o.Now), models: models, ops: operations(), types: catalogue(),
		keys:    map[string]credential{accessKey: {secret: secretKey, arn: userARN, id: "AIDAECLUSTERSIMULATE0"}},
		regions: map[string]*region{}, stock: map[string]int{}, timers: map[int]func(){},
	}
	maps.Copy(c.stock, o.Stock)
	for _, name := range regionNames() {
		c.regions[name] = newRegion(c, name)
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c, nil
}

// Settings lead a driver here, to the region us-east-1.
func (c *Cloud) Settings(url string) map[string]any {
	return map[string]any{"region": homeRegion, "endpoint": url, "access_key": accessKey, "secret_key": secretKey}
}

// Knows is true of the regions of the account, and of their zones.
func (c *Cloud) Knows(place string) bool {
	for _, r := range c.regions {
		if r.name == place || slices.Contains(r.zones, place) {
			return true
		}
	}
	return false
}

// Log has every request.
func (c *Cloud) Log() *sim.Log { return c.log }

// Close ends what goes on and deletes all machines.
func (c *Cloud) Close() error {
	c.mu.Lock()
	c.closed = true
	for _, stop := range c.timers {
		stop()
	}
	clear(c.timers)
	c.mu.Unlock()
	c.cancel()
	c.work.Wait()

	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), 2*time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	limit := make(chan struct{}, 16)
	for _, r := range c.regions {
		for _, i := range r.instances.all() {
			if i.state == terminated {
				continue
			}
			wg.Go(func() {
				limit <- struct{}{}
				defer func() { <-limit }()
				if err := c.o.Machines.Delete(ctx, i.id); err != nil {
					mu.Lock()
					defer mu.Unlock()
					errs = append(errs, fmt.Errorf("delete machine of %s: %w", i.id, err))
				}
			})
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}

// later does f after d, with the lock held; at once, if d is none. The caller
// holds the lock.
func (c *Cloud) later(d time.Duration, f func()) {
	if d <= 0 {
		f()
		return
	}
	c.last++
	n := c.last
	c.timers[n] = c.o.After(d, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if _, waiting := c.timers[n]; !waiting {
			return
		}
		delete(c.timers, n)
		f()
	})
}

// background runs f until Close. The caller holds the lock.
func (c *Cloud) background(f func(ctx context.Context)) {
	if c.closed {
		return
	}
	c.work.Go(func() { f(c.ctx) })
}

// rest waits, and says whether ctx and the cloud let it.
func (c *Cloud) rest(ctx context.Context, d time.Duration) bool {
	over := make(chan struct{})
	stop := c.o.After(d, func() { close(over) })
	defer stop()
	select {
	case <-over:
		return true
	case <-ctx.Done():
	case <-c.ctx.Done():
	}
	return false
}
