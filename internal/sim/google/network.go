package google

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// referTo returns a resource that a body names, or why it can't be used. what
// is as in "network".
func (c *Cloud) referTo(kind, where, field, url string) (*record, *apiError) {
	rec := c.refer(kind, where, url)
	if rec == nil || rec.leaving {
		return nil, absent(field, url, fmt.Sprintf("The referenced %s resource cannot be found.", collections[kind].kind))
	}
	if rec.pending {
		return nil, notReady(rec.path)
	}
	return rec, nil
}

func prepareNetwork(_ *Cloud, _ *request, o object) *apiError {
	if text(o, "IPv4Range") != "" {
		return unsupported("Legacy networks are no longer supported.")
	}
	if _, has := truth(o, "autoCreateSubnetworks"); !has {
		return unsupported("Legacy networks are no longer supported. Either IPv4Range or autoCreateSubnetworks must be specified.")
	}
	if mtu, has := number(o, "mtu"); has && (mtu < 1300 || mtu > 8896) {
		return invalid("resource.mtu", fmt.Sprint(mtu), "Must be between 1300 and 8896.")
	}
	setDefault(o, "mtu", 1460)
	setDefault(o, "networkFirewallPolicyEnforcementOrder", "AFTER_CLASSIC_FIREWALL")
	setDefault(child(o, "routingConfig"), "routingMode", "REGIONAL")
	return nil
}

// networkReady makes the subnetworks of a network in auto mode.
func networkReady(c *Cloud, rec *record) object {
	var urls []any
	if auto, _ := truth(rec.obj, "autoCreateSubnetworks"); auto {
		for i, region := range regionTable() {
			sub := c.add(collections["subnetworks"], rec.project, "regions/"+region.name, rec.name, object{
				"network": rec.url(), "ipCidrRange": fmt.Sprintf("10.%d.0.0/20", 128+4*i),
				"gatewayAddress": fmt.Sprintf("10.%d.0.1", 128+4*i), "purpose": "PRIVATE", "stackType": "IPV4_ONLY",
				"fingerprint": fingerprint(region.name), "privateIpGoogleAccess": false,
			})
			sub.builtin = true
			urls = append(urls, sub.url())
		}
	}
	if urls == nil {
		return object{}
	}
	return object{"subnetworks": urls}
}

func networkUser(c *Cloud, rec *record) string {
	for _, kind := range []string{"instances", "firewalls", "subnetworks", "routers", "addresses"} {
		for _, other := range c.records[kind] {
			if kind == "subnetworks" && other.builtin {
				continue
			}
			if text(other.obj, "network") == rec.url() {
				return other.path
			}
			for _, nic := range items(other.obj, "networkInterfaces") {
				if text(nic, "network") == rec.url() {
					return other.path
				}
			}
		}
	}
	return ""
}

func networkGone(c *Cloud, rec *record) {
	for _, sub := range c.records["subnetworks"] {
		if text(sub.obj, "network") == rec.url() {
			c.remove(sub)
		}
	}
}

func prepareSubnetwork(c *Cloud, r *request, o object) *apiError {
	if text(o, "network") == "" {
		return required("resource.network")
	}
	network, e := c.referTo("networks", "global", "resource.network", text(o, "network"))
	if e != nil {
		return e
	}
	o["network"] = network.url()
	if region := text(o, "region"); region != "" && last(region) != r.params["region"] {
		return invalid("resource.region", region, "Must be the region of the request.")
	}
	cidr := text(o, "ipCidrRange")
	if cidr == "" {
		return required("resource.ipCidrRange")
	}
	p, err := netip.ParsePrefix(cidr)
	switch {
	case err != nil || !p.Addr().Is4() || p.Masked() != p:
		return invalid("resource.ipCidrRange", cidr, "Must be a CIDR address range.")
	case p.Bits() > 29:
		return invalid("resource.ipCidrRange", cidr, "The subnetwork is too small: its prefix can have at most 29 bits.")
	}
	for _, other := range c.records["subnetworks"] {
		if q, err := netip.ParsePrefix(text(other.obj, "ipCidrRange")); err == nil && q.Overlaps(p) && text(other.obj, "network") == network.url() {
			return absent("resource.ipCidrRange", cidr, fmt.Sprintf("The IP CIDR range overlaps with the range of subnetwork '%s'.", other.path))
		}
	}
	setDefault(o, "purpose", "PRIVATE")
	setDefault(o, "stackType", "IPV4_ONLY")
	setDefault(o, "privateIpGoogleAccess", false)
	o["gatewayAddress"], o["fingerprint"] = p.Addr().Next().String(), fingerprint(o)
	return nil
}

// subnetworkReady and subnetworkGone keep the list that the network has.
func subnetworkReady(c *Cloud, rec *record) object {
	if network := c.refer("networks", "global", text(rec.obj, "network")); network != nil {
		network.set(object{"subnetworks": append(append([]any{}, items(network.obj, "subnetworks")...), rec.url())})
	}
	return object{}
}

func subnetworkGone(c *Cloud, rec *record) {
	if network := c.refer("networks", "global", text(rec.obj, "network")); network != nil {
		left := slices.DeleteFunc(append([]any{}, items(network.obj, "subnetworks")...), func(url any) bool { return url == rec.url() })
		if len(left) == 0 {
			network.set(object{"subnetworks": nil})
			return
		}
		network.set(object{"subnetworks": left})
	}
}

func subnetworkUser(c *Cloud, rec *record) string {
	if rec.builtin {
		return strings.TrimPrefix(text(rec.obj, "network"), baseURL)
	}
	for _, vm := range c.records["instances"] {
		for _, nic := range items(vm.obj, "networkInterfaces") {
			if text(nic, "subnetwork") == rec.url() {
				return vm.path
			}
		}
	}
	for _, address := range c.records["addresses"] {
		if text(address.obj, "subnetwork") == rec.url() {
			return address.path
		}
	}
	return ""
}

func prepareRouter(c *Cloud, r *request, o object) *apiError {
	if text(o, "network") == "" {
		return required("resource.network")
	}
	network, e := c.referTo("networks", "global", "resource.network", text(o, "network"))
	if e != nil {
		return e
	}
	o["network"] = network.url()
	for i, nat := range items(o, "nats") {
		at := fmt.Sprintf("resource.nats[%d].", i)
		for _, field := range []string{"name", "natIpAllocateOption", "sourceSubnetworkIpRangesToNat"} {
			if text(nat, field) == "" && (field != "natIpAllocateOption" || len(items(nat, "natIps")) == 0) {
				return required(at + field)
			}
		}
		if text(nat, "sourceSubnetworkIpRangesToNat") == "LIST_OF_SUBNETWORKS" {
			for j, sub := range items(nat, "subnetworks") {
				if _, e := c.referTo("subnetworks", r.where(), fmt.Sprintf("%ssubnetworks[%d].name", at, j), text(sub, "name")); e != nil {
					return e
				}
			}
		}
	}
	return nil
}
