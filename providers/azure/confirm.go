package azure

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var _ providers.Confirmer = (*Driver)(nil)

// Azure says within a minute whether it found hosts; a node that takes longer
// counts as granted.
const (
	confirmFor   = 3 * time.Minute
	confirmEvery = time.Second
)

// Confirm implements providers.Confirmer. A machine is granted once it has a
// power state: then it has a host. One that failed is deleted, so that its
// name is free for the next attempt, and reported when it has gone.
func (d *Driver) Confirm(ctx context.Context, req providers.LaunchRequest) ([]providers.LaunchResult, error) {
	c := &confirmation{d: d, req: req, open: map[cluster.NodeName]bool{}, refused: map[cluster.NodeName]error{}}
	for _, n := range req.Nodes {
		c.open[n.Name] = true
	}
	for began := d.now(); len(c.open) > 0 && d.now().Sub(began) < confirmFor; {
		last, err := d.shared.machines(ctx, d, req.ID)
		if err == nil {
			err = c.look(ctx, last.list, last.began.Sub(began))
		}
		if err == nil && len(c.open) > 0 {
			err = d.sleep(ctx, confirmEvery)
		}
		switch {
		case err == nil:
		case len(c.refused) > 0: // even when time is over: we delete them, so nobody must wait for them
			return c.results(), nil // a second call would not find them any more
		default:
			return nil, fail(ctx, "confirm the launch", "", err)
		}
	}
	return c.results(), nil
}

// confirmation is one call of Confirm.
type confirmation struct {
	d       *Driver
	req     providers.LaunchRequest
	open    map[cluster.NodeName]bool  // neither granted nor refused and gone
	refused map[cluster.NodeName]error // on their way out while they are open
}

func (c *confirmation) look(ctx context.Context, list []machine, waited time.Duration) error {
	byNode := make(map[cluster.NodeName]machine, len(list))
	for _, m := range list {
		if tag(m.vm.Tags, providers.TagAttempt) == c.req.Token {
			byNode[cluster.NodeName(tag(m.vm.Tags, providers.TagNode))] = m
		}
	}
	for _, n := range c.req.Nodes {
		if !c.open[n.Name] {
			continue
		}
		m, listed := byNode[n.Name]
		_, refused := c.refused[n.Name]
		switch {
		case !listed && (refused || waited > consistencyDelay):
			delete(c.open, n.Name) // what vanishes, whoever waits for it will see
		case !listed || refused:
		case power(m.statuses) != "", m.blind && strings.EqualFold(provisioning(m.vm), "Succeeded"):
			delete(c.open, n.Name)
		case strings.EqualFold(provisioning(m.vm), "Failed"):
			if err := c.refuse(ctx, n, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuse notes why there will be no machine and deletes what there is of it.
func (c *confirmation) refuse(ctx context.Context, n providers.NodeRequest, m machine) error {
	why := m.failed()
	kind := classify(why)
	if kind == providers.Unknown {
		kind = providers.Transient // Azure gave no code; a second try is all that can be done
		if why.Code != "" {
			kind = providers.Invalid
		}
	}
	c.refused[n.Name] = &providers.Error{Op: "launch", Node: n.Name, Kind: kind, Err: why}
	if kind == providers.Capacity {
		at := c.d.config.group(n.Group).placeOf(c.req.Place)
		c.d.noteSoldOut(at, fmt.Errorf("%s has nothing free: %w", at, why))
	}
	return c.d.deleteMachine(ctx, c.req.ID, val(m.vm.Name))
}

func (c *confirmation) results() []providers.LaunchResult {
	var out []providers.LaunchResult
	for _, n := range c.req.Nodes {
		if err, refused := c.refused[n.Name]; refused {
			out = append(out, providers.LaunchResult{Node: n.Name, Err: err})
		}
	}
	return out
}

// shared lets all who wait for machines of one cluster use the same listing.
type shared struct {
	mu    sync.Mutex
	boxes map[cluster.ID]chan *snapshot
}

// snapshot is the latest listing of a cluster.
type snapshot struct {
	began, ended time.Time
	list         []machine
}

// machines returns a listing that ended no longer than confirmEvery ago. One
// caller lists, the others wait for it and take it, however long it took.
func (s *shared) machines(ctx context.Context, d *Driver, id cluster.ID) (*snapshot, error) {
	box := s.box(id)
	select {
	case last := <-box:
		if d.now().Sub(last.ended) < confirmEvery {
			box <- last
			return last, nil
		}
		next := &snapshot{began: d.now()}
		list, err := d.machines(ctx, id)
		if err != nil {
			box <- last
			return nil, err
		}
		next.list, next.ended = list, d.now()
		box <- next
		return next, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// box holds one snapshot: who took it out lists.
func (s *shared) box(id cluster.ID) chan *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.boxes == nil {
		s.boxes = map[cluster.ID]chan *snapshot{}
	}
	if s.boxes[id] == nil {
		s.boxes[id] = make(chan *snapshot, 1)
		s.boxes[id] <- &snapshot{}
	}
	return s.boxes[id]
}
