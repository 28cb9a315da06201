package google

import (
	"fmt"
	"net/netip"
)

func prepareAddress(c *Cloud, r *request, o object) *apiError {
	setDefault(o, "addressType", "EXTERNAL")
	internal := text(o, "addressType") == "INTERNAL"
	if url := text(o, "subnetwork"); url != "" {
		if !internal {
			return invalid("resource.subnetwork", url, "Only internal addresses can specify a subnetwork.")
		}
		sub, e := c.referTo("subnetworks", r.where(), "resource.subnetwork", url)
		if e != nil {
			return e
		}
		o["subnetwork"] = sub.url()
	}
	if s := text(o, "address"); s != "" {
		if _, err := netip.ParseAddr(s); err != nil {
			return invalid("resource.address", s, "Must be an IP address.")
		}
		if !internal {
			return absent("resource.address", s, "The specified external IP address is not in use by a resource of this project.")
		}
	}
	if internal {
		setDefault(o, "purpose", "GCE_ENDPOINT")
	} else {
		setDefault(o, "networkTier", "PREMIUM")
	}
	o["status"] = "RESERVING"
	return nil
}

func addressReady(c *Cloud, rec *record) object {
	changes := object{"status": "RESERVED"}
	if text(rec.obj, "address") == "" {
		c.nextIP++
		changes["address"] = fmt.Sprintf("203.0.%d.%d", 113+c.nextIP>>8, c.nextIP&255)
	}
	return changes
}

// reserved returns the reserved address of a region with a value, or nil.
func (c *Cloud) reserved(region, ip string) *record {
	for _, rec := range c.records["addresses"] {
		if rec.where == "regions/"+region && text(rec.obj, "address") == ip {
			return rec
		}
	}
	return nil
}
