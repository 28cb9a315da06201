package aws

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

const anyProtocol = "-1"

// rule is one rule of a security group: one protocol, one range of ports, one
// peer.
type rule struct {
	thing
	egress      bool
	protocol    string
	from, to    int
	cidr, cidr6 string // the peer: one of these
	group       string
	description string
}

func (x *rule) same(y *rule) bool {
	return x.egress == y.egress && x.protocol == y.protocol && x.from == y.from && x.to == y.to &&
		x.cidr == y.cidr && x.cidr6 == y.cidr6 && x.group == y.group
}

func (x *rule) words() string {
	ports := ""
	if x.protocol != anyProtocol {
		ports = fmt.Sprintf(", from port: %d, to port: %d", x.from, x.to)
	}
	protocol := strings.ToUpper(x.protocol)
	if x.protocol == anyProtocol {
		protocol = "ALL"
	}
	return fmt.Sprintf("peer: %s, %s%s, ALLOW", cmp.Or(x.cidr, x.cidr6, x.group), protocol, ports)
}

func (x *rule) object(g *group) object {
	o := object{
		"SecurityGroupRuleId": x.id, "GroupId": g.id, "GroupOwnerId": account, "IsEgress": x.egress, "IpProtocol": x.protocol,
		"FromPort": x.from, "ToPort": x.to, "CidrIpv4": orNil(x.cidr), "CidrIpv6": orNil(x.cidr6), "Description": orNil(x.description),
		"Tags": tagList(x.tags),
	}
	if x.group != "" {
		o["ReferencedGroupInfo"] = object{"GroupId": x.group, "UserId": account}
	}
	return o
}

// permissions are rules as the description of a group has them: those of one
// protocol and one range of ports together.
func permissions(rules []*rule, egress bool) list {
	type key struct {
		protocol string
		from, to int
	}
	var order []key
	byKey := map[key]object{}
	for _, x := range rules {
		if x.egress != egress {
			continue
		}
		k := key{x.protocol, x.from, x.to}
		p := byKey[k]
		if p == nil {
			p = object{"IpProtocol": x.protocol, "IpRanges": list{}, "Ipv6Ranges": list{}, "PrefixListIds": list{}, "UserIdGroupPairs": list{}}
			if x.protocol != anyProtocol {
				p["FromPort"], p["ToPort"] = x.from, x.to
			}
			byKey[k] = p
			order = append(order, k)
		}
		name, peer := "IpRanges", object{"CidrIp": x.cidr, "Description": orNil(x.description)}
		switch {
		case x.cidr6 != "":
			name, peer = "Ipv6Ranges", object{"CidrIpv6": x.cidr6, "Description": orNil(x.description)}
		case x.group != "":
			name, peer = "UserIdGroupPairs", object{"GroupId": x.group, "UserId": account, "Description": orNil(x.description)}
		}
		if l, ok := p[name].(list); ok {
			p[name] = append(l, peer)
		}
	}
	return listOf(order, func(k key) any { return byKey[k] })
}

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

// authorize adds rules to a group: all of them or none.
func authorize(egress bool) func(*region, *call) (object, *failure) {
	return func(r *region, c *call) (object, *failure) {
		if f := checkSpecifications(c, "security-group-rule"); f != nil {
			return nil, f
		}
		g, f := r.groupMeant(c)
		if f != nil {
			return nil, f
		}
		rules, f := r.readRules(c, g, egress)
		if f != nil {
			return nil, f
		}
		for n, x := range rules {
			for _, have := range slices.Concat(g.rules, rules[:n]) {
				if have.same(x) {
					return nil, refuse("InvalidPermission.Duplicate", "the specified rule \"%s\" already exists", x.words())
				}
			}
		}
		count := len(rules)
		for _, have := range g.rules {
			if have.egress == egress {
				count++
			}
		}
		if count > r.quota(quotaRules) {
			return nil, refuse("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
		}
		out := list{}
		for _, x := range rules {
			x.thing = r.newThing(c, "sgr", "security-group-rule")
			g.rules = append(g.rules, x)
			out = append(out, x.object(g))
		}
		return object{"Return": true, "SecurityGroupRules": out}, nil
	}
}

// revoke takes rules from a group: all of them or none.
func revoke(egress bool) func(*region, *call) (object, *failure) {
	return func(r *region, c *call) (object, *failure) {
		g, f := r.groupMeant(c)
		if f != nil {
			return nil, f
		}
		var rules []*rule
		if ids := c.in.strs("SecurityGroupRuleIds"); len(ids) > 0 {
			for _, id := range ids {
				x := g.rule(id)
				if x == nil || x.egress != egress {
					return nil, refuse("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", id)
				}
				rules = append(rules, x)
			}
		} else if rules, f = r.readRules(c, g, egress); f != nil {
			return nil, f
		}
		for _, x := range rules {
			if !slices.ContainsFunc(g.rules, x.same) {
				return nil, refuse("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
			}
		}
		for _, x := range rules {
			g.rules = slices.DeleteFunc(g.rules, x.same)
		}
		return object{"Return": true}, nil
	}
}

func (r *region) describeRules(c *call) (object, *failure) {
	all := newTable[*rule]()
	owner := map[string]*group{}
	for _, g := range r.groups.existing() {
		for _, x := range g.rules {
			all.add(x)
			owner[x.id] = g
		}
	}
	page, next, f := describe(r, c, all, listing[*rule]{
		ids: "SecurityGroupRuleIds", prefix: "sgr", notFound: "InvalidSecurityGroupRuleId.NotFound", malform: "InvalidSecurityGroupRuleId.Malformed", min: 5, max: 1000,
		attrs: attributes[*rule]{
			"group-id":               func(x *rule) []string { return one(owner[x.id].id) },
			"security-group-rule-id": func(x *rule) []string { return one(x.id) },
		},
	})
	return object{"NextToken": next, "SecurityGroupRules": listOf(page, func(x *rule) any { return x.object(owner[x.id]) })}, f
}
