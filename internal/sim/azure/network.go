package azure

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// reservedAddresses are those of each subnet that Azure keeps for itself.
const reservedAddresses = 5

// prepareNetwork checks a virtual network and takes the subnets out of it,
// which are resources of their own.
func prepareNetwork(c *Cloud, ch *change) *failure {
	doc := ch.r.doc
	space, f := prefixes(doc, "properties", "addressSpace", "addressPrefixes")
	if f != nil {
		return f
	}
	if len(space) == 0 {
		return malformed("MissingAddressPrefix", "AddressSpace of the virtual network %s has no address prefix.", ch.r.id)
	}
	asked, inline := at(doc, "properties", "subnets").([]any)
	if props := treeAt(doc, "properties"); props != nil {
		delete(props, "subnets")
	}
	if !inline { // a PUT that says nothing of subnets leaves them alone
		return nil
	}
	named := map[string]bool{}
	for _, v := range asked {
		doc, _ := v.(tree)
		name, _ := doc["name"].(string)
		if !wordName.MatchString(name) {
			return malformed("InvalidResourceName", "Resource name %s is invalid. The name must have %s.", name, words80)
		}
		id := ch.r.id + "/subnets/" + name
		part := &resource{kind: c.kinds[lower(subnetType)], id: id, key: lower(id), name: name, group: ch.r.group, doc: tree{"properties": treeAt(doc, "properties")}}
		if f := c.checkSubnet(part, space, ch.parts); f != nil {
			return f
		}
		named[part.key] = true
		ch.parts = append(ch.parts, part)
	}
	for _, old := range c.of(subnetType, ch.r.key) {
		if !named[old.key] {
			ch.lost = append(ch.lost, old)
		}
	}
	return c.allFree(ch.lost)
}

// allFree refuses when one of these is in use.
func (c *Cloud) allFree(lost []*resource) *failure {
	for _, r := range lost {
		if f := r.kind.busy(c, r); f != nil {
			return f
		}
	}
	return nil
}

func prepareSubnet(c *Cloud, ch *change) *failure {
	network := c.resources[parentOf(ch.r.key)]
	space, f := prefixes(network.doc, "properties", "addressSpace", "addressPrefixes")
	if f != nil {
		return f
	}
	others := slices.DeleteFunc(c.of(subnetType, network.key), func(r *resource) bool { return r.key == ch.r.key })
	delete(ch.r.doc, "name")
	return c.checkSubnet(ch.r, space, others)
}

// checkSubnet also notes what the subnet refers to.
func (c *Cloud) checkSubnet(r *resource, space []netip.Prefix, others []*resource) *failure {
	if one := textAt(r.doc, "properties", "addressPrefix"); one != "" {
		set(r.doc, []any{one}, "properties", "addressPrefixes")
	}
	own, f := prefixes(r.doc, "properties", "addressPrefixes")
	if f != nil {
		return f
	}
	if len(own) == 0 {
		return malformed("NetcfgInvalidSubnet", "Subnet '%s' is not valid in virtual network: it has no address prefix.", r.name)
	}
	for _, p := range own {
		if !slices.ContainsFunc(space, func(s netip.Prefix) bool { return s.Contains(p.Addr()) && s.Bits() <= p.Bits() }) {
			return malformed("NetcfgSubnetRangeOutsideVnet", "Subnet '%s' is not valid because its IP address range is outside the IP address range of virtual network '%s'.",
				r.name, last(parentOf(r.key)))
		}
		for _, o := range others {
			theirs, _ := prefixes(o.doc, "properties", "addressPrefixes")
			if slices.ContainsFunc(theirs, p.Overlaps) {
				return refuse(http.StatusBadRequest, "NetcfgSubnetRangesOverlap", "Subnet '%s' is not valid because its IP address range overlaps with that of an existing subnet '%s' in virtual network '%s'.",
					r.name, o.name, last(parentOf(r.key)))
			}
		}
	}
	set(r.doc, own[0].String(), "properties", "addressPrefix")
	set(r.doc, anyList(own), "properties", "addressPrefixes")
	for name, typ := range map[string]string{"networkSecurityGroup": securityType, "natGateway": natType} {
		id := textAt(r.doc, "properties", name, "id")
		if id == "" {
			continue
		}
		to, f := c.reference(r, id, typ)
		if f != nil {
			return f
		}
		r.uses = append(r.uses, use{key: to.key, via: r.id})
	}
	return nil
}

func anyList(list []netip.Prefix) []any {
	out := make([]any, len(list))
	for i, p := range list {
		out[i] = p.String()
	}
	return out
}

// prefixes reads a list of address ranges.
func prefixes(doc tree, path ...string) ([]netip.Prefix, *failure) {
	list, _ := at(doc, path...).([]any)
	var out []netip.Prefix
	for _, v := range list {
		text, _ := v.(string)
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, malformed("InvalidAddressPrefixFormat", "Address prefix '%s' is not formatted correctly. It should follow CIDR notation, for example 10.0.0.0/24.", text)
		}
		if p != p.Masked() {
			return nil, malformed("InvalidCIDRNotation", "The address prefix %s has an invalid CIDR notation. For the given prefix length, the address prefix should be %s.", text, p.Masked())
		}
		out = append(out, p)
	}
	return out, nil
}

// capacity is how many machines fit into a subnet.
func capacity(subnet *resource) int {
	own, _ := prefixes(subnet.doc, "properties", "addressPrefixes")
	n := 0
	for _, p := range own {
		n += 1<<min(p.Addr().BitLen()-p.Bits(), 24) - reservedAddresses
	}
	return n
}

func showNetwork(c *Cloud, r *resource, out tree) {
	list := []any{}
	for _, s := range c.of(subnetType, r.key) {
		list = append(list, c.show(s))
	}
	set(out, list, "properties", "subnets")
	set(out, fakeUUID("network", r.key), "properties", "resourceGuid")
}

func showSubnet(c *Cloud, r *resource, out tree) {
	vias := c.viasOf(r)
	if len(vias) == 0 {
		return
	}
	list := make([]any, len(vias))
	for i, via := range vias {
		list[i] = tree{"id": via}
	}
	set(out, list, "properties", "ipConfigurations")
}

func busySubnet(c *Cloud, r *resource) *failure {
	if users := c.viasOf(r); len(users) > 0 {
		return refuse(http.StatusBadRequest, "InUseSubnetCannotBeDeleted",
			"Subnet %s is in use by %s and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.",
			r.name, strings.Join(users, ", "))
	}
	return nil
}

func busyNetwork(c *Cloud, r *resource) *failure {
	return c.allFree(c.of(subnetType, r.key))
}

// viasOf are the parts of other resources that refer to one, sorted.
func (c *Cloud) viasOf(r *resource) []string {
	var out []string
	for _, via := range c.users[r.key] {
		out = append(out, via)
	}
	slices.Sort(out)
	return out
}
