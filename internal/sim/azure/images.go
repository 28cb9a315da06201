package azure

import (
	"net/http"
	"slices"
	"strings"
)

// image is one version of an image of the Marketplace.
type image struct {
	publisher, offer, sku, version string
	alias                          string // of the distribution, in ecluster's words
	arch                           string
	generation                     string // V1 or V2
	diskGB                         int
	plan                           bool
	deprecated                     bool
}

func (m *image) is(publisher, offer, sku string) bool {
	return strings.EqualFold(m.publisher, publisher) && strings.EqualFold(m.offer, offer) && strings.EqualFold(m.sku, sku)
}

// images are all versions, the oldest of each first.
func images() []image {
	families := []struct {
		image
		versions []string
	}{
		{image{publisher: "Debian", offer: "debian-12", sku: "12", alias: "debian-12", arch: x64, generation: "V1", diskGB: 30}, []string{"0.20260914.2234", "0.20261012.2262"}},
		{image{publisher: "Debian", offer: "debian-12", sku: "12-gen2", alias: "debian-12", arch: x64, generation: "V2", diskGB: 30}, []string{"0.20260914.2234", "0.20261012.2262"}},
		{image{publisher: "Debian", offer: "debian-12", sku: "12-arm64", alias: "debian-12", arch: arm64, generation: "V2", diskGB: 30}, []string{"0.20260914.2234", "0.20261012.2262"}},
		{image{publisher: "Debian", offer: "debian-13", sku: "13", alias: "debian-13", arch: x64, generation: "V1", diskGB: 30}, []string{"0.20260921.2241", "0.20261019.2269"}},
		{image{publisher: "Debian", offer: "debian-13", sku: "13-gen2", alias: "debian-13", arch: x64, generation: "V2", diskGB: 30}, []string{"0.20260921.2241", "0.20261019.2269"}},
		{image{publisher: "Debian", offer: "debian-13", sku: "13-arm64", alias: "debian-13", arch: arm64, generation: "V2", diskGB: 30}, []string{"0.20260921.2241", "0.20261019.2269"}},
		{image{publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server", alias: "ubuntu-24.04", arch: x64, generation: "V2", diskGB: 30}, []string{"24.04.202609050", "24.04.202610130"}},
		{image{publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server-gen1", alias: "ubuntu-24.04", arch: x64, generation: "V1", diskGB: 30}, []string{"24.04.202609050", "24.04.202610130"}},
		{image{publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server-arm64", alias: "ubuntu-24.04", arch: arm64, generation: "V2", diskGB: 30}, []string{"24.04.202609050", "24.04.202610130"}},
		{image{publisher: "resf", offer: "rockylinux-x86_64", sku: "9-base", alias: "rocky-9", arch: x64, generation: "V2", diskGB: 10, plan: true}, []string{"9.4.20240509", "9.6.20260531"}},
		{image{publisher: "microsoft-dsvm", offer: "ubuntu-hpc", sku: "2404", alias: "ubuntu-24.04", arch: x64, generation: "V2", diskGB: 64}, []string{"24.04.2026080401", "24.04.2026100701"}},
	}
	var out []image
	for _, f := range families {
		for i, v := range f.versions {
			m := f.image
			m.version = v
			m.deprecated = m.alias == "rocky-9" && i == 0
			out = append(out, m)
		}
	}
	return out
}

// place is what the path of a request about images names.
type place struct{ location, publisher, offer, sku, version string }

func placeOf(q *request) place {
	var p place
	for i := 0; i+1 < len(q.segments); i++ {
		v := q.segments[i+1]
		switch lower(q.segments[i]) {
		case "locations":
			p.location = plainLocation(v)
		case "publishers":
			p.publisher = v
		case "offers":
			p.offer = v
		case "skus":
			p.sku = v
		case "versions":
			p.version = v
		}
	}
	return p
}

// listImages answers one level of the catalogue: what pick takes of each image
// that lies on the path.
func listImages(level string, pick func(image) string) handler {
	return func(c *Cloud, q *request) *reply {
		p := placeOf(q)
		if _, exists := locations()[p.location]; !exists {
			return failed(refuse(http.StatusBadRequest, "InvalidParameter", "The value '%s' of parameter 'location' is invalid.", p.location))
		}
		var names []string
		for _, m := range c.images {
			if (p.publisher == "" || strings.EqualFold(m.publisher, p.publisher)) &&
				(p.offer == "" || strings.EqualFold(m.offer, p.offer)) && (p.sku == "" || strings.EqualFold(m.sku, p.sku)) {
				if name := pick(m); !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
		if len(names) == 0 {
			return failed(refuse(http.StatusNotFound, "NotFound", "Artifact: VMImage was not found."))
		}
		slices.Sort(names)
		if strings.HasSuffix(lower(q.query.Get("$orderby")), " desc") {
			slices.Reverse(names)
		}
		if top := q.query.Get("$top"); top != "" {
			n, f := atoi("$top", top)
			if f != nil {
				return failed(f)
			}
			names = names[:min(n, len(names))]
		}
		out := make([]any, len(names))
		base := strings.TrimSuffix("/"+strings.Join(q.segments, "/"), "/"+level)
		for i, name := range names {
			out[i] = tree{"location": p.location, "name": name, "id": base + "/" + level + "/" + name}
		}
		return ok(out)
	}
}

func getImage(c *Cloud, q *request) *reply {
	p := placeOf(q)
	for _, m := range c.images {
		if !m.is(p.publisher, p.offer, p.sku) || m.version != p.version {
			continue
		}
		state := "Active"
		if m.deprecated {
			state = "Deprecated"
		}
		props := tree{
			"architecture": m.arch, "hyperVGeneration": m.generation, "automaticOSUpgradeProperties": tree{"automaticOSUpgradeSupported": false},
			"osDiskImage":            tree{"operatingSystem": "Linux", "sizeInGb": m.diskGB, "sizeInBytes": (m.diskGB << 30) + 512},
			"dataDiskImages":         []any{},
			"imageDeprecationStatus": tree{"imageState": state},
		}
		if m.plan {
			props["plan"] = tree{"publisher": m.publisher, "name": m.sku, "product": m.offer}
		}
		return ok(tree{"id": "/" + strings.Join(q.segments, "/"), "location": p.location, "name": m.version, "properties": props})
	}
	return failed(refuse(http.StatusNotFound, "NotFound", "Artifact: VMImage was not found."))
}

// ordering is the provider of agreements to the terms of images with a plan.
const ordering = "Microsoft.MarketplaceOrdering"

// getByID answers what armresources.Client can read: resources that have no
// client of their own, and agreements.
func getByID(c *Cloud, q *request) *reply {
	if !strings.EqualFold(q.namespace(), ordering) {
		return c.get(q)
	}
	p := placeOf(q)
	plan := q.segments[len(q.segments)-3]
	for _, m := range c.images {
		if m.plan && m.is(p.publisher, p.offer, plan) {
			return ok(tree{
				"id": "/" + strings.Join(q.segments, "/"), "name": plan, "type": ordering + "/offertypes",
				"properties": tree{"publisher": m.publisher, "product": m.offer, "plan": m.sku, "accepted": true, "signature": hash(plan)[:32]},
			})
		}
	}
	return failed(refuse(http.StatusBadRequest, "BadRequest",
		"Unable to find legal terms for this offer '%s' of publisher '%s' and plan '%s'.", p.offer, p.publisher, plan))
}
