package spec

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

// readGroups takes over the node groups.
func (r *resolver) readGroups() {
	for _, at := range r.block.Blocks["node_group"] {
		r.readGroup(&at)
	}
	if len(r.groups) == 0 && len(r.block.Blocks["node_group"]) == 0 {
		r.fail(r.block.Range, "Cluster without nodes",
			"Add at least one group: node_group %q { count = 1 }", r.spec.Frontend)
	}
}

func (r *resolver) readGroup(at *schema.Located) {
	name := at.Labels[0]
	switch err := cluster.CheckLabel(name); {
	case err != nil:
		r.fail(at.Range, "Bad name of a node group", "%s. It becomes a part of host names.", upper(err.Error()))
	case strings.ContainsAny(name[len(name)-1:], "0123456789"):
		r.fail(at.Range, "Bad name of a node group",
			"%q ends in a digit, and the nodes are numbered: end it in a letter.", name)
	}
	if other, has := r.group(name); has {
		r.diags = append(r.diags, twice(at.Range, "node group", name, other.at.Range)...)
		return
	}
	v := at.Values
	g := &group{at: at}
	g.Group = cluster.Group{
		Name: cluster.GroupName(name), Count: v.Int("count"), MinCount: v.Int("count"),
		MachineType: v.String("machine_type"), Image: v.String("image"), Spot: v.Bool("spot"),
		Settings: r.groupSettings(v),
	}
	if _, given := v["min_count"]; given {
		g.MinCount = v.Int("min_count")
	}
	if d := schema.Values(v.Map("boot_disk")); d != nil {
		g.BootDisk = &cluster.Disk{SizeGB: d.Int("size_gb"), Type: d.String("type")}
	}
	if d := schema.Values(v.Map("gpu")); d != nil {
		g.GPU = &cluster.GPU{Type: d.String("type"), Count: d.Int("count")}
	}
	if _, counted := v["count"]; counted && g.MinCount > g.Count {
		r.fail(at.At("min_count"), "More nodes needed than wanted",
			"min_count is %d, but count is %d. Lower min_count, or raise count.", g.MinCount, g.Count)
	}
	r.groups = append(r.groups, g)
}

// groupSettings are the attributes and blocks of a group that the provider
// declares.
func (r *resolver) groupSettings(v schema.Values) map[string]any {
	own := r.provider.plugin.Group
	out := make(map[string]any)
	for _, a := range own.Attrs {
		if p, has := v[a.Name]; has {
			out[a.Name] = p
		}
	}
	for _, b := range own.Blocks {
		if p, has := v[b.Name]; has {
			out[b.Name] = p
		}
	}
	return orNil(out)
}

func (r *resolver) group(name string) (*group, bool) {
	i := slices.IndexFunc(r.groups, func(g *group) bool { return string(g.Name) == name })
	if i < 0 {
		return nil, false
	}
	return r.groups[i], true
}

func (r *resolver) groupNames() []string {
	out := make([]string, len(r.groups))
	for i, g := range r.groups {
		out[i] = string(g.Name)
	}
	return out
}

// named returns the groups of those names, and reports the ones that don't exist.
func (r *resolver) named(names []string, at hcl.Range) []*group {
	var out []*group
	for _, n := range names {
		g, has := r.group(n)
		switch {
		case !has:
			r.fail(at, "Unknown node group", "There is no node group %q in this cluster. %s",
				n, schema.DidYouMean(n, r.groupNames()))
		case slices.Contains(out, g):
			r.warn(at, "Node group named twice", "%q stands here twice; once is enough.", n)
		default:
			out = append(out, g)
		}
	}
	return out
}

// frontend checks that there is exactly one node to log in to.
func (r *resolver) frontend() {
	name := string(r.spec.Frontend)
	g, has := r.group(name)
	if !has {
		if len(r.groups) > 0 {
			r.fail(r.block.At("frontend"), "Cluster without a frontend",
				"There is no node group %q. Add it, or say which group users log in to: frontend = \"…\". %s",
				name, schema.DidYouMean("", r.groupNames()))
		}
		return
	}
	_, counted := g.at.Values["count"]
	if counted && g.Count != 1 {
		r.fail(g.at.At("count"), "Wrong number of frontends",
			"The frontend is one node, but count is %d. Write count = 1; other nodes belong into another group.", g.Count)
	}
}

// size checks the counts against the limits.
func (r *resolver) size() {
	total, limit := 0, r.spec.Limits.MaxNodes
	for _, g := range r.groups {
		if _, counted := g.at.Values["count"]; counted && g.Count == 0 && g.Name != r.spec.Frontend {
			r.warn(g.at.At("count"), "Node group without nodes",
				"Nothing boots in %q until it is resized: ecluster resize %s -a 1:%s", g.Name, r.spec.Name, g.Name)
		}
		if before := total; before <= limit && before+g.Count > limit {
			r.fail(g.at.At("count"), "Too many nodes",
				"This makes %s, more than max_nodes = %d. Lower count, or raise the limit: limits { max_nodes = %d }",
				plural(before+g.Count, "node"), limit, before+g.Count)
		}
		total += g.Count
	}
}
