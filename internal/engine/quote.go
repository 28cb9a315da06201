package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/plan"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers"
)

// quoteTime is how long a provider may take to tell prices. They are nice to
// know, and not worth more.
const quoteTime = 10 * time.Second

// Quote is what the machines of a plan would cost: an estimate, without disks,
// traffic, taxes and discounts.
type Quote struct {
	Groups []GroupQuote `json:"groups,omitempty"` // what would be launched
	// Running is what an hour of the machines costs that run already.
	Running  float64 `json:"running,omitempty"`
	PerHour  float64 `json:"per_hour"` // of all machines, afterwards
	Currency string  `json:"currency,omitempty"`
	// Hours are those until the machines go by themselves, and Total is their
	// price; 0 where they don't.
	Hours float64 `json:"hours,omitempty"`
	Total float64 `json:"total,omitempty"`
	// Unknown says why there are no prices, or not all of them.
	Unknown string `json:"unknown,omitempty"`

	node map[cluster.NodeName]float64
}

// GroupQuote is what the new machines of one group would cost.
type GroupQuote struct {
	Group   cluster.GroupName `json:"group"`
	Nodes   int               `json:"nodes"`
	PerNode float64           `json:"per_node"` // an hour of one; 0 where it is not known
	PerHour float64           `json:"per_hour"`
}

// Known reports whether there is any price to show.
func (q *Quote) Known() bool { return q.Currency != "" }

// ask asks the provider what the launches of a plan cost. That it can't tell
// is part of the answer: no start fails for it.
func (w *work) ask(ctx context.Context, spec *cluster.Spec, p *plan.Plan) Quote {
	q := askPrices(ctx, w.cloud, w.plugin, nodeRequests(spec, p.Nodes(plan.Launch)))
	q.add(w.session.Snapshot(), spec, time.Now())
	if _, can := providers.Capability[providers.Pricer](w.cloud); can && q.Unknown != "" {
		w.notice(event.Warning, "", "%s", q.Unknown)
	}
	return q
}

// askPrices has the prices of new machines, without those that run.
func askPrices(ctx context.Context, cloud *providers.Cloud, plugin providers.Plugin, nodes []providers.NodeRequest) Quote {
	q := Quote{node: map[cluster.NodeName]float64{}}
	pricer, can := providers.Capability[providers.Pricer](cloud)
	if len(nodes) == 0 {
		return q
	}
	if !can {
		q.Unknown = plugin.NoPrices
		return q
	}
	ctx, cancel := context.WithTimeoutCause(ctx, quoteTime, fmt.Errorf("no answer within %s", quoteTime))
	defer cancel()
	prices, err := pricer.Price(ctx, nodes)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = context.Cause(ctx)
		}
		q.Unknown = fmt.Sprintf("The provider %q did not tell prices: %v.", plugin.Kind, err)
		return q
	}
	for _, price := range prices {
		q.node[price.Node], q.Currency = price.PerHour, price.Currency
	}
	missing := 0
	for _, n := range nodes {
		q.count(n.Group.Name, q.node[n.Name])
		if q.node[n.Name] == 0 {
			missing++
		}
	}
	if missing > 0 {
		q.Unknown = fmt.Sprintf("The provider %q told no price of %d of %d machines.", plugin.Kind, missing, len(nodes))
	}
	return q
}

// count adds a new machine to its group.
func (q *Quote) count(group cluster.GroupName, price float64) {
	q.PerHour += price
	for i := range q.Groups {
		if g := &q.Groups[i]; g.Group == group {
			g.Nodes++
			g.PerHour += price
			return
		}
	}
	q.Groups = append(q.Groups, GroupQuote{Group: group, Nodes: 1, PerNode: price, PerHour: price})
}

// add adds the machines that run and stay, and counts the hours.
func (q *Quote) add(st *state.State, spec *cluster.Spec, now time.Time) {
	for name, n := range st.Nodes {
		if _, again := q.node[name]; !again {
			q.Running += n.Meter.Rate()
		}
	}
	q.PerHour += q.Running
	if q.Currency == "" && q.Running > 0 {
		q.Currency = st.Bill.Currency
	}
	if ends := expiry(st, spec.Limits.TTL, now); !ends.IsZero() {
		q.Hours = ends.Sub(now).Hours()
		q.Total = q.PerHour * q.Hours
	}
}
