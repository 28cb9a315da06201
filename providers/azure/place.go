package azure

import (
	"fmt"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var _ providers.Placer = (*Driver)(nil)

// place is where a machine may be had: a machine type in a zone, "" for any.
type place struct{ size, zone string }

// soldOut remembers a refusal.
type soldOut struct {
	until time.Time
	why   error
}

// soldOutFor is for how long a place that had nothing free is passed over when
// there are others: batches that leave meanwhile need not ask again.
const soldOutFor = 2 * time.Minute

// Places implements providers.Placer: the zones of the group for its machine
// type, then for each of the alternatives.
func (d *Driver) Places(g cluster.Group) int { return len(d.config.group(g).places()) }

func (g groupConfig) places() []place {
	var out []place
	for _, s := range g.types {
		for _, z := range g.zones {
			out = append(out, place{s, z})
		}
	}
	return out
}

// placeOf is the place that a request asks for.
func (g groupConfig) placeOf(n int) place {
	all := g.places()
	return all[min(max(n, 0), len(all)-1)]
}

func (p place) String() string {
	if p.zone == "" {
		return p.size
	}
	return fmt.Sprintf("%s in zone %s", p.size, p.zone)
}

// noteSoldOut remembers that a place had nothing free.
func (d *Driver) noteSoldOut(p place, why error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sold[p] = soldOut{until: d.now().Add(soldOutFor), why: why}
}

// soldOutNow is why there is no use in asking for a place now; nil when there
// may be, or when there is no other.
func (d *Driver) soldOutNow(g groupConfig, p place) error {
	if len(g.places()) == 1 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if s, noted := d.sold[p]; noted && d.now().Before(s.until) {
		return &providers.Error{Op: "launch", Kind: providers.Capacity, Err: s.why}
	}
	return nil
}
