package aws

import (
	"fmt"
	"slices"
)

func (r *region) describeAccount(c *call) (object, *failure) {
	value := func(s string) list { return list{object{"AttributeValue": s}} }
	standard := "none"
	if v := r.defaultVPC(); v != nil {
		standard = v.id
	}
	all := []object{
		{"AttributeName": "default-vpc", "AttributeValues": value(standard)},
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

func contains(items []string, item string) bool { return slices.Contains(items, item) }
