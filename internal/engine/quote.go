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
	// Limit is the price an hour above which the user is asked; 0 is never.
	Limit float64 `json:"limit,omitempty"`
	// Unknown says why there are no prices, or not all of them.
	Unknown string `json:"unknown,omitempty"`

	node   map[cluster.NodeName]float64
	failed bool // prices were asked for, and there was no answer
}

// GroupQuote is what the new machines of one group would cost.
type GroupQuote struct {
	Group   cluster.GroupName `json:"group"`
	Nodes   int               `json:"nodes"`
	PerNode float64           `json:"per_node"` // an hour of one; 0 where it is not known
	PerHour float64           `json:"per_hour"`
}

// Sentence says it in one line.
func (q *Quote) Sentence() string {
	text := fmt.Sprintf("Machines: about %s an hour", cluster.Money(q.PerHour, q.Currency))
	if q.Total > 0 {
		text += fmt.Sprintf(", %s until they go in %s", cluster.Money(q.Total, q.Currency), cluster.Span(time.Duration(q.Hours*float64(time.Hour))))
	}
	return text + " (estimated; without disks and taxes)."
}

// Known reports whether there is any price to show.
func (q *Quote) Known() bool { return q.Currency != "" }

// price asks the provider what the launches of a plan cost, tells it, and asks
// the user where that is much. No start fails because prices can't be had.
func (w *work) price(ctx context.Context, spec *cluster.Spec, p *plan.Plan, approve func(Quote) error) error {
	w.quote = askPrices(ctx, w.cloud, w.plugin, nodeRequests(spec, p.Nodes(plan.Launch)))
	w.quote.add(w.session.Snapshot(), spec, time.Now())
	w.quote.Limit = lower(spec.Limits.AskAbovePrice, w.opts.AskAbovePrice)
	if w.quote.failed || w.quote.Limit > 0 && w.quote.Unknown != "" {
		w.notice(event.Warning, "", "%s", w.quote.Unknown)
	}
	if len(w.quote.Groups) == 0 || !w.quote.Known() {
		return nil
	}
	if w.quote.Limit > 0 && w.quote.PerHour > w.quote.Limit && approve != nil {
		if err := approve(w.quote); err != nil {
			return err
		}
	}
	w.notice(event.Info, "", "%s", w.quote.Sentence())
	return nil
}

// lower is the lower of two limits; 0 is none.
func lower(a, b float64) float64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
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
		q.Unknown, q.failed = fmt.Sprintf("The provider %q did not tell prices: %v.", plugin.Kind, err), true
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
		q.Hours = ends.Sub(now).Round(time.Minute).Hours()
		q.Total = q.PerHour * q.Hours
	}
}
