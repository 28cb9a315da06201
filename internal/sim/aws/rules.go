package aws

import (
	"cmp"
	"fmt"
	"slices"
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
