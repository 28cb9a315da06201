package azure

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// getSubscription and listSubscriptions answer what the account is.
func getSubscription(*Cloud, *request) *reply { return ok(subscriptionTree()) }

func listSubscriptions(*Cloud, *request) *reply {
	return ok(tree{"value": []any{subscriptionTree()}})
}

func subscriptionTree() tree {
	return tree{
		"id": "/subscriptions/" + Subscription, "subscriptionId": Subscription, "tenantId": tenant, "displayName": "Simulated",
		"state": "Enabled", "authorizationSource": "RoleBased",
		"subscriptionPolicies": tree{"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"},
	}
}

func listLocations(*Cloud, *request) *reply {
	var names []string
	for name := range locations() {
		names = append(names, name)
	}
	slices.Sort(names)
	display := map[string]string{
		"westeurope": "West Europe", "northeurope": "North Europe", "germanywestcentral": "Germany West Central", "eastus": "East US", "westus": "West US",
	}
	values := []any{}
	for _, name := range names {
		l := tree{
			"id": "/subscriptions/" + Subscription + "/locations/" + name, "name": name, "displayName": display[name],
			"regionalDisplayName": display[name], "type": "Region", "metadata": tree{"regionType": "Physical", "regionCategory": "Recommended"},
		}
		if zones := locations()[name]; len(zones) > 0 {
			mappings := []any{}
			for _, z := range zones {
				mappings = append(mappings, tree{"logicalZone": z, "physicalZone": name + "-az" + z})
			}
			l["availabilityZoneMappings"] = mappings
		}
		values = append(values, l)
	}
	return ok(tree{"value": values})
}

// namespaces are the resource providers that the subscription may use.
func namespaces() []string {
	return []string{"Microsoft.Compute", "Microsoft.DevTestLab", "Microsoft.ManagedIdentity", "Microsoft.Network", "Microsoft.Resources"}
}

func getProvider(c *Cloud, q *request) *reply {
	name := q.segments[3]
	for _, n := range namespaces() {
		if strings.EqualFold(n, name) {
			return ok(c.providerTree(n))
		}
	}
	return failed(refuse(http.StatusNotFound, "InvalidResourceNamespace", "The resource namespace '%s' is invalid.", name))
}

func listProviders(c *Cloud, _ *request) *reply {
	values := []any{}
	for _, n := range namespaces() {
		values = append(values, c.providerTree(n))
	}
	return ok(tree{"value": values})
}

func (c *Cloud) providerTree(namespace string) tree {
	types := []any{}
	for _, k := range kinds() {
		if rest, is := strings.CutPrefix(k.typ, namespace+"/"); is {
			op := c.schema.find(http.MethodGet, split("/subscriptions/s/resourceGroups/g/providers/"+namespace+"/"+strings.ReplaceAll(rest, "/", "/n/")+"/n"))
			if op != nil {
				types = append(types, tree{
					"resourceType": rest, "apiVersions": []string{op.Version},
					"locations": []string{"West Europe", "North Europe", "Germany West Central", "East US", "West US"},
				})
			}
		}
	}
	return tree{
		"id": "/subscriptions/" + Subscription + "/providers/" + namespace, "namespace": namespace,
		"registrationState": "Registered", "registrationPolicy": "RegistrationRequired", "resourceTypes": types,
	}
}

// computeUsages lists the quotas of the compute provider with what is used.
func computeUsages(c *Cloud, q *request) *reply {
	location := plainLocation(q.segments[5])
	if _, exists := locations()[location]; !exists {
		return failed(refuse(http.StatusBadRequest, "InvalidParameter", "The value '%s' of parameter 'location' is invalid.", location))
	}
	used := c.used(location)
	names := map[string]string{
		"availabilitySets": "Availability Sets", allCores: "Total Regional vCPUs", vmCount: "Virtual Machines", lowCores: "Total Regional Low-priority vCPUs",
	}
	for _, s := range c.sizes {
		names[s.family] = s.family + " vCPUs"
	}
	used["availabilitySets"] = len(c.of(availabilityType, ""))
	return ok(tree{"value": c.usageList(names, used)})
}

func (c *Cloud) usageList(names map[string]string, used map[string]int) []any {
	var sorted []string
	for n := range names {
		sorted = append(sorted, n)
	}
	slices.Sort(sorted)
	values := []any{}
	for _, n := range sorted {
		limit, _ := c.limit(n)
		values = append(values, tree{
			"unit": "Count", "currentValue": used[n], "limit": limit, "name": tree{"value": n, "localizedValue": names[n]},
		})
	}
	return values
}

// networkUsages lists the quotas of the network provider.
func networkUsages(c *Cloud, q *request) *reply {
	location := plainLocation(q.segments[5])
	if _, exists := locations()[location]; !exists {
		return failed(refuse(http.StatusBadRequest, "InvalidParameter", "The value '%s' of parameter 'location' is invalid.", location))
	}
	names := map[string]string{
		"VirtualNetworks": "Virtual Networks", "PublicIPAddresses": "Public IP Addresses", "NetworkInterfaces": "Network Interfaces",
		"NetworkSecurityGroups": "Network Security Groups", "NatGateways": "Nat Gateways",
		"StandardSkuPublicIpAddresses":     "Public IPv4 Addresses - Standard",
		"IPv4StandardSkuPublicIpAddresses": "Standard SKU IPv4 Public IP Addresses",
	}
	addresses := len(c.of(addressType, ""))
	used := map[string]int{
		"VirtualNetworks": len(c.of(networkType, "")), "NetworkInterfaces": len(c.of(interfaceType, "")),
		"NetworkSecurityGroups": len(c.of(securityType, "")), "NatGateways": len(c.of(natType, "")),
		"PublicIPAddresses": addresses, "StandardSkuPublicIpAddresses": addresses, "IPv4StandardSkuPublicIpAddresses": addresses,
	}
	values := c.usageList(names, used)
	for _, v := range values {
		if u, is := v.(tree); is {
			u["id"] = "/subscriptions/" + Subscription + "/providers/Microsoft.Network/locations/" + location + "/usages/" + textAt(u, "name", "value")
		}
	}
	return ok(tree{"value": values})
}

func atoi(name, text string) (int, *failure) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, malformed("InvalidParameter", "The value '%s' of parameter '%s' is no number.", text, name)
	}
	return n, nil
}
