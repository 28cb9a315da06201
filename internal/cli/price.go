package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/ui"
)

// approve returns who is asked when a start or a resize is dear.
func (c *command) approve(ctx context.Context, verb string, name cluster.Name, yes bool) func(engine.Quote) error {
	return func(q engine.Quote) error {
		if yes {
			return nil
		}
		much := fmt.Sprintf("would cost about %s an hour", cluster.Money(q.PerHour, q.Currency))
		if q.Total > 0 {
			much += fmt.Sprintf(", %s in all", cluster.Money(q.Total, q.Currency))
		}
		much += fmt.Sprintf("; you want to be asked above %s (ask_above_price)", cluster.Money(q.Limit, q.Currency))
		err := c.confirm(ctx, fmt.Sprintf("Cluster %q %s. Go on?", name, much))
		if errors.Is(err, ui.ErrNotConfirmed) {
			return fmt.Errorf("%s: cluster %q %s: %w", verb, name, much, err)
		}
		return err
	}
}

// pricePage shows what the new machines of a plan cost.
func pricePage(p ui.Page, q *engine.Quote) error {
	if q.Known() {
		t := ui.Table{
			Header: []string{"GROUP", "NEW NODES", "AN HOUR EACH", "AN HOUR"},
			Right:  []string{"NEW NODES", "AN HOUR EACH", "AN HOUR"},
		}
		for _, g := range q.Groups {
			t.Add(string(g.Group), strconv.Itoa(g.Nodes), price(g.PerNode, q.Currency), price(g.PerHour, q.Currency))
		}
		if q.Running > 0 {
			t.Add("what runs already", "", "", price(q.Running, q.Currency))
		}
		t.Add("together", "", "", price(q.PerHour, q.Currency))
		if err := p.Linef(""); err != nil {
			return err
		}
		if err := p.Table(t); err != nil {
			return err
		}
		if err := p.Prosef("%s", q.Sentence()); err != nil {
			return err
		}
	}
	if q.Unknown == "" {
		return nil
	}
	return p.Prosef("%s", q.Unknown)
}

// price is an amount, or a dash where it is not known.
func price(amount float64, currency string) string {
	if amount == 0 {
		return "-"
	}
	return cluster.Money(amount, currency)
}
