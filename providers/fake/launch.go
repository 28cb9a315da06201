package fake

import (
	"context"
	"fmt"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

// Launch makes one machine a node, once for each token and node.
func (d *Driver) Launch(ctx context.Context, req providers.LaunchRequest) ([]providers.LaunchResult, error) {
	var out []providers.LaunchResult
	c := Call{Op: OpLaunch, Cluster: req.ID, Token: req.Token}
	for _, n := range req.Nodes {
		c.Nodes = append(c.Nodes, n.Name)
	}
	err := d.w.call(ctx, c, func(s *state, faults []*fault) error {
		if err := s.admit(req, c.Nodes); err != nil {
			return err
		}
		for place, n := range req.Nodes {
			r := providers.LaunchResult{Node: n.Name}
			f := find(faults, place+1, n.Name)
			if f == nil || f.Lands {
				r.Instance, r.Err = d.w.create(s, req, n)
			}
			if f != nil && f.err(OpLaunch) != nil {
				r.Instance, r.Err = "", f.err(OpLaunch)
			}
			out = append(out, r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// admit refuses a request that no cloud would take.
func (s *state) admit(req providers.LaunchRequest, nodes []cluster.NodeName) error {
	if sh := s.Shared[req.ID]; sh == nil || !sh.Network {
		return failf(providers.NotFound, "the network ecluster-%s does not exist", req.ID)
	}
	if req.Token == "" || len(req.Token) > 40 {
		return failf(providers.Invalid, "%q is no token", req.Token)
	}
	before, used := s.Requests[req.Token]
	if used && !slices.Equal(before, nodes) {
		return failf(providers.Conflict, "token %s was used for another request", req.Token)
	}
	s.Requests[req.Token] = nodes
	return nil
}

func (w *World) create(s *state, req providers.LaunchRequest, n providers.NodeRequest) (cluster.InstanceID, error) {
	if m := s.requested(req.ID, req.Token, n.Name); m != nil {
		return m.ID, nil
	}
	if !w.hasImage(n.Image) {
		return "", failf(providers.NotFound, "image %q does not exist", n.Image)
	}
	if w.free(s) <= 0 {
		return "", failf(providers.Quota, "the quota of %d machines is used up", w.o.Quota)
	}
	s.Serial++
	now := w.o.Now()
	m := &machine{
		ID:      cluster.InstanceID(fmt.Sprintf("fake-%04d", s.Serial)),
		Cluster: req.ID, Node: n.Name, Group: n.Group, Token: req.Token, Created: now, Booted: now,
		Fate:    w.fate(n.Name),
		Address: fmt.Sprintf("10.0.%d.%d", s.Serial/250, s.Serial%250+2),
		Shape:   shape(n.Group),
	}
	m.Endpoint = cluster.Endpoint{Host: m.Address, Port: 22}
	if w.o.Machines != nil && m.Fate.State == "" {
		endpoint, err := w.o.Machines.Boot(Machine{ID: m.ID, Node: n.Name, Group: n.Group, Access: req.Access})
		m.Endpoint = endpoint
		if err != nil {
			m.Fate = Fate{State: cluster.InstanceError, Reason: err.Error()}
		}
	}
	s.Machines = append(s.Machines, m)
	return m.ID, nil
}

// shape is what a group asks for, or one CPU with 1 GB.
func shape(g cluster.Group) cluster.Shape {
	v := schema.Values(g.Settings)
	sh := cluster.Shape{CPUs: max(v.Int("cpus"), 1), Memory: v.Bytes("memory")}
	if sh.Memory == 0 {
		sh.Memory = cluster.GiB
	}
	if g.GPU != nil {
		sh.GPUs = g.GPU.Count
	}
	return sh
}
