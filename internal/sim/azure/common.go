package azure

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits on tags, as documented for every type of resource.
const (
	maxTags     = 50
	maxTagName  = 512
	maxTagValue = 256
)

func checkTags(doc tree) *failure {
	tags := treeAt(doc, "tags")
	if len(tags) > maxTags {
		return malformed("InvalidTagCount", "The number of tags '%d' exceeds the limit of '%d'.", len(tags), maxTags)
	}
	seen := map[string]bool{}
	for name, v := range tags {
		value, _ := v.(string)
		switch {
		case name == "" || utf8.RuneCountInString(name) > maxTagName:
			return malformed("InvalidTagNameLength", "The tag name length is invalid: it has 1 to %d characters.", maxTagName)
		case strings.ContainsAny(name, `<>%&\?/`):
			return malformed("InvalidTagNameCharacters", `The tag name '%s' has characters that are not allowed: <, >, %%, &, \, ?, /.`, name)
		case utf8.RuneCountInString(value) > maxTagValue:
			return malformed("InvalidTagValueLength", "The value of the tag '%s' has more than %d characters.", name, maxTagValue)
		case seen[lower(name)]:
			return malformed("DuplicateTagName", "The tag name '%s' is given twice; names of tags are compared without regard to case.", name)
		}
		for _, reserved := range []string{"microsoft", "azure", "windows"} {
			if strings.HasPrefix(lower(name), reserved) {
				return malformed("ReservedTagName", "The tag name '%s' starts with the reserved prefix '%s'.", name, reserved)
			}
		}
		seen[lower(name)] = true
	}
	return nil
}

// locations are the regions that exist, with their availability zones.
func locations() map[string][]string {
	three := []string{"1", "2", "3"}
	return map[string][]string{
		"westeurope": three, "northeurope": three, "germanywestcentral": three, "eastus": three, "westus": nil,
	}
}

// plainLocation is how Azure stores a location: "West Europe" is westeurope.
func plainLocation(s string) string { return strings.ReplaceAll(lower(s), " ", "") }

// checkLocation also writes the location as Azure does.
func checkLocation(q *request, old *resource) *failure {
	at, given := q.body["location"].(string)
	if !given {
		if q.kind.parent == "" && needsLocation(q.kind.typ) {
			return malformed("LocationRequired", "The location property is required for this definition.")
		}
		return nil
	}
	at = plainLocation(at)
	if _, exists := locations()[at]; !exists {
		return malformed("LocationNotAvailableForResourceType",
			"The provided location '%s' is not available for resource type '%s'. List of available regions for the resource type is 'westeurope,northeurope,germanywestcentral,eastus,westus'.",
			at, q.kind.typ)
	}
	if old != nil && textAt(old.doc, "location") != at {
		if q.kind.typ == groupType {
			return refuse(http.StatusConflict, "InvalidResourceGroupLocation",
				"Invalid resource group location '%s'. The Resource group already exists in location '%s'.", at, textAt(old.doc, "location"))
		}
		return refuse(http.StatusConflict, "InvalidResourceLocation",
			"The resource '%s' already exists in location '%s' in resource group '%s'. A resource with the same name cannot be created in location '%s'. Please select a new resource name.",
			q.name, textAt(old.doc, "location"), q.group, at)
	}
	q.body["location"] = at
	return nil
}

func needsLocation(typ string) bool { return typ != ruleType && typ != subnetType }

// checkZones holds the zones of a resource against its location.
func checkZones(r *resource) *failure {
	at := textAt(r.doc, "location")
	zones, _ := r.doc["zones"].([]any)
	for _, z := range zones {
		zone, _ := z.(string)
		if slices.Contains(locations()[at], zone) {
			continue
		}
		if len(locations()[at]) == 0 {
			return malformed("LocationNotSupportAvailabilityZones",
				"The resource '%s' does not support availability zones at location '%s'.", r.id, at)
		}
		return malformed("InvalidAvailabilityZone",
			"The zone(s) '%s' for resource '%s/%s' is not supported. The supported zones for location '%s' are '%s'.",
			zone, r.kind.typ, r.name, at, strings.Join(locations()[at], ","))
	}
	return nil
}

// reference resolves an ID in a request; what it names must exist.
func (c *Cloud) reference(from *resource, id, typ string) (*resource, *failure) {
	to := c.find(id)
	if to == nil || to.kind.typ != typ || to.state == deleting {
		if !strings.HasPrefix(lower(id), "/subscriptions/") || !containsFold(id, "/"+last(typ)+"/") {
			return nil, malformed("LinkedInvalidPropertyId", "Property id '%s' at path '%s' is invalid. Expect fully qualified resource Id that start with '/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'.", id, last(typ))
		}
		return nil, refuse(http.StatusBadRequest, "InvalidResourceReference",
			"Resource %s referenced by resource %s was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.", id, from.id)
	}
	return to, nil
}

func containsFold(s, part string) bool { return strings.Contains(lower(s), lower(part)) }

// term is one condition of a $filter, and conjunction what joins them.
var (
	term        = regexp.MustCompile(`^\s*([A-Za-z/]+)\s+eq\s+'((?:[^']|'')*)'\s*$`)
	conjunction = regexp.MustCompile(`(?i)\s+and\s+`)
)

// readFilter understands the filters that listings of groups and resources
// document: equality, joined by and.
func readFilter(q *request) (func(*resource) bool, *failure) {
	all := func(*resource) bool { return true }
	text := q.query.Get("$filter")
	if text == "" || q.kind != nil && q.kind.typ == machineType {
		return all, nil
	}
	terms := map[string]string{}
	for _, part := range conjunction.Split(text, -1) {
		m := term.FindStringSubmatch(part)
		if m == nil {
			return nil, malformed("InvalidFilterInQueryString", "Invalid $filter '%s' specified in the query string.", text)
		}
		terms[m[1]] = strings.ReplaceAll(m[2], "''", "'")
	}
	_, tagged := terms["tagName"]
	for name := range terms {
		tag := name == "tagName" || name == "tagValue"
		known := tag || q.kind == nil && contains([]string{"resourceType", "name", "location", "resourceGroup"}, name)
		if !known || tag != tagged {
			return nil, malformed("InvalidFilterInQueryString",
				"Invalid $filter '%s' specified in the query string: tagName and tagValue stand alone; else resourceType, name, location and resourceGroup can be used.", text)
		}
	}
	return func(r *resource) bool {
		for name, want := range terms {
			if !matches(r, name, want, terms) {
				return false
			}
		}
		return true
	}, nil
}

func matches(r *resource, name, want string, terms map[string]string) bool {
	switch name {
	case "tagName":
		_, has := r.tags[lower(want)]
		return has
	case "tagValue":
		return r.tags[lower(terms["tagName"])] == want
	case "resourceType":
		return strings.EqualFold(r.kind.typ, want)
	case "location":
		return textAt(r.doc, "location") == plainLocation(want)
	case "resourceGroup":
		return strings.EqualFold(last(r.group), want)
	}
	return strings.EqualFold(r.name, want)
}
