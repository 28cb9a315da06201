package fake

import (
	"context"

	"github.com/ecluster/ecluster/providers"
)

// priced is a Driver whose cloud has a price list. The others are no
// providers.Pricer at all.
type priced struct{ *Driver }

// Price implements providers.Pricer.
func (d priced) Price(ctx context.Context, nodes []providers.NodeRequest) ([]providers.Price, error) {
	var out []providers.Price
	err := d.w.call(ctx, Call{Op: OpPrice}, func(*state, []*fault) error {
		for _, n := range nodes {
			if price := d.w.o.Prices[n.Group.MachineType]; price > 0 {
				out = append(out, providers.Price{Node: n.Name, PerHour: price, Currency: "USD"})
			}
		}
		return nil
	})
	return out, err
}

// open returns the driver as the engine gets it.
func (w *World) open() providers.Driver {
	if w.o.Prices == nil {
		return w.Driver()
	}
	return priced{w.Driver()}
}
