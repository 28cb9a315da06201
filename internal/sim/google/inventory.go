package google

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// Inventory names everything that requests have made.
func (c *Cloud) Inventory() []sim.Resource {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []sim.Resource
	for kind, records := range c.records {
		if kind == "operations" {
			continue
		}
		for _, rec := range records {
			if rec.builtin {
				continue
			}
			r := sim.Resource{
				Kind: rec.coll.kind, Name: rec.name, State: text(rec.obj, "status"), Detail: detail(rec),
				Cluster: clusterOf(rec.obj, rec.name), Node: nodeOf(rec.obj, rec.name),
			}
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b sim.Resource) int {
		return strings.Compare(a.Kind+"/"+a.Name+"/"+a.Detail, b.Kind+"/"+b.Name+"/"+b.Detail)
	})
	return out
}

// detail is what people want to know of a resource.
func detail(rec *record) string {
	where := last(rec.where)
	switch rec.coll.name {
	case "instances":
		words := []string{last(text(rec.obj, "machineType"))}
		if isSpot(rec.obj) {
			words = append(words, "spot")
		}
		return strings.Join(append(words, where), ", ")
	case "disks":
		return fmt.Sprintf("%s GB, %s, %s", text(rec.obj, "sizeGb"), last(text(rec.obj, "type")), where)
	case "subnetworks":
		return text(rec.obj, "ipCidrRange") + ", " + where
	}
	return where
}

// Strike does to the machine of a node what the world may do to it, now.
func (c *Cloud) Strike(node string, f sim.Fate) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.Event == sim.Mute || f.Event == sim.Break {
		return fmt.Errorf("strike %s: %s can only befall a machine that is not made yet", node, f.Event)
	}
	var rec *record
	for _, r := range c.records["instances"] {
		if r.vm.node == node && !r.leaving && (rec == nil || text(r.obj, "status") == "RUNNING") {
			rec = r
		}
	}
	switch {
	case rec == nil:
		return fmt.Errorf("strike %s: there is no instance of this node", node)
	case f.Event == sim.Reclaim && !isSpot(rec.obj):
		return fmt.Errorf("strike %s: instance %s is no spot instance, and is never reclaimed", node, rec.name)
	case f.Event != sim.Vanish && text(rec.obj, "status") != "RUNNING":
		return fmt.Errorf("strike %s: instance %s is %s", node, rec.name, text(rec.obj, "status"))
	}
	if f.After > 0 {
		life := rec.vm.life
		c.later(time.Duration(f.After), func() {
			if rec.vm.life == life {
				c.befall(rec, f)
			}
		})
		return nil
	}
	c.befall(rec, f)
	return nil
}
