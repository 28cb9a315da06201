package providers

import (
	"context"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// worthWords is how long a wait must be for people to hear of it.
const worthWords = 3 * time.Second

// Settle waits until no machine of the attempts of a dead run can appear any
// more that the returned listing does not show: until each attempt was seen
// whole, or a request that was in flight when the run died, or was answered
// just before, would have shown. Without attempts it is one listing.
func (c *Cloud) Settle(ctx context.Context, id cluster.ID, open []Attempt) ([]cluster.Instance, error) {
	s := c.settler(open)
	for n := 0; ; n++ {
		began := c.o.Now()
		list, err := c.List(ctx, id)
		if err != nil {
			return nil, err
		}
		left := s.left(began, list)
		if left == 0 {
			return list, nil
		}
		if n == 0 && left >= worthWords {
			c.notifyf("settle: waiting up to %s until machines show whose launch was cut off, or over just now", left.Round(time.Second))
		}
		if err := c.pause(ctx, "settle", min(left, grow(c.o.PollMin, c.o.PollMax, n))); err != nil {
			return nil, err
		}
	}
}

// settler decides when the attempts of a dead run are settled.
type settler struct {
	began time.Time
	delay time.Duration
	// last is for how long after its Since an attempt may have been sent.
	last time.Duration
	open []Attempt
}

func (c *Cloud) settler(open []Attempt) *settler {
	r := c.retrier("launch")
	return &settler{began: c.o.Now(), delay: c.o.ConsistencyDelay, last: r.budget(Throttled), open: open}
}

// left returns how long the attempts may still surprise after the listing
// that began at that time; 0 when they are settled.
func (s *settler) left(at time.Time, list []cluster.Instance) time.Duration {
	type key struct {
		token string
		node  cluster.NodeName
	}
	landed := make(map[key]bool, len(list))
	for _, i := range list {
		landed[key{i.Attempt, i.Node}] = true
	}
	var left time.Duration
	var open []Attempt
	for _, a := range s.open {
		// The run died before we began, and did not retry for ever.
		sent := s.began
		if end := a.Since.Add(s.last); !a.Since.IsZero() && end.Before(sent) {
			sent = end
		}
		if !a.Known.IsZero() && a.Known.Before(sent) {
			sent = a.Known
		}
		whole := len(a.Nodes) > 0
		for _, n := range a.Nodes {
			whole = whole && landed[key{a.Token, n}]
		}
		if d := sent.Add(s.delay).Sub(at); d > 0 && !whole {
			left = max(left, d)
			open = append(open, a)
		}
	}
	s.open = open
	return left
}
