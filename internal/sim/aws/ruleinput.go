package aws

import (
	"net/netip"
	"strconv"
	"strings"
)

// readRules reads the rules that a request names for a group.
func (r *region) readRules(c *call, g *group, egress bool) ([]*rule, *failure) {
	perms := c.in.objs("IpPermissions")
	if c.in.has("IpProtocol") || c.in.has("CidrIp") {
		if len(perms) > 0 {
			return nil, badCombination("The parameter 'ipPermissions' may not be used in combination with 'ipProtocol'")
		}
		p := object{"IpProtocol": c.in["IpProtocol"], "FromPort": c.in["FromPort"], "ToPort": c.in["ToPort"]}
		if c.in.has("CidrIp") {
			p["IpRanges"] = list{object{"CidrIp": c.in["CidrIp"]}}
		}
		perms = []object{p}
	}
	if len(perms) == 0 {
		return nil, missing("ipPermissions")
	}
	var rules []*rule
	for _, p := range perms {
		base, f := readPorts(p)
		if f != nil {
			return nil, f
		}
		base.egress = egress
		before := len(rules)
		if rules, f = r.readPeers(rules, base, p, g); f != nil {
			return nil, f
		}
		if len(rules) == before {
			return nil, violates("InvalidParameterValue", "A rule of %s must name a peer: a CIDR block or a group", g.id)
		}
	}
	return rules, nil
}

func readPorts(p object) (rule, *failure) {
	x := rule{protocol: strings.ToLower(p.str("IpProtocol")), from: p.int("FromPort", -1), to: p.int("ToPort", -1)}
	if name := map[string]string{"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": anyProtocol}[x.protocol]; name != "" {
		x.protocol = name
	}
	switch x.protocol {
	case "":
		return x, missing("ipProtocol")
	case "tcp", "udp":
		switch {
		case !p.has("FromPort") || !p.has("ToPort"):
			return x, violates("InvalidParameterValue", "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
		case x.from < 0 || x.to > 65535:
			return x, violates("InvalidParameterValue", "Invalid value '%d-%d' for portRange. Ports are 0-65535.", x.from, x.to)
		case x.from > x.to:
			return x, violates("InvalidParameterValue", "Invalid TCP/UDP port range (%d:%d)", x.from, x.to)
		}
	case "icmp", "icmpv6":
		if !p.has("FromPort") || !p.has("ToPort") {
			return x, violates("InvalidParameterValue", "Invalid value 'Must specify both from and to ports with ICMP.' for portRange.")
		}
	case anyProtocol:
		x.from, x.to = -1, -1 // whatever the request says
	default:
		if n, err := strconv.Atoi(x.protocol); err != nil || n < 0 || n > 255 {
			return x, violates("InvalidParameterValue", "Invalid value '%s' for IP protocol. Unknown protocol.", p.str("IpProtocol"))
		}
		x.from, x.to = -1, -1
	}
	return x, nil
}

func (r *region) readPeers(rules []*rule, base rule, p object, g *group) ([]*rule, *failure) {
	add := func(f func(*rule)) {
		x := base
		f(&x)
		rules = append(rules, &x)
	}
	for _, v := range p.objs("IpRanges") {
		n, err := netip.ParsePrefix(v.str("CidrIp"))
		if err != nil || !n.Addr().Is4() {
			return nil, violates("InvalidParameterValue", "CIDR block %s is malformed", v.str("CidrIp"))
		}
		add(func(x *rule) { x.cidr, x.description = n.Masked().String(), v.str("Description") })
	}
	for _, v := range p.objs("Ipv6Ranges") {
		n, err := netip.ParsePrefix(v.str("CidrIpv6"))
		if err != nil || !n.Addr().Is6() {
			return nil, violates("InvalidParameterValue", "CIDR block %s is malformed", v.str("CidrIpv6"))
		}
		add(func(x *rule) { x.cidr6, x.description = n.Masked().String(), v.str("Description") })
	}
	for _, v := range p.objs("UserIdGroupPairs") {
		peer, f := r.groupOf(v.str("GroupId"))
		if f != nil {
			return nil, f
		}
		if peer.vpc != g.vpc {
			return nil, refuse("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
		}
		add(func(x *rule) { x.group, x.description = peer.id, v.str("Description") })
	}
	for _, x := range rules {
		if len(x.description) > 255 || strings.Trim(x.description, groupCharacters) != "" {
			return nil, violates("InvalidParameterValue", "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")
		}
	}
	return rules, nil
}
