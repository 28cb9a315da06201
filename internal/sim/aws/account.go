package aws

import (
	"fmt"
	"slices"
	"strings"
	"time"
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

func (r *region) describeAccount(c *call) (object, *failure) {
	value := func(s string) list { return list{object{"AttributeValue": s}} }
	all := []object{
		{"AttributeName": "default-vpc", "AttributeValues": value(r.defaultVPC().id)},
		{"AttributeName": "max-instances", "AttributeValues": value("20")},
		{"AttributeName": "supported-platforms", "AttributeValues": value("VPC")},
		{"AttributeName": "vpc-max-elastic-ips", "AttributeValues": value(fmt.Sprint(r.quota(quotaAddresses)))},
		{"AttributeName": "vpc-max-security-groups-per-interface", "AttributeValues": value("5")},
	}
	if names := c.in.strs("AttributeNames"); len(names) > 0 {
		all = slices.DeleteFunc(all, func(o object) bool { return !contains(names, o.str("AttributeName")) })
	}
	return object{"AccountAttributes": listOf(all, func(o object) any { return o })}, nil
}

func (r *region) describeInstanceAttribute(c *call) (object, *failure) {
	i, f := r.instanceOf(c.in.str("InstanceId"))
	if f != nil {
		return nil, f
	}
	o := object{"InstanceId": i.id}
	switch c.in.str("Attribute") {
	case "disableApiTermination":
		o["DisableApiTermination"] = object{"Value": i.protected}
	case "instanceInitiatedShutdownBehavior":
		o["InstanceInitiatedShutdownBehavior"] = object{"Value": i.order.shutdown}
	case "instanceType":
		o["InstanceType"] = object{"Value": i.typ.name}
	case "groupSet":
		o["Groups"] = groupList(i.order.interfaces[0].groups)
	case "rootDeviceName":
		o["RootDeviceName"] = object{"Value": i.image.root}
	default:
		return nil, notImplemented("DescribeInstanceAttribute " + c.in.str("Attribute"))
	}
	return o, nil
}

func (r *region) modifyInstanceAttribute(c *call) (object, *failure) {
	i, f := r.instanceOf(c.in.str("InstanceId"))
	if f != nil {
		return nil, f
	}
	switch {
	case c.in.has("DisableApiTermination"):
		i.protected = c.in.obj("DisableApiTermination").flag("Value", false)
	case c.in.has("InstanceInitiatedShutdownBehavior"):
		i.order.shutdown = c.in.obj("InstanceInitiatedShutdownBehavior").str("Value")
	default:
		return nil, notImplemented("ModifyInstanceAttribute of other attributes")
	}
	return nil, nil
}

func (r *region) callerIdentity(c *call) (object, *failure) {
	return object{"Account": account, "Arn": c.who.arn, "UserId": c.who.id}, nil
}

// assumeRole gives out temporary credentials for any role of the account.
func (r *region) assumeRole(c *call) (object, *failure) {
	role, session := c.in.str("RoleArn"), c.in.str("RoleSessionName")
	name, ok := strings.CutPrefix(role, "arn:aws:iam::"+account+":role/")
	if !ok || name == "" {
		return nil, refuse("AccessDenied", "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", c.who.arn, role)
	}
	key := "ASIA" + strings.ToUpper(newID("x")[2:18])
	who := credential{
		secret: newID("secret"), session: newID("session"), arn: "arn:aws:sts::" + account + ":assumed-role/" + name + "/" + session,
		id:      "AROAECLUSTERSIMULATE0:" + session,
		expires: r.c.o.Now().Add(time.Duration(c.in.int("DurationSeconds", 3600)) * time.Second),
	}
	r.c.keys[key] = who
	return object{
		"AssumedRoleUser": object{"Arn": who.arn, "AssumedRoleId": who.id},
		"Credentials": object{
			"AccessKeyId": key, "SecretAccessKey": who.secret, "SessionToken": who.session, "Expiration": who.expires,
		},
	}, nil
}

func contains(items []string, item string) bool { return slices.Contains(items, item) }
