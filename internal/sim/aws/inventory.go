package aws

import (
	"maps"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers"
)

// Inventory names everything that requests have made and that is still there,
// in all regions. A default security group and a main route table are no more
// than parts of their VPC.
func (c *Cloud) Inventory() []sim.Resource {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []sim.Resource
	for _, name := range slices.Sorted(maps.Keys(c.regions)) {
		r := c.regions[name]
		r.everything(func(t *thing) {
			if t.builtin || !t.gone.IsZero() {
				return
			}
			state, detail, counts := r.look(t)
			if counts {
				node := t.tags[providers.TagNode]
				if i := r.instances.byID[t.id]; i != nil {
					node = i.node()
				}
				out = append(out, sim.Resource{
					Kind: t.kind, Name: t.id, Cluster: t.tags[providers.TagCluster], Node: node, State: state, Detail: detail,
				})
			}
		})
	}
	return out
}

// look is the state of a thing, what else there is to say of it, and whether
// it counts.
func (r *region) look(t *thing) (state, detail string, counts bool) {
	switch t.kind {
	case "instance":
		i := r.instances.byID[t.id]
		words := []string{i.typ.name, i.subnet.zone}
		if i.spot != nil {
			words = append(words, "spot")
		}
		return i.state.String(), strings.Join(words, ", "), i.state != terminated
	case "security-group":
		g := r.groups.byID[t.id]
		return "", g.name, g.name != defaultGroupName
	case "route-table":
		return "", "", !r.routes.byID[t.id].main
	case "spot-instances-request":
		s := r.spots.byID[t.id]
		return s.state, s.instance.id, s.state == "active"
	case "volume":
		v := r.volumes.byID[t.id]
		return v.status(), strings.TrimSpace(v.kind + " " + v.device), true
	case "network-interface":
		return r.interfaces.byID[t.id].status(), "", true
	case "image":
		i := r.images.byID[t.id]
		return i.state, i.name, true
	case "placement-group":
		return available, r.placements.byID[t.id].name, true
	case "key-pair":
		return "", r.keyPairs.byID[t.id].name, true
	case "elastic-ip":
		return "", r.addresses.byID[t.id].ip, true
	}
	return "", "", true
}
