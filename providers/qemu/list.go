package qemu

import (
	"context"

	"github.com/ecluster/ecluster/internal/cluster"
)

// List implements providers.Driver.
func (d *Driver) List(ctx context.Context, id cluster.ID) ([]cluster.Instance, error) {
	all, err := d.existing(ctx, "list", id)
	if err != nil {
		return nil, err
	}
	net := d.place(id).network()
	list := make([]cluster.Instance, 0, len(all))
	for _, m := range all {
		state, reason, err := m.state(net)
		if err != nil {
			return nil, fail(ctx, "list", m.Node, err)
		}
		list = append(list, cluster.Instance{
			ID: m.instance(), Node: m.Node, Group: m.Group, Attempt: m.Attempt, State: state, Reason: reason,
			Endpoints: []cluster.Endpoint{{Host: "127.0.0.1", Port: m.Port}},
			PrivateIP: m.Address.String(),
			Shape:     size{cpus: m.CPUs}.shape(),
			Created:   m.Created,
		})
	}
	return list, nil
}

// existing returns the machines of a cluster, in any state.
func (d *Driver) existing(ctx context.Context, op string, id cluster.ID) ([]machine, error) {
	if err := requireID(op, id); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, fail(ctx, op, "", ctx.Err())
	}
	all, err := d.place(id).machines()
	return all, fail(ctx, op, "", err)
}

// state tells how the machine is, from what its folder shows.
func (m machine) state(n network) (cluster.InstanceState, string, error) {
	alive, err := m.alive()
	switch {
	case err != nil:
		return "", "", err
	case alive && !m.started():
		return cluster.InstancePending, "", nil
	case alive && !n.joins(m):
		return cluster.InstanceStopped, "cut off: the process that was the network of its cluster ended", nil
	case alive:
		return cluster.InstanceRunning, "", nil
	case m.ran():
		return cluster.InstanceStopped, "switched off", nil
	}
	return cluster.InstanceError, "its launch was interrupted", nil
}
