package fake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Driver is a connection to a World. It implements providers.Driver and some
// of the optional capabilities.
type Driver struct{ w *World }

var (
	_ providers.Driver        = (*Driver)(nil)
	_ providers.Pauser        = (*Driver)(nil)
	_ providers.ConsoleReader = (*Driver)(nil)
	_ providers.OrphanLister  = (*Driver)(nil)
)

// Check reports images that do not exist and a quota that is too small.
func (d *Driver) Check(ctx context.Context, req providers.CheckRequest) ([]providers.Finding, error) {
	var out []providers.Finding
	err := d.w.call(ctx, Call{Op: OpCheck, Cluster: req.ID}, func(s *state, _ []*fault) error {
		seen := map[cluster.GroupName]bool{}
		for _, n := range req.Nodes {
			if !d.w.hasImage(n.Image) && !seen[n.Group.Name] {
				seen[n.Group.Name] = true
				out = append(out, providers.Finding{
					Fatal: true, Group: n.Group.Name, Attr: "image",
					Summary: fmt.Sprintf("the fake cloud has no image %q", n.Image), Detail: "Choose one that exists.",
				})
			}
		}
		if free := d.w.free(s); len(req.Nodes) > free {
			out = append(out, providers.Finding{
				Fatal:   true,
				Summary: fmt.Sprintf("%d machines are wanted and the quota leaves %d", len(req.Nodes), free), Detail: "Lower `count`.",
			})
		}
		return nil
	})
	return out, err
}

// Prepare makes the network and the volumes of a cluster.
func (d *Driver) Prepare(ctx context.Context, req providers.PrepareRequest) error {
	return d.w.call(ctx, Call{Op: OpPrepare, Cluster: req.ID}, func(s *state, _ []*fault) error {
		sh := s.Shared[req.ID]
		if sh == nil {
			sh = &shared{Name: req.Name}
			s.Shared[req.ID] = sh
		}
		sh.Network = true
		for _, v := range req.Volumes {
			if !slices.Contains(sh.Volumes, v) {
				sh.Volumes = append(sh.Volumes, v)
			}
		}
		req.Progress("network", "made")
		return nil
	})
}

// List returns the machines of a cluster as the cloud's lag shows them.
func (d *Driver) List(ctx context.Context, id cluster.ID) ([]cluster.Instance, error) {
	var out []cluster.Instance
	err := d.w.call(ctx, Call{Op: OpList, Cluster: id}, func(s *state, _ []*fault) error {
		now := d.w.o.Now()
		for _, m := range s.Machines {
			hidden := now.Sub(m.Created) < d.w.o.CreateLag
			forgotten := !m.Deleted.IsZero() && now.Sub(m.Deleted) >= d.w.o.DeleteLag
			if m.Cluster == id && !hidden && !forgotten {
				out = append(out, m.instance(now, d.w.o.BootDelay))
			}
		}
		return nil
	})
	return out, err
}

// Terminate deletes machines.
func (d *Driver) Terminate(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return d.each(ctx, OpTerminate, id, ids, func(m *machine) error {
		m.Deleted = d.w.o.Now()
		d.w.halt(m.ID)
		return nil
	})
}

// each does one thing to some machines, as far as the faults let it; machines
// that do not exist are passed over.
func (d *Driver) each(ctx context.Context, op Op, id cluster.ID, ids []cluster.InstanceID, act func(*machine) error) (map[cluster.InstanceID]error, error) {
	errs := map[cluster.InstanceID]error{}
	c := Call{Op: op, Cluster: id, Instances: slices.Clone(ids), Nodes: d.w.nodes(id, ids)}
	err := d.w.call(ctx, c, func(s *state, faults []*fault) error {
		for place, i := range ids {
			m := s.machine(id, i)
			if m == nil || !m.Deleted.IsZero() {
				continue
			}
			f := find(faults, place+1, m.Node)
			if f == nil || f.Lands {
				if err := act(m); err != nil {
					errs[i] = err
				}
			}
			if f != nil && f.err(op) != nil {
				errs[i] = f.err(op)
			}
		}
		return nil
	})
	return errs, err
}

// Cleanup deletes what Prepare made.
func (d *Driver) Cleanup(ctx context.Context, id cluster.ID, keep providers.Keep) error {
	return d.w.call(ctx, Call{Op: OpCleanup, Cluster: id}, func(s *state, _ []*fault) error {
		now := d.w.o.Now()
		for _, m := range s.Machines {
			if m.Cluster == id && (m.Deleted.IsZero() || now.Sub(m.Deleted) < d.w.o.DeleteLag) {
				return failf(providers.Conflict, "the network ecluster-%s is in use by %s", id, m.ID)
			}
		}
		sh := s.Shared[id]
		if sh == nil {
			return nil
		}
		sh.Network = false
		sh.Volumes = slices.DeleteFunc(sh.Volumes, func(v string) bool { return !slices.Contains(keep.Volumes, v) })
		if len(sh.Volumes) == 0 {
			delete(s.Shared, id)
		}
		return nil
	})
}

// ErrorKind classifies an Error.
func (d *Driver) ErrorKind(err error) providers.Kind {
	var f *Error
	switch {
	case errors.As(err, &f):
		return f.Kind
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return providers.Canceled
	}
	return providers.Unknown
}

func find(faults []*fault, place int, node cluster.NodeName) *fault {
	for _, f := range faults {
		if !f.whole() && f.hits(place, node) {
			return f
		}
	}
	return nil
}

// nodes names the nodes of machines, for the log.
func (w *World) nodes(id cluster.ID, ids []cluster.InstanceID) []cluster.NodeName {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []cluster.NodeName
	for _, i := range ids {
		if m := w.state.machine(id, i); m != nil {
			out = append(out, m.Node)
		}
	}
	return out
}

func (w *World) hasImage(name string) bool {
	return w.o.Images == nil || slices.Contains(w.o.Images, name)
}

// free is how many machines the quota leaves.
func (w *World) free(s *state) int {
	if w.o.Quota == 0 {
		return 1 << 30
	}
	n := w.o.Quota
	for _, m := range s.Machines {
		if m.Deleted.IsZero() {
			n--
		}
	}
	return n
}
