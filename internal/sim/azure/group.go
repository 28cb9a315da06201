package azure

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// listResources answers what ARM itself knows of all resources.
func listResources(c *Cloud, q *request) *reply {
	filter, f := readFilter(q)
	if f != nil {
		return failed(f)
	}
	var group string
	if q.group != "" {
		group = c.groupKey(q)
		if c.resources[group] == nil {
			return failed(refuse(http.StatusNotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found.", q.group))
		}
	}
	var keys []string
	for typ, k := range c.kinds {
		if k.parent != "" || k.typ == groupType {
			continue
		}
		if group != "" {
			typ += "|" + group
		}
		keys = append(keys, c.index[typ]...)
	}
	slices.Sort(keys)
	return c.page(q, keys, filter, brief)
}

// brief is the part of a resource that ARM itself keeps.
func brief(r *resource) tree {
	out := tree{"id": r.id, "name": r.name, "type": r.kind.typ}
	for _, name := range []string{"location", "tags", "zones", "sku", "kind", "identity", "plan"} {
		if v, has := r.doc[name]; has {
			out[name] = cloneValue(v)
		}
	}
	return out
}

// removeGroup deletes a group with all that is in it, but for what things in
// other groups use.
func removeGroup(c *Cloud, q *request, g *resource) *running {
	if q.fault != nil && (q.fault.Later || q.fault.Never) {
		op := c.begin(q, c.options.OperationTime, func(f *failure) *failure {
			g.state = succeeded
			return f
		})
		op.plain = true
		return op
	}
	members := c.members(g)
	for _, r := range members {
		r.state = deleting
	}
	op := c.open(q, c.options.OperationTime)
	op.plain = true
	var machines []*machine
	for _, r := range members {
		if r.vm != nil {
			r.vm.generation++
			machines = append(machines, r.vm)
			r.vm.preempt(c)
		}
	}
	c.both(c.options.OperationTime, func(ctx context.Context) error {
		return c.deleteMachines(ctx, machines)
	}, func(error) {
		f := c.empty(g)
		if f != nil {
			g.state = succeeded
			for _, r := range c.members(g) {
				r.state = succeeded
			}
		} else {
			c.drop(g)
		}
		c.finish(op, f)
	})
	return op
}

func (c *Cloud) members(g *resource) []*resource {
	var out []*resource
	for _, r := range c.resources {
		if r.group == g.key {
			out = append(out, r)
		}
	}
	return out
}

// empty removes the members of a group from the outside in, and says what
// could not be removed.
func (c *Cloud) empty(g *resource) *failure {
	order := []string{machineType, scheduleType, interfaceType, natType, addressType}
	members := c.members(g)
	rank := func(r *resource) int {
		if i := slices.Index(order, r.kind.typ); i >= 0 {
			return i
		}
		if r.kind.parts != nil || r.kind.parent != "" {
			return len(order) + 1
		}
		return len(order)
	}
	slices.SortFunc(members, func(a, b *resource) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a.key, b.key)
	})
	var blocked []failure
	for pass := range 2 { // the second for what the first has freed
		blocked = nil
		for _, r := range members {
			if c.resources[r.key] != r {
				continue
			}
			if r.kind.busy != nil {
				if f := r.kind.busy(c, r); f != nil {
					blocked = append(blocked, *f)
					continue
				}
			}
			c.drop(r)
		}
		if pass == 0 && blocked == nil {
			break
		}
	}
	if blocked == nil {
		return nil
	}
	var left []string
	for _, r := range c.members(g) {
		if r.kind.parent == "" {
			left = append(left, strings.SplitN(r.id, "/providers/", 2)[1])
		}
	}
	slices.Sort(left)
	return refuse(http.StatusConflict, "ResourceGroupDeletionBlocked",
		"Deletion of resource group '%s' failed as resources with identifiers '%s' could not be deleted. The provisioning state of the resource group will be rolled back. Please check audit logs for more details.",
		g.name, strings.Join(left, ",")).with(blocked...)
}
