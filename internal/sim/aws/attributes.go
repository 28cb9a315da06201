package aws

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
