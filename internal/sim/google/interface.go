package google

import (
	"fmt"
	"net/netip"
)

// checkInterfaces makes whole URLs of networks and subnetworks.
func (c *Cloud) checkInterfaces(o object, region string) *apiError {
	nics := items(o, "networkInterfaces")
	if len(nics) == 0 {
		return required("resource.networkInterfaces")
	}
	for i, v := range nics {
		nic, _ := v.(object)
		field := fmt.Sprintf("resource.networkInterfaces[%d].", i)
		if e := c.checkInterface(nic, field, region); e != nil {
			return e
		}
		nic["name"], nic["kind"], nic["fingerprint"] = fmt.Sprintf("nic%d", i), "compute#networkInterface", fingerprint(nic)
		setDefault(nic, "stackType", "IPV4_ONLY")
	}
	return nil
}

func (c *Cloud) checkInterface(nic object, field, region string) *apiError {
	url, sub := text(nic, "network"), text(nic, "subnetwork")
	var network *record
	if url == "" && sub == "" {
		url = "global/networks/default"
	}
	if url != "" {
		var e *apiError
		if network, e = c.referTo("networks", "global", field+"network", url); e != nil {
			return e
		}
		auto, _ := truth(network.obj, "autoCreateSubnetworks")
		if sub == "" && !auto {
			return absent(field+"subnetwork", "", "Network interface must specify a subnet if the network resource is in custom subnet mode.")
		}
		if sub == "" {
			sub = "regions/" + region + "/subnetworks/" + network.name
		}
	}
	subnet, e := c.referTo("subnetworks", "regions/"+region, field+"subnetwork", sub)
	if e != nil {
		return e
	}
	if subnet.where != "regions/"+region {
		return absent(field+"subnetwork", sub, "Subnetwork must be in the region of the instance.")
	}
	if network != nil && text(subnet.obj, "network") != network.url() {
		return absent(field+"subnetwork", sub, "The subnetwork belongs to another network.")
	}
	nic["network"], nic["subnetwork"] = text(subnet.obj, "network"), subnet.url()
	if ip := text(nic, "networkIP"); ip != "" {
		if _, err := netip.ParseAddr(ip); err != nil {
			return invalid(field+"networkIP", ip, "Must be an IP address.")
		}
	}
	return c.checkAccess(nic, field, region)
}

func (c *Cloud) checkAccess(nic object, field, region string) *apiError {
	configs := items(nic, "accessConfigs")
	if len(configs) > 1 {
		return invalid(field+"accessConfigs", "", "At most one access config currently supported.")
	}
	for _, v := range configs {
		access, _ := v.(object)
		if kind := text(access, "type"); kind != "" && kind != "ONE_TO_ONE_NAT" {
			return invalid(field+"accessConfigs[0].type", kind, "Must be ONE_TO_ONE_NAT.")
		}
		setDefault(access, "type", "ONE_TO_ONE_NAT")
		setDefault(access, "name", "external-nat")
		setDefault(access, "networkTier", "PREMIUM")
		access["kind"] = "compute#accessConfig"
		ip := text(access, "natIP")
		if ip == "" {
			continue
		}
		address := c.reserved(region, ip)
		if address == nil {
			return absent(field+"accessConfigs[0].natIP", ip, fmt.Sprintf("The specified external IP address '%s' was not found in region '%s'.", ip, region))
		}
		if by := firstUser(c, address); by != "" {
			return absent(field+"accessConfigs[0].natIP", ip, "The specified external IP address is already in use.")
		}
	}
	return nil
}
