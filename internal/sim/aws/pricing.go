package aws

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// products are the prices of machine types on demand, as the price list has
// them: one JSON text a product.
func (r *region) products(c *call) (object, *failure) {
	if service := c.in.str("ServiceCode"); service != "AmazonEC2" {
		return nil, refuse("NotFoundException", "Unable to find service %s", service)
	}
	names := typeNames(r.c.types)
	var found []string
	for _, region := range regionNames() {
		for _, name := range names {
			if matchesProduct(attributesOf(r.c.types[name], region), c.in.objs("Filters")) {
				found = append(found, region+" "+name)
			}
		}
	}
	at := func(s string) int { return slices.Index(found, s) }
	page, next, f := paged(r, c, found, at, 1, 100, false)
	if f != nil {
		return nil, f
	}
	out := list{}
	for _, key := range page {
		region, name, _ := strings.Cut(key, " ")
		text, err := json.Marshal(product(r.c.types[name], region))
		if err != nil {
			return nil, refuse("InternalErrorException", "%s", err.Error())
		}
		out = append(out, string(text))
	}
	return object{"FormatVersion": "aws_v1", "PriceList": out, "NextToken": next}, nil
}

func matchesProduct(attrs map[string]string, filters []object) bool {
	for _, f := range filters {
		value, known := attrs[f.str("Field")]
		if !known || value != f.str("Value") {
			return false
		}
	}
	return true
}

func attributesOf(t *instanceType, region string) map[string]string {
	location := map[string]string{
		"us-east-1": "US East (N. Virginia)", "us-east-2": "US East (Ohio)", "us-west-2": "US West (Oregon)", "eu-central-1": "EU (Frankfurt)",
		"eu-west-1": "EU (Ireland)", "eu-west-2": "EU (London)", "eu-north-1": "EU (Stockholm)", "ca-central-1": "Canada (Central)",
		"ap-northeast-1": "Asia Pacific (Tokyo)", "ap-southeast-1": "Asia Pacific (Singapore)", "ap-southeast-2": "Asia Pacific (Sydney)",
	}[region]
	return map[string]string{
		"servicecode": "AmazonEC2", "regionCode": region, "location": location, "locationType": "AWS Region", "instanceType": t.name,
		"operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used", "licenseModel": "No License required",
		"vcpu": strconv.Itoa(t.vcpus), "marketoption": "OnDemand", "operation": "RunInstances", "productFamily": "Compute Instance", "ServiceCode": "AmazonEC2",
	}
}

func product(t *instanceType, region string) map[string]any {
	sku := hash([]byte(region + t.name))[:16]
	offer, rate := sku+".JRTCKXETXF", sku+".JRTCKXETXF.6YS6EN2CT7"
	return map[string]any{
		"serviceCode": "AmazonEC2", "version": "20260901000000", "publicationDate": "2026-09-01T00:00:00Z",
		"product": map[string]any{"productFamily": "Compute Instance", "sku": sku, "attributes": attributesOf(t, region)},
		"terms": map[string]any{"OnDemand": map[string]any{offer: map[string]any{
			"sku": sku, "offerTermCode": "JRTCKXETXF", "effectiveDate": "2026-09-01T00:00:00Z", "termAttributes": map[string]any{},
			"priceDimensions": map[string]any{rate: map[string]any{
				"rateCode": rate, "unit": "Hrs", "beginRange": "0", "endRange": "Inf", "appliesTo": []string{},
				"description":  "per On Demand Linux " + t.name + " Instance Hour",
				"pricePerUnit": map[string]string{"USD": strconv.FormatFloat(t.price, 'f', 10, 64)},
			}},
		}}},
	}
}
