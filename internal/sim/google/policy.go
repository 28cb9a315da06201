package google

import (
	"fmt"
	"slices"
)

// policyKinds are the fields of which a resource policy has exactly one.
var policyKinds = []string{
	"groupPlacementPolicy", "snapshotSchedulePolicy", "instanceSchedulePolicy", "diskConsistencyGroupPolicy", "workloadPolicy",
}

// compactFamilies are the machine families that can be placed close together.
var compactFamilies = []string{"a2", "a3", "a4", "c2", "c2d", "c3", "c3d", "c4", "c4a", "c4d", "g2", "h3", "n2", "n2d", "n4"}

func preparePolicy(_ *Cloud, r *request, o object) *apiError {
	n := 0
	for _, kind := range policyKinds {
		if _, has := o[kind]; has {
			n++
		}
	}
	if n != 1 {
		return invalid("resource", "", "Exactly one policy must be specified.")
	}
	if region := text(o, "region"); region != "" && last(region) != r.params["region"] {
		return invalid("resource.region", region, "Must be the region of the request.")
	}
	if _, has := o["groupPlacementPolicy"]; has {
		vms, hasVMs := number(o, "groupPlacementPolicy", "vmCount")
		if hasVMs && (vms < 1 || vms > 1500) {
			return invalid("resource.groupPlacementPolicy.vmCount", fmt.Sprint(vms), "Must be between 1 and 1500.")
		}
		domains, hasDomains := number(o, "groupPlacementPolicy", "availabilityDomainCount")
		if hasDomains && (domains < 1 || domains > 8) {
			return invalid("resource.groupPlacementPolicy.availabilityDomainCount", fmt.Sprint(domains), "Must be between 1 and 8.")
		}
		if hasDomains && text(o, "groupPlacementPolicy", "collocation") != "" {
			return invalid("resource.groupPlacementPolicy", "", "Only one of collocation and availabilityDomainCount may be specified.")
		}
	}
	o["status"] = "CREATING"
	return nil
}

func policyReady(*Cloud, *record) object { return object{"status": "READY"} }

func policyUser(c *Cloud, rec *record) string {
	for _, vm := range c.records["instances"] {
		if slices.Contains(items(vm.obj, "resourcePolicies"), any(rec.url())) {
			return vm.path
		}
	}
	return ""
}

// checkPolicies makes whole URLs of an instance's policies, and checks that
// the machine can have them.
func (c *Cloud) checkPolicies(o object, region string, t machineType) *apiError {
	var urls []any
	for i, v := range items(o, "resourcePolicies") {
		url, _ := v.(string)
		field := fmt.Sprintf("resource.resourcePolicies[%d]", i)
		rec, e := c.referTo("resourcePolicies", "regions/"+region, field, url)
		if e != nil {
			return e
		}
		if rec.where != "regions/"+region {
			return absent(field, url, "The resource policy is in another region than the instance.")
		}
		if text(rec.obj, "groupPlacementPolicy", "collocation") == "COLLOCATED" {
			if !slices.Contains(compactFamilies, t.family()) {
				return absent(field, url, fmt.Sprintf("Machine type %s does not support compact placement policies.", t.name))
			}
			most, limited := number(rec.obj, "groupPlacementPolicy", "vmCount")
			if users := c.policyUsers(rec); limited && users >= int(most) {
				return absent(field, url, fmt.Sprintf("The placement policy is for %d instances and has as many.", most))
			}
		}
		urls = append(urls, rec.url())
	}
	if urls != nil {
		o["resourcePolicies"] = urls
	}
	return nil
}

func (c *Cloud) policyUsers(rec *record) int {
	n := 0
	for _, vm := range c.records["instances"] {
		if slices.Contains(items(vm.obj, "resourcePolicies"), any(rec.url())) {
			n++
		}
	}
	return n
}
