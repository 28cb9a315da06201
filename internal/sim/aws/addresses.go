package aws

import (
	"fmt"
)

// address is an Elastic IP.
type address struct {
	thing
	ip       string
	instance string
}

func (r *region) allocateAddress(c *call) (object, *failure) {
	if f := checkSpecifications(c, "elastic-ip"); f != nil {
		return nil, f
	}
	if len(r.addresses.existing()) >= r.quota(quotaAddresses) {
		return nil, refuse("AddressLimitExceeded", "The maximum number of addresses has been reached.")
	}
	a := &address{thing: r.newThing(c, "eipalloc", "elastic-ip")}
	a.ip = fmt.Sprintf("203.0.113.%d", a.seq%254+1)
	r.addresses.add(a)
	return object{"AllocationId": a.id, "PublicIp": a.ip, "Domain": "vpc", "PublicIpv4Pool": "amazon", "NetworkBorderGroup": r.name}, nil
}

func (r *region) describeAddresses(c *call) (object, *failure) {
	page, _, f := describe(r, c, r.addresses, listing[*address]{
		ids: "AllocationIds", prefix: "eipalloc", notFound: "InvalidAllocationID.NotFound", malform: "InvalidAllocationID.Malformed", whole: true,
		attrs: attributes[*address]{
			"allocation-id": func(a *address) []string { return one(a.id) }, "public-ip": func(a *address) []string { return one(a.ip) },
			"instance-id": func(a *address) []string { return one(a.instance) }, "domain": func(*address) []string { return one("vpc") },
		},
	})
	return object{"Addresses": listOf(page, func(a *address) any {
		return object{
			"AllocationId": a.id, "PublicIp": a.ip, "Domain": "vpc", "InstanceId": orNil(a.instance), "Tags": tagList(a.tags),
			"PublicIpv4Pool": "amazon", "NetworkBorderGroup": r.name,
		}
	})}, f
}

func (r *region) releaseAddress(c *call) (object, *failure) {
	id := c.in.str("AllocationId")
	if id == "" {
		return nil, missing("allocationId")
	}
	a, ok := find(r, r.addresses, id)
	switch {
	case !ok:
		return nil, refuse("InvalidAllocationID.NotFound", "The allocation ID '%s' does not exist", id)
	case a.instance != "":
		return nil, refuse("InvalidIPAddress.InUse", "Address %s is in use.", a.ip)
	}
	remove(r, r.addresses, a)
	return nil, nil
}
