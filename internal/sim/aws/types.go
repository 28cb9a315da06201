package aws

import (
	"strconv"
	"strings"
)

func (r *region) describeTypes(c *call) (object, *failure) {
	names := typeNames(r.c.types)
	wanted := c.in.strs("InstanceTypes")
	if len(wanted) > 0 {
		var unknown []string
		for _, name := range wanted {
			if r.c.types[name] == nil {
				unknown = append(unknown, name)
			}
		}
		if len(unknown) > 0 {
			return nil, refuse("InvalidInstanceType", "The following supplied instance types do not exist: [%s]", strings.Join(unknown, ", "))
		}
		names = wanted
	}
	types := make([]*instanceType, len(names))
	position := map[*instanceType]int{}
	for i, name := range names {
		types[i] = r.c.types[name]
		position[types[i]] = i
	}
	types, f := filtered(c, types, nil, attributes[*instanceType]{
		"instance-type":                         func(t *instanceType) []string { return one(t.name) },
		"processor-info.supported-architecture": func(t *instanceType) []string { return one(t.arch) },
		"vcpu-info.default-vcpus":               func(t *instanceType) []string { return one(strconv.Itoa(t.vcpus)) },
		"memory-info.size-in-mib":               func(t *instanceType) []string { return one(strconv.Itoa(t.mem)) },
		"current-generation":                    func(t *instanceType) []string { return yesNo(t.current()) },
		"bare-metal":                            func(*instanceType) []string { return one("false") },
		"burstable-performance-supported":       func(t *instanceType) []string { return yesNo(t.family()[0] == 't') },
		"network-info.efa-supported":            func(t *instanceType) []string { return yesNo(t.efa) },
		"supported-usage-class":                 func(t *instanceType) []string { return t.usage() },
		"supported-virtualization-type":         func(*instanceType) []string { return one("hvm") },
	})
	if f != nil {
		return nil, f
	}
	if !c.in.has("MaxResults") && len(wanted) == 0 {
		c.in["MaxResults"] = 100 // EC2's own page
	}
	page, next, f := paged(r, c, types, func(t *instanceType) int { return position[t] }, 5, 100, len(wanted) > 0)
	return object{"NextToken": next, "InstanceTypes": listOf(page, func(t *instanceType) any { return t.object() })}, f
}

func (t *instanceType) current() bool { return t.family() != "t2" }

func (t *instanceType) usage() []string {
	if t.noSpot {
		return []string{"on-demand"}
	}
	return []string{"on-demand", "spot"}
}

func (t *instanceType) object() object {
	threads := list{}
	for n := 1; n <= t.threads(); n++ {
		threads = append(threads, n)
	}
	o := object{
		"InstanceType": t.name, "CurrentGeneration": t.current(), "FreeTierEligible": t.name == "t2.micro" || t.name == "t3.micro",
		"BareMetal": false, "Hypervisor": "nitro", "BurstablePerformanceSupported": t.family()[0] == 't', "HibernationSupported": false,
		"DedicatedHostsSupported": true, "AutoRecoverySupported": true, "InstanceStorageSupported": t.localGB > 0,
		"ProcessorInfo": object{"SupportedArchitectures": list{t.arch}, "SustainedClockSpeedInGhz": 3.1},
		"VCpuInfo": object{
			"DefaultVCpus": t.vcpus, "DefaultCores": max(1, t.vcpus/t.threads()), "DefaultThreadsPerCore": t.threads(), "ValidThreadsPerCore": threads,
		},
		"MemoryInfo":                   object{"SizeInMiB": t.mem},
		"SupportedUsageClasses":        stringList(t.usage()),
		"SupportedRootDeviceTypes":     list{"ebs"},
		"SupportedVirtualizationTypes": list{"hvm"},
		"SupportedBootModes":           list{"legacy-bios", "uefi"},
		"PlacementGroupInfo":           object{"SupportedStrategies": list{"cluster", "partition", "spread"}},
		"EbsInfo":                      object{"EbsOptimizedSupport": "default", "EncryptionSupport": "supported", "NvmeSupport": "required"},
		"NetworkInfo": object{
			"NetworkPerformance": "Up to 12.5 Gigabit", "MaximumNetworkInterfaces": 4, "MaximumNetworkCards": 1, "DefaultNetworkCardIndex": 0,
			"Ipv4AddressesPerInterface": 15, "Ipv6AddressesPerInterface": 15, "Ipv6Supported": true, "EnaSupport": "required", "EfaSupported": t.efa,
		},
	}
	if t.localGB > 0 {
		o["InstanceStorageInfo"] = object{"TotalSizeInGB": t.localGB, "NvmeSupport": "required", "EncryptionSupport": "required"}
	}
	if t.gpus > 0 {
		o["GpuInfo"] = object{
			"TotalGpuMemoryInMiB": t.gpus * t.gpuMem,
			"Gpus":                list{object{"Name": t.gpu, "Manufacturer": t.gpuMaker, "Count": t.gpus, "MemoryInfo": object{"SizeInMiB": t.gpuMem}}},
		}
	}
	if t.efa {
		if info, ok := o["NetworkInfo"].(object); ok {
			info["NetworkPerformance"], info["EfaInfo"] = "100 Gigabit", object{"MaximumEfaInterfaces": 1}
		}
	}
	return o
}

type offering struct {
	typ, place string
	n          int
}

func (r *region) describeOfferings(c *call) (object, *failure) {
	kind := c.in.str("LocationType")
	var all []offering
	for _, name := range typeNames(r.c.types) {
		t := r.c.types[name]
		switch kind {
		case "availability-zone", "availability-zone-id":
			for _, zone := range r.zones {
				if t.offeredIn(zone) {
					place := zone
					if kind == "availability-zone-id" {
						place = r.zoneID(zone)
					}
					all = append(all, offering{name, place, len(all)})
				}
			}
		default:
			kind = "region"
			all = append(all, offering{name, r.name, len(all)})
		}
	}
	all, f := filtered(c, all, nil, attributes[offering]{
		"location": func(o offering) []string { return one(o.place) }, "instance-type": func(o offering) []string { return one(o.typ) },
	})
	if f != nil {
		return nil, f
	}
	page, next, f := paged(r, c, all, func(o offering) int { return o.n }, 5, 1000, false)
	return object{"NextToken": next, "InstanceTypeOfferings": listOf(page, func(o offering) any {
		return object{"InstanceType": o.typ, "LocationType": kind, "Location": o.place}
	})}, f
}
