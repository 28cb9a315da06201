package terraform

import (
	"context"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// guarded is a driver whose module wants to know who may log in. Others let in
// whom they let in, and nobody need find out where the user is.
type guarded struct{ *Driver }

var _ providers.Firewall = guarded{}

// guards reports whether the module is there and asks for ssh_from.
func (d *Driver) guards() bool {
	source, err := d.source()
	if err != nil {
		return false
	}
	c, err := readContract(source)
	return err == nil && c.has("ssh_from")
}

// Admit implements providers.Firewall.
func (d guarded) Admit(ctx context.Context, id cluster.ID, n cluster.Network) error {
	if ctx.Err() != nil {
		return canceled("admit", ctx)
	}
	w, known, err := d.workspace("admit", id)
	if err != nil || !known {
		return err
	}
	h, err := w.acquire(ctx)
	if err != nil {
		return err
	}
	defer h.release()
	in, err := w.intent()
	if err != nil {
		return err
	}
	in.SSHFrom = n.SSHFrom
	_, err = w.converge(ctx, h, in, nil, nil)
	return err
}
