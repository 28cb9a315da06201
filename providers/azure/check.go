package azure

import (
	"context"

	"github.com/ecluster/ecluster/providers"
)

// Check implements providers.Driver.
func (d *Driver) Check(ctx context.Context, req providers.CheckRequest) ([]providers.Finding, error) {
	return nil, ctx.Err()
}
