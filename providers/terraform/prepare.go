package terraform

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/ecluster/ecluster/providers"
)

const task = "terraform"

// Prepare implements providers.Driver: it copies the module as it is now, gets
// its providers, and applies it with the nodes that there are.
func (d *Driver) Prepare(ctx context.Context, req providers.PrepareRequest) error {
	if ctx.Err() != nil {
		return canceled("prepare", ctx)
	}
	w, known, err := d.workspace("prepare", req.ID)
	if err != nil {
		return err
	}
	if err := w.make(); err != nil {
		return err
	}
	h, err := w.acquire(ctx)
	if err != nil {
		return err
	}
	defer h.release()
	if _, err := os.Stat(filepath.Join(w.dir, "terraform.tfstate")); err == nil && !known {
		// Whatever that state has would be taken for superfluous.
		return &providers.Error{
			Op: "prepare", Kind: providers.Conflict,
			Err: errors.New(w.dir + " has a state of Terraform and no record of what was asked for; run `terraform destroy` there and remove the folder"),
		}
	}
	in, err := w.intent()
	if err != nil {
		return err
	}
	in.Name, in.SSHFrom = req.Name, req.Network.SSHFrom
	if err := in.save(w.private("intent.json")); err != nil {
		return err
	}
	req.Progress(task, "getting the providers of module "+d.module)
	if err := w.setUp(ctx); err != nil {
		return err
	}
	_, err = w.converge(ctx, h, in, nil, func(text string) { req.Progress(task, text) })
	return err
}
