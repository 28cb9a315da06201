package azure

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Launch implements providers.Driver with one request a node. The name of a
// machine is that of its node, so a second one can't come to be; whether the
// one that is there is meant, its tags tell.
func (d *Driver) Launch(ctx context.Context, req providers.LaunchRequest) ([]providers.LaunchResult, error) {
	if err := requireID("launch", req.ID); err != nil {
		return nil, err
	}
	if len(req.Nodes) == 0 {
		return nil, nil
	}
	b, err := d.blueprint(ctx, req)
	if err != nil {
		return nil, fail(ctx, "launch", "", err)
	}
	results := make([]providers.LaunchResult, len(req.Nodes))
	each(req.Nodes, func(i int, n providers.NodeRequest) {
		results[i] = d.launchNode(ctx, b, n)
	})
	return results, nil
}

// blueprint finds out what the nodes of a request have in common; Cloud sends
// nodes of one group and one image.
func (d *Driver) blueprint(ctx context.Context, req providers.LaunchRequest) (blueprint, error) {
	first := req.Nodes[0]
	b := blueprint{req: req, group: d.config.group(first.Group)}
	b.at = b.group.placeOf(req.Place)
	if err := d.soldOutNow(b.group, b.at); err != nil {
		return b, err
	}
	var err error
	if b.size, err = d.launchSize(ctx, b.at.size); err != nil {
		return b, err
	}
	if b.image, err = d.resolveImage(first.Image, b.size.arch); err != nil {
		return b, err
	}
	if b.plan, err = d.planOf(ctx, first.Image, b.image); err != nil {
		return b, err
	}
	b.data, err = d.customData(req, b.group)
	return b, err
}

func (d *Driver) launchNode(ctx context.Context, b blueprint, n providers.NodeRequest) providers.LaunchResult {
	r := providers.LaunchResult{Node: n.Name}
	b.at = d.config.group(n.Group).placeOf(b.req.Place)
	name := machineName(b.req.ID, n.Name)
	_, err := d.api.vms.BeginCreateOrUpdate(ctx, d.resourceGroup(b.req.ID), name, d.machine(b, n),
		&armcompute.VirtualMachinesClientBeginCreateOrUpdateOptions{IfNoneMatch: new("*")})
	if classify(err) == providers.Conflict {
		err = d.existing(ctx, b, name, err)
	}
	if err == nil {
		err = d.schedule(ctx, b.req, name)
	}
	if err != nil {
		r.Err = d.launchError(ctx, b, n.Name, err)
		return r
	}
	r.Instance = instanceID(name, b.req.Token)
	return r
}

// launchError adds what Azure's words leave out, and remembers a place that is
// sold out.
func (d *Driver) launchError(ctx context.Context, b blueprint, node cluster.NodeName, err error) error {
	e := fail(ctx, "launch", node, err)
	if d.ErrorKind(e) == providers.Capacity {
		d.noteSoldOut(b.at, fmt.Errorf("%s has nothing free: %w", b.at, readable(err)))
	}
	return e
}

// existing decides about a machine that has the name already: nil when this
// very attempt made it. What an earlier attempt left broken is deleted, and the
// name is free soon.
func (d *Driver) existing(ctx context.Context, b blueprint, name string, refused error) error {
	found, err := d.api.vms.Get(ctx, d.resourceGroup(b.req.ID), name, nil)
	if missing(err) {
		return refused // it was about something else, or the machine has just gone
	}
	if err != nil {
		return err
	}
	vm := found.VirtualMachine
	state := provisioning(&vm)
	conflict := func(what string) error {
		return &providers.Error{Op: "launch", Kind: providers.Conflict, Err: fmt.Errorf("the machine %s %s", name, what)}
	}
	switch {
	case tag(vm.Tags, providers.TagCluster) != string(b.req.ID):
		return conflict("exists and is not of this cluster; rename it or delete it")
	case strings.EqualFold(state, "Deleting"):
		return conflict("of an earlier launch is still being deleted")
	case tag(vm.Tags, providers.TagAttempt) == b.req.Token:
		return nil
	case strings.EqualFold(state, "Failed"):
		if err := d.deleteMachine(ctx, b.req.ID, name); err != nil {
			return err
		}
		return conflict("of an earlier launch failed and is being deleted")
	}
	return conflict("exists from an earlier launch; `ecluster list-nodes --update` shows it")
}

// deleteMachine asks for the deletion of a machine with all that is its own.
// The forced way does not wait for its system to shut down.
func (d *Driver) deleteMachine(ctx context.Context, id cluster.ID, name string) error {
	_, err := d.api.vms.BeginDelete(ctx, d.resourceGroup(id), name,
		&armcompute.VirtualMachinesClientBeginDeleteOptions{ForceDeletion: new(true)})
	if missing(err) {
		return nil
	}
	if err == nil {
		d.noteDeleting(id, name)
	}
	return err
}

// noteDeleting remembers that a machine goes because we asked: all others that
// go were taken.
func (d *Driver) noteDeleting(id cluster.ID, name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deleting[string(id)+"/"+name] = d.now()
}

func (d *Driver) weDelete(id cluster.ID, name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, asked := d.deleting[string(id)+"/"+name]
	return asked && d.now().Sub(at) < 15*time.Minute
}
