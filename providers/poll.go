package providers

import (
	"context"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// listShare bounds the part of the time that listings may take: the pause after
// one is at least this many times as long as it took, up to PollMax. A thousand
// machines cost the cloud and us a good part of a second, and nodes that come to
// wait one after the other would each ask for another listing at once.
const listShare = 4

// snapshot is one listing, or why there is none.
type snapshot struct {
	began time.Time // before the call left
	list  []cluster.Instance
	err   error
}

// poller lists one cluster for everybody who waits for its machines: however
// many wait, there is one listing a tick. Its goroutine lives from the first
// subscriber to the last.
type poller struct {
	c    *Cloud
	id   cluster.ID
	stop context.CancelFunc
	done chan struct{}

	mu    sync.Mutex
	subs  map[chan snapshot]struct{}
	fresh bool               // a subscriber came since the last listing began
	wake  context.CancelFunc // cuts the pause short; nil outside it
}

// subscribe joins the poller of a cluster, and starts it for the first. The
// channel holds the latest listing that began after the call; unsubscribe
// returns when nothing will be sent any more.
func (c *Cloud) subscribe(ctx context.Context, id cluster.ID) (<-chan snapshot, func()) {
	ch := make(chan snapshot, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.pollers[id]
	if p == nil {
		// It outlives the caller who came first if others came later.
		ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
		p = &poller{c: c, id: id, stop: stop, done: make(chan struct{}), subs: map[chan snapshot]struct{}{}}
		c.pollers[id] = p
		go p.run(ctx)
	}
	p.join(ch)
	return ch, func() { c.unsubscribe(p, ch) }
}

func (c *Cloud) unsubscribe(p *poller, ch chan snapshot) {
	c.mu.Lock()
	p.mu.Lock()
	delete(p.subs, ch)
	last := len(p.subs) == 0
	if last {
		delete(c.pollers, p.id)
	}
	p.mu.Unlock()
	c.mu.Unlock()
	if last {
		p.stop()
		<-p.done
	}
}

func (p *poller) join(ch chan snapshot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.subs[ch] = struct{}{}
	p.fresh = true
	if p.wake != nil {
		p.wake()
	}
}

func (p *poller) run(ctx context.Context) {
	defer close(p.done)
	for n := 0; ctx.Err() == nil; n++ {
		subs, fresh := p.begin()
		if fresh {
			n = 0
		}
		s := snapshot{began: p.c.o.Now()}
		s.list, s.err = p.c.List(ctx, p.id)
		took := p.c.o.Now().Sub(s.began)
		p.deliver(subs, s)
		least := max(p.c.o.PollMin, took+min(listShare*took, p.c.o.PollMax))
		p.rest(ctx, s.began.Add(least), grow(p.c.o.PollMin, p.c.o.PollMax, n))
	}
}

// begin returns who is to get the listing that starts now, and whether
// somebody is among them for the first time.
func (p *poller) begin() (subs []chan snapshot, fresh bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ch := range p.subs {
		subs = append(subs, ch)
	}
	fresh, p.fresh = p.fresh, false
	return subs, fresh
}

// deliver replaces what a slow subscriber has not taken yet.
func (p *poller) deliver(subs []chan snapshot, s snapshot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ch := range subs {
		if _, here := p.subs[ch]; !here {
			continue
		}
		select {
		case <-ch:
		default:
		}
		ch <- s
	}
}

// rest sleeps for d, or, when a newcomer wants a listing, less; in any case until
// earliest.
func (p *poller) rest(ctx context.Context, earliest time.Time, d time.Duration) {
	p.mu.Lock()
	fresh := p.fresh
	nap, wake := context.WithCancel(ctx)
	p.wake = wake
	p.mu.Unlock()
	if !fresh {
		_ = p.c.o.Sleep(nap, d) // either way it is time for the next listing
	}
	wake()
	p.mu.Lock()
	p.wake = nil
	p.mu.Unlock()
	if early := earliest.Sub(p.c.o.Now()); early > 0 {
		_ = p.c.o.Sleep(ctx, early) // run looks at ctx
	}
}
