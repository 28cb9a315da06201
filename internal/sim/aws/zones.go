package aws

import (
	"slices"
	"strings"
)

// zoneID is the name of a zone that is the same in every account.
func (r *region) zoneID(zone string) string {
	parts := strings.Split(r.name, "-")
	short := map[string]string{
		"northeast": "ne", "southeast": "se", "central": "c", "north": "n", "west": "w", "east": "e",
	}
	return parts[0] + short[parts[1]] + parts[2] + "-az" + string('1'+zone[len(zone)-1]-'a')
}

func (r *region) zoneByID(id string) string {
	for _, zone := range r.zones {
		if r.zoneID(zone) == id {
			return zone
		}
	}
	return id
}

func (r *region) checkZone(zone string) *failure {
	if slices.Contains(r.zones, zone) {
		return nil
	}
	return refuse("InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: %s.",
		zone, strings.Join(r.zones, ", "))
}

func (r *region) describeZones(c *call) (object, *failure) {
	zones := r.zones
	wanted := append(c.in.strs("ZoneNames"), c.in.strs("ZoneIds")...)
	if len(wanted) > 0 {
		zones = nil
		for _, zone := range wanted {
			zone = r.zoneByID(zone)
			if !slices.Contains(r.zones, zone) {
				return nil, refuse("InvalidParameterValue", "Invalid availability zone: [%s]", zone)
			}
			zones = append(zones, zone)
		}
	}
	zones, f := filtered(c, zones, nil, attributes[string]{
		"zone-name": one, "zone-id": func(z string) []string { return one(r.zoneID(z)) },
		"region-name": func(string) []string { return one(r.name) }, "state": func(string) []string { return one("available") },
		"zone-type": func(string) []string { return one("availability-zone") }, "group-name": func(string) []string { return one(r.name) },
		"opt-in-status": func(string) []string { return one("opt-in-not-required") },
	})
	return object{"AvailabilityZones": listOf(zones, func(z string) any {
		return object{
			"ZoneName": z, "ZoneId": r.zoneID(z), "RegionName": r.name, "State": "available", "ZoneType": "availability-zone",
			"OptInStatus": "opt-in-not-required", "GroupName": r.name, "NetworkBorderGroup": r.name,
		}
	})}, f
}

func (r *region) describeRegions(c *call) (object, *failure) {
	names := regionNames()
	if wanted := c.in.strs("RegionNames"); len(wanted) > 0 {
		for _, name := range wanted {
			if !slices.Contains(names, name) {
				return nil, refuse("InvalidParameterValue", "Invalid region names specified: [%s]", name)
			}
		}
		names = wanted
	}
	endpoint := func(name string) string { return "ec2." + name + ".amazonaws.com" }
	names, f := filtered(c, names, nil, attributes[string]{
		"region-name": one, "endpoint": func(n string) []string { return one(endpoint(n)) },
		"opt-in-status": func(string) []string { return one("opt-in-not-required") },
	})
	return object{"Regions": listOf(names, func(n string) any {
		return object{"RegionName": n, "Endpoint": endpoint(n), "OptInStatus": "opt-in-not-required"}
	})}, f
}
