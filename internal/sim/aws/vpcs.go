package aws

import (
	"net/netip"
)

// vpc is a virtual private cloud.
type vpc struct {
	thing
	cidr         netip.Prefix
	isDefault    bool
	dnsHostnames bool
}

func (r *region) createVPC(c *call) (object, *failure) {
	if f := checkSpecifications(c, "vpc"); f != nil {
		return nil, f
	}
	cidr, f := block(c.in.str("CidrBlock"), 16, 28, "InvalidVpc.Range")
	if f != nil {
		return nil, f
	}
	if n := len(r.vpcs.existing()); n >= r.quota(quotaVPCs) {
		return nil, refuse("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
	}
	v := &vpc{thing: r.newThing(c, "vpc", "vpc"), cidr: cidr}
	r.vpcs.add(v)
	r.mainTable(v)
	r.defaultGroup(v)
	return object{"Vpc": v.object("pending")}, nil
}

// block reads a network of a VPC or a subnet.
func block(text string, low, high int, code string) (netip.Prefix, *failure) {
	if text == "" {
		return netip.Prefix{}, missing("CidrBlock")
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() {
		return p, violates("InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", text)
	}
	if p.Bits() < low || p.Bits() > high {
		return p, violates(code, "The CIDR '%s' is invalid.", text)
	}
	return p.Masked(), nil
}

func (v *vpc) object(state string) object {
	return object{
		"VpcId": v.id, "CidrBlock": v.cidr.String(), "State": state, "IsDefault": v.isDefault, "InstanceTenancy": "default",
		"OwnerId": account, "DhcpOptionsId": "dopt-0123456789abcdef0", "Tags": tagList(v.tags),
		"CidrBlockAssociationSet": list{object{
			"AssociationId": "vpc-cidr-assoc-" + v.id[4:], "CidrBlock": v.cidr.String(), "CidrBlockState": object{"State": "associated"},
		}},
	}
}

func (r *region) describeVPCs(c *call) (object, *failure) {
	page, next, f := describe(r, c, r.vpcs, listing[*vpc]{
		ids: "VpcIds", prefix: "vpc", notFound: "InvalidVpcID.NotFound", malform: "InvalidVpcID.Malformed", min: 5, max: 1000,
		attrs: attributes[*vpc]{
			"vpc-id": func(v *vpc) []string { return one(v.id) }, "cidr": func(v *vpc) []string { return one(v.cidr.String()) },
			"cidr-block-association.cidr-block": func(v *vpc) []string { return one(v.cidr.String()) },
			"state":                             func(*vpc) []string { return one("available") },
			"is-default":                        func(v *vpc) []string { return yesNo(v.isDefault) }, "isDefault": func(v *vpc) []string { return yesNo(v.isDefault) },
			"owner-id": func(*vpc) []string { return one(account) },
		},
	})
	return object{"NextToken": next, "Vpcs": listOf(page, func(v *vpc) any { return v.object("available") })}, f
}

func (r *region) vpcOf(id string) (*vpc, *failure) {
	if !isID(id, "vpc") {
		return nil, violates("InvalidVpcID.Malformed", "Invalid id: \"%s\" (expecting \"vpc-...\")", id)
	}
	v, ok := find(r, r.vpcs, id)
	if !ok {
		return nil, refuse("InvalidVpcID.NotFound", "The vpc ID '%s' does not exist", id)
	}
	return v, nil
}

func (r *region) deleteVPC(c *call) (object, *failure) {
	v, f := r.vpcOf(c.in.str("VpcId"))
	if f != nil {
		return nil, f
	}
	used := false
	for _, s := range r.subnets.existing() {
		used = used || s.vpc == v.id
	}
	for _, g := range r.gateways.existing() {
		used = used || g.vpc == v.id
	}
	for _, g := range r.groups.existing() {
		used = used || g.vpc == v.id && g.name != defaultGroupName
	}
	for _, t := range r.routes.existing() {
		used = used || t.vpc == v.id && !t.main
	}
	for _, n := range r.interfaces.existing() {
		used = used || n.subnet.vpc == v.id
	}
	if used {
		return nil, refuse("DependencyViolation", "The vpc '%s' has dependencies and cannot be deleted.", v.id)
	}
	for _, g := range r.groups.existing() {
		if g.vpc == v.id {
			remove(r, r.groups, g)
		}
	}
	for _, t := range r.routes.existing() {
		if t.vpc == v.id {
			remove(r, r.routes, t)
		}
	}
	remove(r, r.vpcs, v)
	return nil, nil
}

func (r *region) modifyVPCAttribute(c *call) (object, *failure) {
	v, f := r.vpcOf(c.in.str("VpcId"))
	if f != nil {
		return nil, f
	}
	if on := c.in.obj("EnableDnsHostnames"); on.has("Value") {
		v.dnsHostnames = on.flag("Value", false)
	}
	return nil, nil
}

func (r *region) describeVPCAttribute(c *call) (object, *failure) {
	v, f := r.vpcOf(c.in.str("VpcId"))
	if f != nil {
		return nil, f
	}
	out := object{"VpcId": v.id}
	switch c.in.str("Attribute") {
	case "enableDnsHostnames":
		out["EnableDnsHostnames"] = object{"Value": v.dnsHostnames}
	case "enableDnsSupport":
		out["EnableDnsSupport"] = object{"Value": true}
	default:
		out["EnableNetworkAddressUsageMetrics"] = object{"Value": false}
	}
	return out, nil
}
