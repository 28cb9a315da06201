package aws

import (
	"strings"
)

// networkInterface is an elastic network interface.
type networkInterface struct {
	thing
	subnet      *subnet
	groups      []*group
	instance    string // to which it is attached
	device      int
	deleteWith  bool
	public      bool // it has a public address
	description string
	kind        string
}

func dashed(ip string) string { return strings.ReplaceAll(ip, ".", "-") }

// instanceInterface is an interface as its instance has it.
func (r *region) instanceInterface(i *instance, n *networkInterface) object {
	o := object{
		"NetworkInterfaceId": n.id, "SubnetId": n.subnet.id, "VpcId": n.subnet.vpc, "Status": "in-use", "OwnerId": account,
		"Description": n.description, "InterfaceType": n.kind, "SourceDestCheck": true, "Groups": groupList(n.groups),
		"PrivateIpAddress": orNil(i.addr.PrivateIP), "PrivateDnsName": orNil(r.privateName(i.addr.PrivateIP)),
		"Attachment": object{
			"AttachmentId": "eni-attach-" + n.id[4:], "DeviceIndex": n.device, "Status": "attached", "DeleteOnTermination": n.deleteWith,
			"AttachTime": n.born, "NetworkCardIndex": 0,
		},
	}
	if ip := r.publicAddress(i); n.public && ip != "" {
		o["Association"] = object{"PublicIp": ip, "PublicDnsName": r.publicName(i), "IpOwnerId": "amazon"}
	}
	return o
}

func (r *region) interfaceObject(n *networkInterface) object {
	o := object{
		"NetworkInterfaceId": n.id, "SubnetId": n.subnet.id, "VpcId": n.subnet.vpc, "AvailabilityZone": n.subnet.zone, "OwnerId": account,
		"Description": n.description, "InterfaceType": n.kind, "SourceDestCheck": true, "Groups": groupList(n.groups), "RequesterManaged": false,
		"Status": n.status(), "TagSet": tagList(n.tags),
	}
	if i := r.instances.byID[n.instance]; i != nil {
		o["PrivateIpAddress"] = orNil(i.addr.PrivateIP)
		o["Attachment"] = object{
			"AttachmentId": "eni-attach-" + n.id[4:], "DeviceIndex": n.device, "Status": "attached", "DeleteOnTermination": n.deleteWith,
			"InstanceId": n.instance, "InstanceOwnerId": account, "AttachTime": n.born,
		}
		if ip := r.publicAddress(i); n.public && ip != "" {
			o["Association"] = object{"PublicIp": ip, "IpOwnerId": "amazon"}
		}
	}
	return o
}

func (n *networkInterface) status() string {
	if n.instance != "" {
		return "in-use"
	}
	return available
}

func (r *region) describeInterfaces(c *call) (object, *failure) {
	page, next, f := describe(r, c, r.interfaces, listing[*networkInterface]{
		ids: "NetworkInterfaceIds", prefix: "eni", notFound: "InvalidNetworkInterfaceID.NotFound", malform: "InvalidNetworkInterfaceId.Malformed", min: 5, max: 1000,
		attrs: attributes[*networkInterface]{
			"network-interface-id": func(n *networkInterface) []string { return one(n.id) },
			"subnet-id":            func(n *networkInterface) []string { return one(n.subnet.id) },
			"vpc-id":               func(n *networkInterface) []string { return one(n.subnet.vpc) },
			"availability-zone":    func(n *networkInterface) []string { return one(n.subnet.zone) },
			"status":               func(n *networkInterface) []string { return one(n.status()) },
			"description":          func(n *networkInterface) []string { return one(n.description) },
			"interface-type":       func(n *networkInterface) []string { return one(n.kind) },
			"group-id": func(n *networkInterface) []string {
				var ids []string
				for _, g := range n.groups {
					ids = append(ids, g.id)
				}
				return ids
			},
			"attachment.instance-id": func(n *networkInterface) []string { return one(n.instance) },
			"owner-id":               func(*networkInterface) []string { return one(account) },
		},
	})
	return object{"NextToken": next, "NetworkInterfaces": listOf(page, func(n *networkInterface) any { return r.interfaceObject(n) })}, f
}

func (r *region) deleteInterface(c *call) (object, *failure) {
	id := c.in.str("NetworkInterfaceId")
	if !isID(id, "eni") {
		return nil, violates("InvalidNetworkInterfaceId.Malformed", "Invalid id: \"%s\" (expecting \"eni-...\")", id)
	}
	n, ok := find(r, r.interfaces, id)
	switch {
	case !ok:
		return nil, refuse("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", id)
	case n.instance != "":
		return nil, refuse("InvalidParameterValue", "Network interface '%s' is currently in use.", id)
	}
	remove(r, r.interfaces, n)
	return nil, nil
}
