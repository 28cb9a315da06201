package aws

import (
	"encoding/json"
	"slices"
	"strings"
)

// launched is what RunInstances remembers of a ClientToken.
type launched struct {
	params      string // everything that was asked for
	reservation string
	instances   []*instance
}

// runInstances launches as many instances as there is room for, between
// MinCount and MaxCount. The same token makes the same instances.
func (r *region) runInstances(c *call) (object, *failure) {
	o, f := r.readOrder(c)
	if f != nil {
		return nil, f
	}
	if c.in.flag("DryRun", false) {
		return nil, dryRun()
	}
	token, params := c.in.str("ClientToken"), parameters(c.in)
	if before, again := r.tokens[token]; again && token != "" {
		if before.params != params {
			return nil, refuse("IdempotentParameterMismatch", "The client token '%s' was used with other parameters: "+
				"Arguments on this idempotent request are inconsistent with arguments used in previous request(s).", token)
		}
		return r.reservation(before.reservation, before.instances), nil
	}
	n, f := r.room(c, o)
	if f != nil {
		return nil, f
	}
	made := launched{params: params, reservation: newID("r")}
	for index := range n {
		made.instances = append(made.instances, r.launch(c, o, made.reservation, index))
	}
	if token != "" {
		r.tokens[token] = made
	}
	out := r.reservation(made.reservation, made.instances)
	for _, i := range made.instances {
		r.meetFate(i)
	}
	return out, nil
}

// parameters are those of a request that must be equal when it is sent again.
func parameters(in object) string {
	rest := object{}
	for name, v := range in {
		if name != "ClientToken" && name != "DryRun" {
			rest[name] = v
		}
	}
	text, err := json.Marshal(rest)
	if err != nil {
		return err.Error() // of values that JSON can't hold; a request has none
	}
	return string(text)
}

// room is how many of the instances of an order there can be, at least its
// minimum.
func (r *region) room(c *call, o order) (int, *failure) {
	n := o.max
	var short *failure
	lower := func(left int, f func() *failure) {
		if left < n {
			n, short = max(left, 0), f()
		}
	}
	if !o.typ.offeredIn(o.subnet.zone) {
		var others []string
		for _, zone := range r.zones {
			if o.typ.offeredIn(zone) {
				others = append(others, zone)
			}
		}
		return 0, refuse("Unsupported", "Your requested instance type (%s) is not supported in your requested Availability Zone (%s). "+
			"Please retry your request by not specifying an Availability Zone or choosing %s.", o.typ.name, o.subnet.zone, strings.Join(others, ", "))
	}
	limit := o.typ.bucket(o.spot != nil)
	if limit == "" {
		return 0, refuse("InvalidParameterValue", "There is no Spot capacity available: the instance type %s is not supported by Spot.", o.typ.name)
	}
	lower((r.quota(limit)-r.vcpus(limit))/o.vcpus(), func() *failure {
		if o.spot != nil {
			return refuse("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded")
		}
		return refuse("VcpuLimitExceeded", "%s", vcpuMessage(r.quota(limit)))
	})
	if left, limited := r.c.stock[o.stock()]; limited {
		lower(left, func() *failure { return r.stockOut(o) })
	}
	if c.fault != nil && c.fault.Short > 0 {
		lower(c.fault.Short, func() *failure {
			if c.fault.Code != "" {
				return refuse(c.fault.Code, "%s", c.fault.Message)
			}
			return r.stockOut(o)
		})
	}
	if n < o.min {
		return 0, short
	}
	return n, nil
}

func (r *region) stockOut(o order) *failure {
	if o.spot != nil {
		return refuse("InsufficientInstanceCapacity", "There is no Spot capacity available that matches your request.")
	}
	others := slices.DeleteFunc(slices.Clone(r.zones), func(zone string) bool { return zone == o.subnet.zone || !o.typ.offeredIn(zone) })
	return refuse("InsufficientInstanceCapacity", "We currently do not have sufficient %s capacity in the Availability Zone you requested (%s). "+
		"Our system will be working on provisioning additional capacity. You can currently get %s capacity by not specifying an Availability Zone "+
		"in your request or choosing %s.", o.typ.name, o.subnet.zone, o.typ.name, strings.Join(others, ", "))
}

// launch makes one instance of an order, with its disks and interfaces.
func (r *region) launch(c *call, o order, reservation string, index int) *instance {
	i := &instance{
		thing: r.newThing(c, "i", "instance"), order: o, reservation: reservation, index: index,
		subnet: o.subnet, image: o.image, typ: o.typ, since: r.c.o.Now(), protected: c.in.flag("DisableApiTermination", false),
	}
	if left, limited := r.c.stock[o.stock()]; limited {
		i.stock = o.stock()
		r.c.stock[i.stock] = left - 1
	}
	for _, d := range o.disks {
		v := &volume{
			thing: r.newThing(c, "vol", "volume"), zone: o.subnet.zone, sizeGB: d.sizeGB, kind: d.kind, iops: d.iops, throughput: d.throughput,
			instance: i.id, device: d.device, deleteWith: d.deleteWith, snapshot: d.snapshot, encrypted: d.encrypted, state: available,
		}
		r.volumes.add(v)
		i.disks = append(i.disks, v)
	}
	for _, spec := range o.interfaces {
		n := &networkInterface{
			thing: r.newThing(c, "eni", "network-interface"), subnet: spec.subnet, groups: spec.groups, instance: i.id,
			device: spec.device, deleteWith: spec.deleteWith, public: spec.public, description: spec.description, kind: spec.kind,
		}
		r.interfaces.add(n)
		i.interfaces = append(i.interfaces, n)
	}
	if o.spot != nil {
		i.spot = r.newSpotRequest(c, i, *o.spot)
	}
	r.instances.add(i)
	fault := c.fault
	r.launchMachine(i, fault != nil && fault.Never)
	if fault != nil && fault.Later {
		r.c.later(r.c.o.OperationTime, func() {
			code := fault.Code
			if code == "" {
				code = "Server.InternalError"
			}
			if !strings.Contains(code, ".") {
				code = "Server." + code
			}
			r.fail(i, reason{code, code + ": " + fault.Message})
		})
	}
	return i
}

func (r *region) reservation(id string, items []*instance) object {
	return object{
		"ReservationId": id, "OwnerId": account, "Groups": list{},
		"Instances": listOf(items, func(i *instance) any { return r.instanceObject(i) }),
	}
}
