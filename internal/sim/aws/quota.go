package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The limits of an account, by their codes in Service Quotas.
const (
	quotaStandard     = "L-1216C47A"
	quotaStandardSpot = "L-34B43A08"
	quotaG            = "L-DB2E81BA"
	quotaGSpot        = "L-3819A6DF"
	quotaP            = "L-417A185B"
	quotaPSpot        = "L-7212CCBC"
	quotaP5Spot       = "L-C4BD4855"
	quotaHPC          = "L-F7808C92"
	quotaAddresses    = "L-0263D0A3"
	quotaVPCs         = "L-F678F1CE"
	quotaGateways     = "L-A4707A72"
	quotaGroups       = "L-E79EC296"
	quotaRules        = "L-0EA8095F"
)

type limit struct {
	service, name string
	value         int // what the account has when Options.Quota is silent
}

// ample is a limit that nobody meets.
const ample = 1_000_000

func limits() map[string]limit {
	return map[string]limit{
		quotaStandard:     {ec2, "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", ample},
		quotaStandardSpot: {ec2, "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", ample},
		quotaG:            {ec2, "Running On-Demand G and VT instances", ample},
		quotaGSpot:        {ec2, "All G and VT Spot Instance Requests", ample},
		quotaP:            {ec2, "Running On-Demand P instances", ample},
		quotaPSpot:        {ec2, "All P4, P3 and P2 Spot Instance Requests", ample},
		quotaP5Spot:       {ec2, "All P5 Spot Instance Requests", ample},
		quotaHPC:          {ec2, "Running On-Demand HPC instances", ample},
		quotaAddresses:    {ec2, "EC2-VPC Elastic IPs", 100},
		quotaVPCs:         {"vpc", "VPCs per Region", 100},
		quotaGateways:     {"vpc", "Internet gateways per Region", 100},
		quotaGroups:       {"vpc", "VPC security groups per Region", 2500},
		quotaRules:        {"vpc", "Inbound or outbound rules per security group", 60},
	}
}

func (r *region) quota(code string) int {
	if n, ok := r.c.o.Quota[code]; ok {
		return n
	}
	return limits()[code].value
}

// bucket is the limit that instances of a type count against; empty when
// there are none such.
func (t *instanceType) bucket(spot bool) string {
	family := strings.TrimRight(t.family()[:min(3, len(t.family()))], "0123456789")
	switch {
	case spot && t.noSpot:
		return ""
	case family == "hpc":
		return quotaHPC
	case family[0] == 'g' && spot:
		return quotaGSpot
	case family[0] == 'g':
		return quotaG
	case t.family() == "p5" && spot:
		return quotaP5Spot
	case family[0] == 'p' && spot:
		return quotaPSpot
	case family[0] == 'p':
		return quotaP
	case spot:
		return quotaStandardSpot
	}
	return quotaStandard
}

// vcpus are those that run against a limit now.
func (r *region) vcpus(code string) int {
	n := 0
	for _, i := range r.instances.byID {
		if (i.state == starting || i.state == running) && i.typ.bucket(i.spot != nil) == code {
			n += i.order.vcpus()
		}
	}
	return n
}

func vcpuMessage(limit int) string {
	return fmt.Sprintf("You have requested more vCPU capacity than your current vCPU limit of %d allows for the instance bucket "+
		"that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.", limit)
}

func (r *region) quotaObject(code string) object {
	l := limits()[code]
	name := map[string]string{ec2: "Amazon Elastic Compute Cloud (Amazon EC2)", "vpc": "Amazon Virtual Private Cloud (Amazon VPC)"}[l.service]
	return object{
		"ServiceCode": l.service, "ServiceName": name, "QuotaCode": code, "QuotaName": l.name, "Value": float64(r.quota(code)), "Unit": "None",
		"Adjustable": true, "GlobalQuota": false, "QuotaAppliedAtLevel": "ACCOUNT",
		"QuotaArn": "arn:aws:servicequotas:" + r.name + ":" + account + ":" + l.service + "/" + code,
	}
}

func (r *region) serviceQuota(c *call) (object, *failure) {
	code := c.in.str("QuotaCode")
	if l, ok := limits()[code]; !ok || l.service != c.in.str("ServiceCode") {
		return nil, refuse("NoSuchResourceException", "The request failed because the specified service quota does not exist.")
	}
	return object{"Quota": r.quotaObject(code)}, nil
}

func (r *region) serviceQuotas(c *call) (object, *failure) {
	service := c.in.str("ServiceCode")
	var codes []string
	for _, code := range slices.Sorted(maps.Keys(limits())) {
		if limits()[code].service == service && (!c.in.has("QuotaCode") || c.in.str("QuotaCode") == code) {
			codes = append(codes, code)
		}
	}
	if len(codes) == 0 {
		return nil, refuse("NoSuchResourceException", "The request failed because the specified service does not exist.")
	}
	page, next, f := paged(r, c, codes, func(code string) int { return slices.Index(codes, code) }, 1, 100, false)
	return object{"NextToken": next, "Quotas": listOf(page, func(code string) any { return r.quotaObject(code) })}, f
}
