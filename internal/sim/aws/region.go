package aws

import (
	"fmt"
	"net/netip"

	"github.com/ecluster/ecluster/internal/cluster"
)

// region is one region of the cloud: nothing in it is seen from another.
type region struct {
	c     *Cloud
	name  string
	zones []string

	instances  *table[*instance]
	volumes    *table[*volume]
	snapshots  *table[*snapshot]
	images     *table[*image]
	vpcs       *table[*vpc]
	subnets    *table[*subnet]
	gateways   *table[*gateway]
	routes     *table[*routeTable]
	groups     *table[*group]
	interfaces *table[*networkInterface]
	placements *table[*placement]
	keyPairs   *table[*keyPair]
	addresses  *table[*address]
	spots      *table[*spotRequest]
	tokens     map[string]launched // by ClientToken
}

// regionNames are the regions that the account may use.
func regionNames() []string {
	return []string{
		"ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1",
		"eu-north-1", "eu-west-1", "eu-west-2", "us-east-1", "us-east-2", "us-west-2",
	}
}

func newRegion(c *Cloud, name string) *region {
	r := &region{
		c: c, name: name,
		instances: newTable[*instance](), volumes: newTable[*volume](), snapshots: newTable[*snapshot](),
		images: newTable[*image](), vpcs: newTable[*vpc](), subnets: newTable[*subnet](), gateways: newTable[*gateway](),
		routes: newTable[*routeTable](), groups: newTable[*group](), interfaces: newTable[*networkInterface](),
		placements: newTable[*placement](), keyPairs: newTable[*keyPair](), addresses: newTable[*address](),
		spots: newTable[*spotRequest](), tokens: map[string]launched{},
	}
	for _, letter := range "abcd" {
		r.zones = append(r.zones, name+string(letter))
	}
	r.furnish()
	return r
}

// furnish makes what every region has from the beginning: a default VPC with
// a subnet in each zone, its way to the Internet, and the public images.
func (r *region) furnish() {
	v := &vpc{thing: r.builtin("vpc", "vpc"), cidr: netip.MustParsePrefix("172.31.0.0/16"), isDefault: true, dnsHostnames: true}
	r.vpcs.add(v)
	g := &gateway{thing: r.builtin("igw", "internet-gateway"), vpc: v.id}
	r.gateways.add(g)
	main := r.mainTable(v)
	main.builtin = true
	main.routes = append(main.routes, route{to: netip.MustParsePrefix("0.0.0.0/0"), gateway: g.id})
	group := r.defaultGroup(v)
	group.builtin = true
	for _, x := range group.rules {
		x.builtin = true
	}
	for i, zone := range r.zones {
		r.subnets.add(&subnet{
			thing: r.builtin("subnet", "subnet"), vpc: v.id, zone: zone, isDefault: true, publicIP: true,
			cidr: netip.MustParsePrefix(fmt.Sprintf("172.31.%d.0/20", 16*i)),
		})
	}
	r.publish()
}

func (r *region) builtin(prefix, kind string) thing {
	t := r.newThing(nil, prefix, kind)
	t.builtin = true
	return t
}

// thing is what has an id, or nil.
func (r *region) thing(id string) *thing {
	for _, look := range []func() resource{
		lookIn(r.instances, id), lookIn(r.volumes, id), lookIn(r.snapshots, id), lookIn(r.images, id), lookIn(r.vpcs, id),
		lookIn(r.subnets, id), lookIn(r.gateways, id), lookIn(r.routes, id), lookIn(r.groups, id), lookIn(r.interfaces, id),
		lookIn(r.placements, id), lookIn(r.keyPairs, id), lookIn(r.addresses, id), lookIn(r.spots, id),
	} {
		if item := look(); item != nil {
			return item.base()
		}
	}
	for _, g := range r.groups.byID {
		if rule := g.rule(id); rule != nil {
			return rule.base()
		}
	}
	return nil
}

func lookIn[T resource](t *table[T], id string) func() resource {
	return func() resource {
		if item, ok := t.byID[id]; ok {
			return item
		}
		return nil
	}
}

// nodesOf are the nodes that a request concerns, as far as it tells.
func (r *region) nodesOf(in object) []string {
	var nodes []string
	add := func(names ...cluster.NodeName) {
		for _, n := range names {
			if n != "" {
				nodes = append(nodes, string(n))
			}
		}
	}
	ids := append(in.strs("InstanceIds"), in.strs("Resources")...)
	if id := in.str("InstanceId"); id != "" {
		ids = append(ids, id)
	}
	for _, id := range ids {
		if i := r.instances.byID[id]; i != nil {
			add(cluster.NodeName(i.node()))
		}
	}
	add(nodesIn(tagsOf(in.objs("Tags")))...)
	for _, spec := range in.objs("TagSpecifications") {
		if spec.str("ResourceType") == "instance" {
			add(nodesIn(tagsOf(spec.objs("Tags")))...)
		}
	}
	return nodes
}
