package aws

import (
	"net/netip"
)

// subnet is a range of a VPC in one zone.
type subnet struct {
	thing
	vpc, zone string
	cidr      netip.Prefix
	isDefault bool
	publicIP  bool // instances get a public address unless they say otherwise
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
