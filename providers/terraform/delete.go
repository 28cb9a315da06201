package terraform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Terminate implements providers.Driver with one run of Terraform. It returns
// when the machines are gone.
func (d *Driver) Terminate(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	if ctx.Err() != nil {
		return nil, canceled("terminate", ctx)
	}
	w, known, err := d.workspace("terminate", id)
	if err != nil || !known || len(ids) == 0 {
		return nil, err
	}
	h, err := w.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer h.release()
	in, err := w.intent()
	if err != nil {
		return nil, err
	}
	now, err := w.read(ctx)
	if err != nil {
		return nil, err
	}
	going := map[string]cluster.InstanceID{}
	touched := map[string]bool{}
	for _, i := range now.instances(in) {
		if !slices.Contains(ids, i.ID) {
			continue
		}
		name := string(i.Node)
		going[name], touched[name] = i.ID, true
		if n := in.Nodes[name]; n != nil {
			n.Leaving = true
		}
	}
	if len(going) == 0 {
		return nil, nil
	}
	_, err = w.converge(ctx, h, in, touched, nil)
	failure, is := errors.AsType[*runError](err)
	if !is || failure.op != "apply" {
		return nil, err
	}
	return w.refused(ctx, going, failure)
}

// refused tells what a run that failed left of the machines that were to go.
func (w *workspace) refused(ctx context.Context, going map[string]cluster.InstanceID, failure *runError) (map[cluster.InstanceID]error, error) {
	now, err := w.read(ctx)
	if err != nil {
		return nil, err
	}
	refused := map[cluster.InstanceID]error{}
	for name, id := range going {
		if !now.keyed[name] {
			continue
		}
		var reason error = failure
		if own := failure.only(func(d tfjson.Diagnostic) bool { return about(d.Address, name) }); own != nil {
			reason = own
		}
		refused[id] = reason
	}
	if len(refused) == 0 {
		return nil, failure // it failed at something else
	}
	return refused, nil
}

// Cleanup implements providers.Driver: it destroys everything that the module
// made, and then removes Terraform's state, once that is empty.
func (d *Driver) Cleanup(ctx context.Context, id cluster.ID, _ providers.Keep) error {
	if ctx.Err() != nil {
		return canceled("destroy", ctx)
	}
	w, known, err := d.workspace("clean up", id)
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
	if !w.begun() { // Prepare failed before Terraform had a state
		return w.remove()
	}
	now, err := w.read(ctx)
	if err != nil {
		return err
	}
	if left := now.instances(in); len(left) > 0 {
		names := make([]string, len(left))
		for i, m := range left {
			names[i] = string(m.Node)
		}
		slices.Sort(names)
		return &providers.Error{
			Op: "clean up", Kind: providers.Conflict,
			Err: fmt.Errorf("nodes still exist: %s", strings.Join(names, ", ")),
		}
	}
	if len(now.managed) > 0 {
		if now, err = w.destroy(ctx, h, in); err != nil {
			return err
		}
	}
	if len(now.managed) > 0 {
		return &providers.Error{
			Op: "clean up", Kind: providers.Conflict,
			Err: fmt.Errorf("terraform destroy has left %s", strings.Join(now.managed, ", ")),
		}
	}
	return w.remove()
}

func (w *workspace) destroy(ctx context.Context, h *hold, in *intent) (*snapshot, error) {
	m, err := w.plan(ctx, in, destroy)
	if err != nil {
		return nil, err
	}
	if err := w.apply(ctx, h, m); err != nil {
		return nil, err
	}
	return w.read(ctx)
}
