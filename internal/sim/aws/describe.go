package aws

import (
	"strconv"
)

// describeInstances lists instances by their reservations.
func (r *region) describeInstances(c *call) (object, *failure) {
	states := func(i *instance) []string { return one(i.state.String()) }
	page, next, f := describe(r, c, r.instances, listing[*instance]{
		ids: "InstanceIds", prefix: "i", notFound: "InvalidInstanceID.NotFound", malform: "InvalidInstanceID.Malformed", min: 5, max: 1000,
		attrs: attributes[*instance]{
			"instance-id": func(i *instance) []string { return one(i.id) }, "instance-state-name": states,
			"instance-state-code": func(i *instance) []string { return one(strconv.Itoa(int(i.state))) },
			"instance-type":       func(i *instance) []string { return one(i.typ.name) }, "image-id": func(i *instance) []string { return one(i.image.id) },
			"availability-zone": func(i *instance) []string { return one(i.subnet.zone) }, "subnet-id": func(i *instance) []string { return one(i.subnet.id) },
			"vpc-id": func(i *instance) []string { return one(i.subnet.vpc) }, "client-token": func(i *instance) []string { return one(i.order.token) },
			"key-name": func(i *instance) []string { return one(i.order.key) }, "reservation-id": func(i *instance) []string { return one(i.reservation) },
			"owner-id": func(*instance) []string { return one(account) }, "architecture": func(i *instance) []string { return one(i.typ.arch) },
			"private-ip-address": func(i *instance) []string { return one(i.addr.PrivateIP) },
			"ip-address":         func(i *instance) []string { return one(r.publicAddress(i)) },
			"private-dns-name":   func(i *instance) []string { return one(r.privateName(i.addr.PrivateIP)) },
			"launch-index":       func(i *instance) []string { return one(strconv.Itoa(i.index)) },
			"instance-lifecycle": func(i *instance) []string {
				if i.spot == nil {
					return nil
				}
				return one("spot")
			},
			"spot-instance-request-id": func(i *instance) []string {
				if i.spot == nil {
					return nil
				}
				return one(i.spot.id)
			},
			"placement-group-name": func(i *instance) []string {
				if i.order.placement == nil {
					return nil
				}
				return one(i.order.placement.name)
			},
			"instance.group-id": func(i *instance) []string { return i.groups(func(g *group) string { return g.id }) },
			"instance.group-name": func(i *instance) []string {
				return i.groups(func(g *group) string { return g.name })
			},
			"state-reason-code":        func(i *instance) []string { return one(i.reason.code) },
			"root-device-type":         func(*instance) []string { return one("ebs") },
			"tenancy":                  func(*instance) []string { return one("default") },
			"iam-instance-profile.arn": func(i *instance) []string { return one(i.order.profile) },
		},
	})
	if f != nil {
		return nil, f
	}
	reservations, at := list{}, map[string]object{}
	for _, i := range page {
		reservation := at[i.reservation]
		if reservation == nil {
			reservation = r.reservation(i.reservation, nil)
			at[i.reservation] = reservation
			reservations = append(reservations, reservation)
		}
		if items, ok := reservation["Instances"].(list); ok {
			reservation["Instances"] = append(items, r.instanceObject(i))
		}
	}
	return object{"NextToken": next, "Reservations": reservations}, nil
}

func (i *instance) groups(f func(*group) string) []string {
	var out []string
	for _, g := range i.order.interfaces[0].groups {
		out = append(out, f(g))
	}
	return out
}

func groupList(groups []*group) list {
	return listOf(groups, func(g *group) any { return object{"GroupId": g.id, "GroupName": g.name} })
}

func (r *region) instanceObject(i *instance) object {
	o := object{
		"InstanceId": i.id, "ImageId": i.image.id, "InstanceType": i.typ.name, "State": i.state.object(), "AmiLaunchIndex": i.index,
		"LaunchTime": i.since, "Architecture": i.typ.arch, "ClientToken": i.order.token, "KeyName": orNil(i.order.key),
		"EbsOptimized": false, "EnaSupport": true, "Hypervisor": "xen", "VirtualizationType": "hvm", "RootDeviceName": i.image.root,
		"RootDeviceType": "ebs", "StateTransitionReason": i.reason.transition(), "Tags": tagList(i.tags), "ProductCodes": list{},
		"Monitoring": object{"State": map[bool]string{true: "enabled", false: "disabled"}[i.order.monitored]},
		"Placement":  r.placementObject(i), "CpuOptions": object{"CoreCount": i.order.cores, "ThreadsPerCore": i.order.threads},
		"MetadataOptions": i.order.metadata, "PlatformDetails": "Linux/UNIX", "UsageOperation": "RunInstances",
		"CurrentInstanceBootMode": "legacy-bios", "SourceDestCheck": true,
	}
	if i.reason.code != "" {
		o["StateReason"] = object{"Code": i.reason.code, "Message": i.reason.message}
	}
	if i.spot != nil {
		o["InstanceLifecycle"], o["SpotInstanceRequestId"] = "spot", i.spot.id
	}
	if i.order.profile != "" {
		o["IamInstanceProfile"] = object{"Arn": i.order.profile, "Id": "AIPAECLUSTERSIMULATE0"}
	}
	if i.state == terminated {
		return o // nothing is left of its network and disks
	}
	o["SubnetId"], o["VpcId"] = i.subnet.id, i.subnet.vpc
	o["PrivateIpAddress"], o["PublicIpAddress"] = orNil(i.addr.PrivateIP), orNil(r.publicAddress(i))
	o["PrivateDnsName"] = r.privateName(i.addr.PrivateIP)
	o["PublicDnsName"] = r.publicName(i)
	o["SecurityGroups"] = groupList(i.order.interfaces[0].groups)
	disks, interfaces := list{}, list{}
	for _, v := range i.disks {
		if v.instance == i.id {
			disks = append(disks, object{"DeviceName": v.device, "Ebs": object{
				"VolumeId": v.id, "Status": "attached", "DeleteOnTermination": v.deleteWith, "AttachTime": v.born,
			}})
		}
	}
	for _, n := range i.interfaces {
		if n.instance == i.id {
			interfaces = append(interfaces, r.instanceInterface(i, n))
		}
	}
	o["BlockDeviceMappings"], o["NetworkInterfaces"] = disks, interfaces
	return o
}

func (x reason) transition() string {
	if x.is(byUser().code) {
		return "User initiated"
	}
	return x.message
}

func (r *region) placementObject(i *instance) object {
	o := object{"AvailabilityZone": i.subnet.zone, "Tenancy": "default", "GroupName": ""}
	if p := i.order.placement; p != nil {
		o["GroupName"], o["GroupId"] = p.name, p.id
		if n := i.order.placed.int("PartitionNumber", 0); n > 0 {
			o["PartitionNumber"] = n
		}
	}
	return o
}

func (r *region) publicName(i *instance) string {
	ip := r.publicAddress(i)
	if v := r.vpcs.byID[i.subnet.vpc]; ip == "" || v == nil || !v.dnsHostnames {
		return ""
	}
	domain := r.name + ".compute.amazonaws.com"
	if r.name == homeRegion {
		domain = "compute-1.amazonaws.com"
	}
	return "ec2-" + dashed(ip) + "." + domain
}

// describeStatus lists how running instances do, or all of them.
func (r *region) describeStatus(c *call) (object, *failure) {
	all := c.in.flag("IncludeAllInstances", false)
	page, next, f := describe(r, c, r.instances, listing[*instance]{
		ids: "InstanceIds", prefix: "i", notFound: "InvalidInstanceID.NotFound", malform: "InvalidInstanceID.Malformed", min: 5, max: 1000,
		keep: func(i *instance) bool { return all || i.state == running },
		attrs: attributes[*instance]{
			"availability-zone":   func(i *instance) []string { return one(i.subnet.zone) },
			"instance-state-name": func(i *instance) []string { return one(i.state.String()) },
			"instance-state-code": func(i *instance) []string { return one(strconv.Itoa(int(i.state))) },
		},
	})
	if f != nil {
		return nil, f
	}
	out := list{}
	for _, i := range page {
		if !all && i.state != running {
			continue
		}
		health := "ok"
		if i.state != running {
			health = "not-applicable"
		}
		summary := object{"Status": health, "Details": list{object{"Name": "reachability", "Status": map[bool]string{true: "passed", false: "not-applicable"}[health == "ok"]}}}
		o := object{
			"InstanceId": i.id, "AvailabilityZone": i.subnet.zone, "InstanceState": i.state.object(), "InstanceStatus": summary, "SystemStatus": summary,
		}
		if i.spot != nil && i.spot.status == "marked-for-termination" {
			o["Events"] = list{object{"Code": "instance-stop", "Description": "The Spot instance is being reclaimed"}}
		}
		out = append(out, o)
	}
	return object{"NextToken": next, "InstanceStatuses": out}, nil
}
