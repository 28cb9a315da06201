package google

import (
	"encoding/json"
	"regexp"
	"slices"
)

var (
	// What ecluster makes is called ecluster-ID, or ecluster-ID- and what it is;
	// what belongs to a node begins with the node's name.
	ownName  = regexp.MustCompile(`^ecluster-([a-z0-9]+)(?:-.+)?$`)
	nodeName = regexp.MustCompile(`^ecluster-[a-z0-9]+-(.*?[0-9]{3,})(?:-.+)?$`)
)

// concerns tells which nodes a request is about and how many machines it asks
// for.
func (c *Cloud) concerns(r *request) (nodes []string, count int) {
	var body object
	if json.Unmarshal(r.raw, &body) != nil {
		body = object{}
	}
	switch r.method.ID {
	case "compute.instances.insert":
		count = 1
	case "compute.instances.bulkInsert", "compute.regionInstances.bulkInsert":
		n, _ := number(body, "count")
		count = int(n)
		per, _ := body["perInstanceProperties"].(object)
		for name := range per {
			nodes = append(nodes, nodeOf(per[name], name))
		}
		slices.Sort(nodes)
		return nodes, count
	}
	if node := nodeOf(body, text(body, "name")); node != "" {
		return []string{node}, count
	}
	if name := r.params["instance"]; name != "" {
		c.mu.RLock()
		defer c.mu.RUnlock()
		var known any
		if rec := c.find("instances", r.project(), r.where(), name); rec != nil {
			known = rec.obj
		}
		if node := nodeOf(known, name); node != "" {
			return []string{node}, count
		}
	}
	return nil, count
}

// nodeOf and clusterOf tell whose a resource is, by its labels or its name.
func nodeOf(v any, name string) string {
	if node := text(v, "labels", "ecluster-node"); node != "" {
		return node
	}
	if m := nodeName.FindStringSubmatch(name); m != nil {
		return m[1]
	}
	return ""
}

func clusterOf(v any, name string) string {
	if id := text(v, "labels", "ecluster-cluster"); id != "" {
		return id
	}
	if m := ownName.FindStringSubmatch(name); m != nil {
		return m[1]
	}
	return ""
}
