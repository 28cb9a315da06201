package aws

import (
	"slices"
	"strings"
)

type interfaceOrder struct {
	device      int
	subnet      *subnet
	groups      []*group
	public      bool
	deleteWith  bool
	description string
	kind        string // "interface" or "efa"
}

// readNetwork finds the subnets and groups of the interfaces, those of the
// default VPC if the request says nothing.
func (r *region) readNetwork(in object, o *order) *failure {
	specs := in.objs("NetworkInterfaces")
	if len(specs) > 0 {
		switch {
		case in.has("SecurityGroupIds") || in.has("SecurityGroups"):
			return violates("InvalidParameterCombination", "Network interfaces and an instance-level security groups may not be specified on the same request")
		case in.has("SubnetId"):
			return violates("InvalidParameterCombination", "Network interfaces and an instance-level subnet ID may not be specified on the same request")
		}
	} else {
		groups := slices.Clone(in.strs("SecurityGroupIds"))
		for _, name := range in.strs("SecurityGroups") {
			g := r.groupNamed(name)
			if g == nil {
				return refuse("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC", name)
			}
			groups = append(groups, g.id)
		}
		specs = []object{{"DeviceIndex": 0, "SubnetId": in["SubnetId"], "Groups": stringList(groups)}}
	}
	seen := map[int]bool{}
	for _, spec := range specs {
		n, f := r.readInterface(in, spec, *o)
		if f != nil {
			return f
		}
		if seen[n.device] {
			return violates("InvalidParameterValue", "Each network interface requires a unique device index.")
		}
		seen[n.device] = true
		o.interfaces = append(o.interfaces, n)
	}
	if !seen[0] {
		return violates("InvalidParameterValue", "A network interface with device index 0 is required.")
	}
	o.subnet = o.interfaces[0].subnet
	for _, n := range o.interfaces {
		if n.public && len(o.interfaces) > 1 {
			return badCombination("The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.")
		}
		if n.subnet.zone != o.subnet.zone {
			return badCombination("All network interfaces must be in the same Availability Zone")
		}
	}
	return nil
}

func (r *region) readInterface(in, spec object, o order) (interfaceOrder, *failure) {
	n := interfaceOrder{device: spec.int("DeviceIndex", -1), deleteWith: spec.flag("DeleteOnTermination", true), description: spec.str("Description"), kind: spec.str("InterfaceType")}
	switch {
	case n.device < 0:
		return n, violates("InvalidParameterValue", "Each network interface requires a device index.")
	case spec.has("NetworkInterfaceId"):
		return n, refuse("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", spec.str("NetworkInterfaceId"))
	case n.kind != "" && n.kind != "interface" && n.kind != "efa" && n.kind != "efa-only":
		return n, violates("InvalidParameterValue", "Value (%s) for parameter interfaceType is invalid.", n.kind)
	case strings.HasPrefix(n.kind, "efa") && !o.typ.efa:
		return n, refuse("InvalidParameterCombination", "EFA interfaces are not supported on %s.", o.typ.name)
	case n.kind == "":
		n.kind = "interface"
	}
	var f *failure
	if id := spec.str("SubnetId"); id != "" {
		n.subnet, f = r.subnetOf(id)
	} else {
		n.subnet, f = r.defaultSubnet(in.obj("Placement").str("AvailabilityZone"), o.typ)
	}
	if f != nil {
		return n, f
	}
	if zone := in.obj("Placement").str("AvailabilityZone"); zone != "" && zone != n.subnet.zone {
		return n, violates("InvalidParameterValue", "The specified availability zone '%s' does not match the one of subnet '%s'", zone, n.subnet.id)
	}
	n.public = spec.flag("AssociatePublicIpAddress", n.subnet.publicIP)
	ids := spec.strs("Groups")
	if len(ids) > 5 {
		return n, refuse("SecurityGroupsPerInterfaceLimitExceeded", "You have exceeded the number of security groups allowed for a network interface.")
	}
	for _, id := range ids {
		g, f := r.groupOf(id)
		if f != nil {
			return n, f
		}
		if g.vpc != n.subnet.vpc {
			return n, refuse("InvalidParameter", "Security group %s and subnet %s belong to different networks.", g.id, n.subnet.id)
		}
		n.groups = append(n.groups, g)
	}
	if len(ids) == 0 {
		for _, g := range r.groups.existing() {
			if g.vpc == n.subnet.vpc && g.name == defaultGroupName {
				n.groups = []*group{g}
			}
		}
	}
	return n, nil
}

// defaultSubnet is that of a zone, or of the first zone that offers the type.
func (r *region) defaultSubnet(zone string, t *instanceType) (*subnet, *failure) {
	if zone != "" && !slices.Contains(r.zones, zone) {
		return nil, refuse("InvalidParameterValue", "Invalid availability zone: [%s]", zone)
	}
	for _, s := range r.subnets.existing() {
		if s.isDefault && (s.zone == zone || zone == "" && t.offeredIn(s.zone)) {
			return s, nil
		}
	}
	return nil, refuse("MissingInput", "No subnets found for the default VPC. Please specify a subnet.")
}
