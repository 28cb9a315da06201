package state

import (
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Bill is what a cluster cost besides what its nodes' own meters say.
type Bill struct {
	Currency string  `json:"currency,omitempty"` // ISO 4217; empty while no price was told
	Gone     float64 `json:"gone,omitempty"`     // by machines that are no more
}

// Cost is what the machines of a cluster cost: an estimate, without disks,
// traffic, taxes and discounts.
type Cost struct {
	PerHour  float64 `json:"per_hour"` // as things are now; paused machines cost nothing
	SoFar    float64 `json:"so_far"`   // machines that are gone included
	Currency string  `json:"currency"`
	// Unpriced is the number of machines whose price is not known: they are not
	// in the sums.
	Unpriced int `json:"unpriced,omitempty"`
}

// Vitals are the time and money of a cluster, for every view of it.
type Vitals struct {
	AgeSeconds int64     `json:"age_seconds"`
	Expires    time.Time `json:"expires,omitzero"` // when the machines go by themselves
	// TTLLeftSeconds is nil for a cluster that does not expire, and 0 for one
	// whose time is over.
	TTLLeftSeconds *int64 `json:"ttl_left_seconds,omitempty"`
	// Cost is nil where the provider told no price.
	Cost *Cost `json:"cost,omitempty"`
}

// Vitals works them out. What runs costs until the cluster expires: then the
// cloud takes the machines.
func (s *State) Vitals(now time.Time) Vitals {
	v := Vitals{AgeSeconds: seconds(now.Sub(s.Created)), Expires: s.Expires}
	if !s.Expires.IsZero() {
		left := seconds(s.Expires.Sub(now))
		v.TTLLeftSeconds = &left
	}
	if s.Bill.Currency == "" {
		return v
	}
	v.Cost = &Cost{SoFar: s.Bill.Gone, Currency: s.Bill.Currency}
	for _, n := range s.Nodes {
		v.Cost.SoFar += s.NodeCost(n, now)
		switch {
		case n.Meter.Since.IsZero() || s.expired(now):
		case n.Meter.PerHour == 0:
			v.Cost.Unpriced++
		default:
			v.Cost.PerHour += n.Meter.Rate()
		}
	}
	return v
}

// NodeCost is what a node has cost so far.
func (s *State) NodeCost(n *cluster.Node, now time.Time) float64 {
	if s.expired(now) {
		now = s.Expires
	}
	return n.Meter.Cost(now)
}

// Forget drops a node whose machine is no more. What it cost stays in the bill.
func (s *State) Forget(name cluster.NodeName, now time.Time) {
	if n := s.Nodes[name]; n != nil {
		s.Bill.Gone += s.NodeCost(n, now)
		delete(s.Nodes, name)
	}
}

// Extend gives the machines a new time to go, zero for never. Those that an
// earlier time took cost nothing since.
func (s *State) Extend(expires, now time.Time) {
	if s.expired(now) {
		for _, n := range s.Nodes {
			n.Meter.Stop(s.Expires)
		}
	}
	s.Expires = expires
}

func (s *State) expired(now time.Time) bool {
	return !s.Expires.IsZero() && now.After(s.Expires)
}

func seconds(d time.Duration) int64 { return int64(max(0, d) / time.Second) }
