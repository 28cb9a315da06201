package aws

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

const maxTags = 50

func tagsOf(tags []object) map[string]string {
	m := map[string]string{}
	for _, t := range tags {
		m[t.str("Key")] = t.str("Value")
	}
	return m
}

// tagList answers with the tags of a thing; nil when it has none.
func tagList(tags map[string]string) any {
	if len(tags) == 0 {
		return nil
	}
	l := list{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		l = append(l, object{"Key": key, "Value": tags[key]})
	}
	return l
}

// checkTags holds tags against the documented limits.
func checkTags(tags []object) *failure {
	seen := map[string]bool{}
	for _, t := range tags {
		key, value := t.str("Key"), t.str("Value")
		switch {
		case key == "":
			return violates("InvalidParameterValue", "Tag key cannot be null or empty")
		case utf8.RuneCountInString(key) > 128:
			return violates("InvalidParameterValue", "Tag key exceeds the maximum length of 128 characters")
		case utf8.RuneCountInString(value) > 256:
			return violates("InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return violates("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		case seen[key]:
			return violates("InvalidParameterValue", "Duplicate tag key '%s' specified.", key)
		}
		seen[key] = true
	}
	if len(tags) > maxTags {
		return violates("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
	}
	return nil
}

// checkSpecifications holds the TagSpecifications of a request against the
// limits and the kinds of things that it makes.
func checkSpecifications(c *call, kinds ...string) *failure {
	seen := map[string]bool{}
	for _, spec := range c.in.objs("TagSpecifications") {
		kind := spec.str("ResourceType")
		switch {
		case kind == "":
			return violates("InvalidParameterValue", "Tag specification resource type must have a value")
		case !slices.Contains(kinds, kind):
			return violates("InvalidParameterValue", "'%s' is not a valid taggable resource type for this operation.", kind)
		case seen[kind]:
			return violates("InvalidParameterValue", "Tag specification resource type '%s' is given twice", kind)
		case len(spec.objs("Tags")) == 0:
			return violates("InvalidParameterValue", "Tag specification must have at least one tag")
		}
		seen[kind] = true
		if f := checkTags(spec.objs("Tags")); f != nil {
			return f
		}
	}
	return nil
}

// createTags sets the tags of all resources, or of none when one can't be.
func (r *region) createTags(c *call) (object, *failure) {
	if len(c.in.objs("Tags")) == 0 {
		return nil, missing("Tag")
	}
	if f := checkTags(c.in.objs("Tags")); f != nil {
		return nil, f
	}
	things, f := r.taggable(c)
	if f != nil {
		return nil, f
	}
	tags := tagsOf(c.in.objs("Tags"))
	for _, t := range things {
		both := maps.Clone(t.tags)
		maps.Copy(both, tags)
		if len(both) > maxTags {
			return nil, refuse("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
		}
	}
	for _, t := range things {
		maps.Copy(t.tags, tags)
		if i := r.instances.byID[t.id]; i != nil {
			r.meetFate(i)
		}
	}
	return nil, nil
}

func (r *region) deleteTags(c *call) (object, *failure) {
	things, f := r.taggable(c)
	if f != nil {
		return nil, f
	}
	for _, t := range things {
		if !c.in.has("Tags") {
			clear(t.tags)
		}
		for _, tag := range c.in.objs("Tags") {
			if value, have := t.tags[tag.str("Key")]; have && (!tag.has("Value") || tag.str("Value") == value) {
				delete(t.tags, tag.str("Key"))
			}
		}
	}
	return nil, nil
}

func (r *region) taggable(c *call) ([]*thing, *failure) {
	ids := c.in.strs("Resources")
	if len(ids) > 1000 {
		return nil, violates("InvalidParameterValue", "The maximum number of resources is 1000")
	}
	things := make([]*thing, 0, len(ids))
	for _, id := range ids {
		t := r.thing(id)
		if t == nil || !r.known(t) {
			return nil, notFoundTag(id)
		}
		things = append(things, t)
	}
	return things, nil
}

// notFoundTag is how EC2 says that there is nothing with an id to be tagged.
func notFoundTag(id string) *failure {
	prefix, _, _ := strings.Cut(id, "-")
	codes := map[string]string{
		"i": "InvalidInstanceID", "vol": "InvalidVolume", "snap": "InvalidSnapshot", "ami": "InvalidAMIID", "vpc": "InvalidVpcID",
		"subnet": "InvalidSubnetID", "igw": "InvalidInternetGatewayID", "rtb": "InvalidRouteTableID", "sg": "InvalidGroup",
		"sgr": "InvalidSecurityGroupRuleId", "eni": "InvalidNetworkInterfaceID", "pg": "InvalidPlacementGroup",
		"key": "InvalidKeyPair", "eipalloc": "InvalidAllocationID", "sir": "InvalidSpotInstanceRequestID",
	}
	code := codes[prefix]
	if code == "" || !isID(id, prefix) {
		return violates("InvalidID", "The ID '%s' is not valid", id)
	}
	return refuse(code+".NotFound", "The ID '%s' does not exist", id)
}

// describeTags lists the tags of everything.
func (r *region) describeTags(c *call) (object, *failure) {
	type row struct {
		t          *thing
		key, value string
		n          int
	}
	var rows []row
	r.everything(func(t *thing) {
		if !r.shown(t) {
			return
		}
		for _, key := range slices.Sorted(maps.Keys(t.tags)) {
			rows = append(rows, row{t, key, t.tags[key], len(rows)})
		}
	})
	rows, f := filtered(c, rows, nil, attributes[row]{
		"key":           func(x row) []string { return one(x.key) },
		"value":         func(x row) []string { return []string{x.value} },
		"resource-id":   func(x row) []string { return one(x.t.id) },
		"resource-type": func(x row) []string { return one(x.t.kind) },
	})
	if f != nil {
		return nil, f
	}
	rows, next, f := paged(r, c, rows, func(x row) int { return x.n }, 5, 1000, false)
	if f != nil {
		return nil, f
	}
	return object{"NextToken": next, "Tags": listOf(rows, func(x row) any {
		return object{"Key": x.key, "Value": x.value, "ResourceId": x.t.id, "ResourceType": x.t.kind}
	})}, nil
}

// everything visits all that can have tags, in a fixed order.
func (r *region) everything(visit func(*thing)) {
	visitAll(r.instances, visit)
	visitAll(r.volumes, visit)
	visitAll(r.snapshots, visit)
	visitAll(r.images, visit)
	visitAll(r.vpcs, visit)
	visitAll(r.subnets, visit)
	visitAll(r.gateways, visit)
	visitAll(r.routes, visit)
	visitAll(r.groups, visit)
	visitAll(r.interfaces, visit)
	visitAll(r.placements, visit)
	visitAll(r.keyPairs, visit)
	visitAll(r.addresses, visit)
	visitAll(r.spots, visit)
}

func visitAll[T resource](t *table[T], visit func(*thing)) {
	for _, item := range t.all() {
		visit(item.base())
	}
}
