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

// subnet is a range of a VPC in one zone.
type subnet struct {
	thing
	vpc, zone string
	cidr      netip.Prefix
	isDefault bool
	publicIP  bool // instances get a public address unless they say otherwise
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
		used = used || s.vpc == v.id && !v.isDefault
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

func (r *region) createSubnet(c *call) (object, *failure) {
	if f := checkSpecifications(c, "subnet"); f != nil {
		return nil, f
	}
	v, f := r.vpcOf(c.in.str("VpcId"))
	if f != nil {
		return nil, f
	}
	cidr, f := block(c.in.str("CidrBlock"), 16, 28, "InvalidSubnet.Range")
	if f != nil {
		return nil, f
	}
	if !v.cidr.Contains(cidr.Addr()) || cidr.Bits() < v.cidr.Bits() {
		return nil, refuse("InvalidSubnet.Range", "The CIDR '%s' is invalid.", cidr)
	}
	for _, s := range r.subnets.existing() {
		if s.vpc == v.id && s.cidr.Overlaps(cidr) {
			return nil, refuse("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", cidr)
		}
	}
	zone := c.in.str("AvailabilityZone")
	if id := c.in.str("AvailabilityZoneId"); id != "" {
		zone = r.zoneByID(id)
	}
	if zone == "" {
		zone = r.zones[len(r.subnets.byID)%len(r.zones)]
	}
	if f := r.checkZone(zone); f != nil {
		return nil, f
	}
	s := &subnet{thing: r.newThing(c, "subnet", "subnet"), vpc: v.id, zone: zone, cidr: cidr}
	r.subnets.add(s)
	return object{"Subnet": r.subnetObject(s)}, nil
}

func (r *region) subnetObject(s *subnet) object {
	free := 1<<(32-s.cidr.Bits()) - 5
	for _, n := range r.interfaces.byID {
		if n.subnet == s && n.gone.IsZero() {
			free--
		}
	}
	return object{
		"SubnetId": s.id, "VpcId": s.vpc, "CidrBlock": s.cidr.String(), "AvailabilityZone": s.zone, "AvailabilityZoneId": r.zoneID(s.zone),
		"AvailableIpAddressCount": free, "State": "available", "DefaultForAz": s.isDefault, "MapPublicIpOnLaunch": s.publicIP,
		"OwnerId": account, "SubnetArn": "arn:aws:ec2:" + r.name + ":" + account + ":subnet/" + s.id, "Tags": tagList(s.tags),
	}
}

func (r *region) describeSubnets(c *call) (object, *failure) {
	zone := func(s *subnet) []string { return one(s.zone) }
	page, next, f := describe(r, c, r.subnets, listing[*subnet]{
		ids: "SubnetIds", prefix: "subnet", notFound: "InvalidSubnetID.NotFound", malform: "InvalidSubnetID.Malformed", min: 5, max: 1000,
		attrs: attributes[*subnet]{
			"subnet-id": func(s *subnet) []string { return one(s.id) }, "vpc-id": func(s *subnet) []string { return one(s.vpc) },
			"availability-zone": zone, "availabilityZone": zone,
			"availability-zone-id": func(s *subnet) []string { return one(r.zoneID(s.zone)) },
			"cidr-block":           func(s *subnet) []string { return one(s.cidr.String()) }, "state": func(*subnet) []string { return one("available") },
			"default-for-az": func(s *subnet) []string { return yesNo(s.isDefault) }, "defaultForAz": func(s *subnet) []string { return yesNo(s.isDefault) },
			"map-public-ip-on-launch": func(s *subnet) []string { return yesNo(s.publicIP) },
			"owner-id":                func(*subnet) []string { return one(account) },
		},
	})
	return object{"NextToken": next, "Subnets": listOf(page, func(s *subnet) any { return r.subnetObject(s) })}, f
}

func (r *region) subnetOf(id string) (*subnet, *failure) {
	if !isID(id, "subnet") {
		return nil, violates("InvalidSubnetID.Malformed", "Invalid id: \"%s\" (expecting \"subnet-...\")", id)
	}
	s, ok := find(r, r.subnets, id)
	if !ok {
		return nil, refuse("InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
	}
	return s, nil
}

func (r *region) modifySubnetAttribute(c *call) (object, *failure) {
	s, f := r.subnetOf(c.in.str("SubnetId"))
	if f != nil {
		return nil, f
	}
	if on := c.in.obj("MapPublicIpOnLaunch"); on.has("Value") {
		s.publicIP = on.flag("Value", false)
	}
	return nil, nil
}

func (r *region) deleteSubnet(c *call) (object, *failure) {
	s, f := r.subnetOf(c.in.str("SubnetId"))
	if f != nil {
		return nil, f
	}
	for _, n := range r.interfaces.existing() {
		if n.subnet == s {
			return nil, refuse("DependencyViolation", "The subnet '%s' has dependencies and cannot be deleted.", s.id)
		}
	}
	for _, t := range r.routes.existing() {
		delete(t.subnets, s.id)
	}
	remove(r, r.subnets, s)
	return nil, nil
}
