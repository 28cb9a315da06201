package google

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// furnish makes what every project has from the beginning.
func (c *Cloud) furnish() {
	lag := c.o.CreateLag
	c.o.CreateLag = 0
	c.types = map[string]machineType{}
	for _, region := range regionTable() {
		var zones []any
		for _, zone := range region.zones {
			zones = append(zones, baseURL+"projects/"+Project+"/zones/"+zone)
			c.furnishZone(region.name, zone)
		}
		c.add(collections["regions"], Project, "", region.name, object{
			"status": "UP", "description": region.name, "zones": zones, "supportsPzs": false,
		}).builtin = true
	}
	c.furnishImages()
	c.furnishNetwork()
	c.o.CreateLag = lag
}

func (c *Cloud) furnishZone(region, zone string) {
	c.add(collections["zones"], Project, "", zone, object{
		"status": "UP", "description": zone, "region": baseURL + "projects/" + Project + "/regions/" + region,
		"availableCpuPlatforms": []any{"Ampere Altra", "Intel Broadwell", "Intel Cascade Lake", "Intel Haswell", "Intel Ice Lake", "Intel Skylake"},
	}).builtin = true
	where := "zones/" + zone
	for _, t := range machineTypes(zone) {
		c.types[zone+"/"+t.name] = t
		c.add(collections["machineTypes"], Project, where, t.name, t.resource()).builtin = true
	}
	for _, name := range slices.Sorted(maps.Keys(acceleratorTypes())) {
		if offered(name, zone) {
			c.add(collections["acceleratorTypes"], Project, where, name, object{
				"description": strings.ReplaceAll(name, "-", " "), "maximumCardsPerInstance": acceleratorTypes()[name],
			}).builtin = true
		}
	}
	for _, name := range diskTypes() {
		c.add(collections["diskTypes"], Project, where, name, object{"description": name, "defaultDiskSizeGb": "500"}).builtin = true
	}
}

// resource is the machine type as clients see it.
func (t machineType) resource() object {
	o := object{
		"guestCpus": t.cpus, "memoryMb": t.mb, "isSharedCpu": t.shared, "architecture": t.arch(),
		"imageSpaceGb": 0, "maximumPersistentDisks": 128, "maximumPersistentDisksSizeGb": "263168",
		"description":       fmt.Sprintf("%d vCPUs, %d MB RAM", t.cpus, t.mb),
		"creationTimestamp": "1969-12-31T16:00:00.000-08:00",
	}
	if t.gpus > 0 {
		o["accelerators"] = []any{object{"guestAcceleratorType": t.gpu, "guestAcceleratorCount": t.gpus}}
	}
	return o
}

// custom is a machine type that exists only because somebody asks for it.
func (t machineType) custom(r *request) object {
	o := t.resource()
	o["kind"], o["name"], o["zone"] = "compute#machineType", t.name, r.params["zone"]
	o["selfLink"] = baseURL + collections["machineTypes"].path(Project, r.where(), t.name)
	return o
}

// furnishNetwork makes the default network with the rules that it comes with.
func (c *Cloud) furnishNetwork() {
	network := c.add(collections["networks"], Project, "global", "default", object{
		"autoCreateSubnetworks": true, "mtu": 1460, "description": "Default network for the project",
		"routingConfig": object{"routingMode": "REGIONAL"},
	})
	network.builtin = true
	network.set(networkReady(c, network))
	for _, rule := range []struct {
		name    string
		from    string
		allowed []any
	}{
		{"default-allow-icmp", "0.0.0.0/0", []any{object{"IPProtocol": "icmp"}}},
		{"default-allow-internal", "10.128.0.0/9", []any{
			object{"IPProtocol": "tcp", "ports": []any{"0-65535"}}, object{"IPProtocol": "udp", "ports": []any{"0-65535"}}, object{"IPProtocol": "icmp"},
		}},
		{"default-allow-rdp", "0.0.0.0/0", []any{object{"IPProtocol": "tcp", "ports": []any{"3389"}}}},
		{"default-allow-ssh", "0.0.0.0/0", []any{object{"IPProtocol": "tcp", "ports": []any{"22"}}}},
	} {
		c.add(collections["firewalls"], Project, "global", rule.name, object{
			"network": network.url(), "priority": 65534, "direction": "INGRESS", "disabled": false,
			"sourceRanges": []any{rule.from}, "allowed": rule.allowed, "logConfig": object{"enable": false},
		}).builtin = true
	}
}
