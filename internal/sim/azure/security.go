package azure

import (
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// prepareSecurity takes the rules out of a network security group; they are
// resources of their own.
func prepareSecurity(c *Cloud, ch *change) *failure {
	asked := treesAt(ch.r.doc, "properties", "securityRules")
	if props := treeAt(ch.r.doc, "properties"); props != nil {
		delete(props, "securityRules")
	}
	named := map[string]bool{}
	for _, doc := range asked {
		name, _ := doc["name"].(string)
		if !wordName.MatchString(name) {
			return malformed("SecurityRuleInvalidName", "Security rule name '%s' is invalid. The name must have %s.", name, words80)
		}
		id := ch.r.id + "/securityRules/" + name
		part := &resource{kind: c.kinds[lower(ruleType)], id: id, key: lower(id), name: name, group: ch.r.group, doc: tree{"properties": treeAt(doc, "properties")}}
		if f := c.checkRule(part, ch.parts); f != nil {
			return f
		}
		named[part.key] = true
		ch.parts = append(ch.parts, part)
	}
	for _, old := range c.of(ruleType, ch.r.key) {
		if !named[old.key] { // a PUT says all of the rules
			ch.lost = append(ch.lost, old)
		}
	}
	return nil
}

func prepareRule(c *Cloud, ch *change) *failure {
	var others []*resource
	for _, r := range c.of(ruleType, parentOf(ch.r.key)) {
		if r.key != ch.r.key {
			others = append(others, r)
		}
	}
	delete(ch.r.doc, "name")
	return c.checkRule(ch.r, others)
}

const (
	lowestPriority  = 100
	highestPriority = 4096
)

// checkRule holds one rule against the documentation and the other rules.
func (c *Cloud) checkRule(r *resource, others []*resource) *failure {
	p := treeAt(r.doc, "properties")
	priority := intAt(p, "priority")
	if priority < lowestPriority || priority > highestPriority {
		return malformed("SecurityRuleInvalidPriority", "Security rule has invalid Priority. Value provided: %d Allowed range %d-%d.", priority, lowestPriority, highestPriority)
	}
	for _, o := range others {
		if intAt(o.doc, "properties", "priority") == priority && strings.EqualFold(textAt(o.doc, "properties", "direction"), textAt(p, "direction")) {
			return refuse(http.StatusBadRequest, "SecurityRuleConflict",
				"Security rule %s conflicts with rule %s. Rules cannot have the same Priority and Direction.", r.name, o.name)
		}
	}
	for _, side := range []string{"source", "destination"} {
		if f := c.checkSide(r, p, side); f != nil {
			return f
		}
	}
	return nil
}

// checkSide checks the ports and the addresses of one side of a rule: each is
// given as one value or as a list of them.
func (c *Cloud) checkSide(r *resource, p tree, side string) *failure {
	ports := oneOrMore(p, side+"PortRange")
	if len(ports) == 0 {
		return malformed("SecurityRuleParameterMissing", "Security rule parameter '%sPortRange' must be specified. (Rule %s)", side, r.id)
	}
	for _, port := range ports {
		if !validPorts(port) {
			return malformed("SecurityRuleInvalidPortRange", "Security rule has invalid Port range. Value provided: %s. Value should be an integer OR integer range with '-' delimiter. Valid range 0-65535.", port)
		}
	}
	addresses := oneOrMore(p, side+"AddressPrefix", side+"AddressPrefixes")
	groups := treesAt(p, side+"ApplicationSecurityGroups")
	if len(addresses) == 0 && len(groups) == 0 {
		return malformed("SecurityRuleParameterMissing", "Security rule parameter '%sAddressPrefix' must be specified. (Rule %s)", side, r.id)
	}
	for _, a := range addresses {
		if !validSource(a, len(addresses) == 1) {
			return malformed("SecurityRuleInvalidAddressPrefix", "Security rule has invalid Address prefix. Value provided: %s.", a)
		}
	}
	for _, g := range groups {
		to, f := c.reference(r, textAt(g, "id"), appSecurityType)
		if f != nil {
			return f
		}
		r.uses = append(r.uses, use{key: to.key, via: r.id})
	}
	return nil
}

// oneOrMore reads a property that has a plural form for lists.
func oneOrMore(p tree, name string, plural ...string) []string {
	var out []string
	if one := textAt(p, name); one != "" {
		out = append(out, one)
	}
	many := name + "s"
	if len(plural) > 0 {
		many = plural[0]
	}
	list, _ := p[many].([]any)
	for _, v := range list {
		if s, is := v.(string); is {
			out = append(out, s)
		}
	}
	return out
}

func validPorts(s string) bool {
	if s == "*" {
		return true
	}
	from, to, ranged := strings.Cut(s, "-")
	low, err := strconv.ParseUint(from, 10, 16)
	if err != nil || !ranged {
		return err == nil
	}
	high, err := strconv.ParseUint(to, 10, 16)
	return err == nil && low <= high
}

// serviceTag is VirtualNetwork, Internet, Storage.WestEurope and the like.
var serviceTag = regexp.MustCompile(`^[A-Z][A-Za-z0-9]+(\.[A-Z][A-Za-z0-9]+)?$`)

func validSource(s string, alone bool) bool {
	if s == "*" || serviceTag.MatchString(s) {
		return alone || s != "*"
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	p, err := netip.ParsePrefix(s)
	return err == nil && p == p.Masked()
}

func showSecurity(c *Cloud, r *resource, out tree) {
	list := []any{}
	for _, s := range c.of(ruleType, r.key) {
		list = append(list, c.show(s))
	}
	set(out, list, "properties", "securityRules")
	subnets, interfaces := []any{}, []any{}
	for _, id := range c.viasOf(r) {
		if containsFold(id, "/subnets/") {
			subnets = append(subnets, tree{"id": id})
		} else {
			interfaces = append(interfaces, tree{"id": id})
		}
	}
	if len(subnets) > 0 {
		set(out, subnets, "properties", "subnets")
	}
	if len(interfaces) > 0 {
		set(out, interfaces, "properties", "networkInterfaces")
	}
}

func busySecurity(c *Cloud, r *resource) *failure {
	if users := c.viasOf(r); len(users) > 0 {
		return refuse(http.StatusBadRequest, "InUseNetworkSecurityGroupCannotBeDeleted",
			"Network security group %s cannot be deleted because it is in use by the following resources: %s. In order to delete the Network security group, remove the association with the resource(s). To learn how to do this, see aka.ms/deletensg.",
			r.id, strings.Join(users, ", "))
	}
	return nil
}
