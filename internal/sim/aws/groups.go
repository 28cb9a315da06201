package aws

import (
	"slices"
	"strings"
)

const defaultGroupName = "default"

// group is a security group.
type group struct {
	thing
	name, description, vpc string
	rules                  []*rule
}

func (r *region) defaultGroup(v *vpc) *group {
	g := &group{thing: r.newThing(nil, "sg", "security-group"), name: defaultGroupName, description: "default VPC security group", vpc: v.id}
	g.rules = []*rule{
		{thing: r.newThing(nil, "sgr", "security-group-rule"), protocol: anyProtocol, from: -1, to: -1, group: g.id},
		r.openEgress(),
	}
	r.groups.add(g)
	return g
}

// openEgress is the rule that every new group has.
func (r *region) openEgress() *rule {
	return &rule{thing: r.newThing(nil, "sgr", "security-group-rule"), egress: true, protocol: anyProtocol, from: -1, to: -1, cidr: "0.0.0.0/0"}
}

func (g *group) rule(id string) *rule {
	for _, x := range g.rules {
		if x.id == id {
			return x
		}
	}
	return nil
}

// groupCharacters are those of names and descriptions.
const groupCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-:/()#,@[]+=&;{}!$*"

func (r *region) createGroup(c *call) (object, *failure) {
	if f := checkSpecifications(c, "security-group"); f != nil {
		return nil, f
	}
	name, description := c.in.str("GroupName"), c.in.str("Description")
	switch {
	case len(name) > 255 || strings.HasPrefix(name, "sg-") || strings.Trim(name, groupCharacters) != "":
		return nil, violates("InvalidParameterValue", "Value (%s) for parameter GroupName is invalid. Character sets beyond a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$* are not supported.", name)
	case len(description) > 255 || strings.Trim(description, groupCharacters) != "":
		return nil, violates("InvalidParameterValue", "Value (%s) for parameter GroupDescription is invalid. Character sets beyond a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$* are not supported.", description)
	case name == defaultGroupName:
		return nil, refuse("InvalidGroup.Reserved", "The security group 'default' is reserved")
	}
	vpcID := c.in.str("VpcId")
	if vpcID == "" {
		v := r.defaultVPC()
		if v == nil {
			return nil, refuse("VPCIdNotSpecified", "No default VPC for this user")
		}
		vpcID = v.id
	}
	v, f := r.vpcOf(vpcID)
	if f != nil {
		return nil, f
	}
	n := 0
	for _, g := range r.groups.existing() {
		n++
		if g.vpc == v.id && g.name == name {
			return nil, refuse("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", name, v.id)
		}
	}
	if n >= r.quota(quotaGroups) {
		return nil, refuse("SecurityGroupLimitExceeded", "The maximum number of security groups for VPC '%s' has been reached.", v.id)
	}
	g := &group{thing: r.newThing(c, "sg", "security-group"), name: name, description: description, vpc: v.id}
	g.rules = []*rule{r.openEgress()}
	r.groups.add(g)
	return object{"GroupId": g.id, "Tags": tagList(g.tags)}, nil
}

func (r *region) defaultVPC() *vpc {
	for _, v := range r.vpcs.existing() {
		if v.isDefault {
			return v
		}
	}
	return nil
}

func (g *group) object() object {
	return object{
		"GroupId": g.id, "GroupName": g.name, "Description": g.description, "VpcId": g.vpc, "OwnerId": account, "Tags": tagList(g.tags),
		"IpPermissions": permissions(g.rules, false), "IpPermissionsEgress": permissions(g.rules, true),
	}
}

func (r *region) describeGroups(c *call) (object, *failure) {
	if names := c.in.strs("GroupNames"); len(names) > 0 {
		ids := list{}
		for _, name := range names {
			g := r.groupNamed(name)
			if g == nil {
				return nil, refuse("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC", name)
			}
			ids = append(ids, g.id)
		}
		c.in["GroupIds"] = append(ids, stringList(c.in.strs("GroupIds"))...)
	}
	ofRules := func(egress bool, f func(*rule) string) func(*group) []string {
		return func(g *group) []string {
			var out []string
			for _, x := range g.rules {
				if x.egress == egress {
					out = append(out, f(x))
				}
			}
			return out
		}
	}
	page, next, f := describe(r, c, r.groups, listing[*group]{
		ids: "GroupIds", prefix: "sg", notFound: "InvalidGroup.NotFound", malform: "InvalidGroupId.Malformed", min: 5, max: 1000,
		attrs: attributes[*group]{
			"group-id": func(g *group) []string { return one(g.id) }, "group-name": func(g *group) []string { return one(g.name) },
			"vpc-id": func(g *group) []string { return one(g.vpc) }, "description": func(g *group) []string { return one(g.description) },
			"owner-id":               func(*group) []string { return one(account) },
			"ip-permission.cidr":     ofRules(false, func(x *rule) string { return x.cidr }),
			"ip-permission.group-id": ofRules(false, func(x *rule) string { return x.group }),
			"ip-permission.protocol": ofRules(false, func(x *rule) string { return x.protocol }),
		},
	})
	return object{"NextToken": next, "SecurityGroups": listOf(page, func(g *group) any { return g.object() })}, f
}

// groupNamed is the group of the default VPC with a name, or nil.
func (r *region) groupNamed(name string) *group {
	v := r.defaultVPC()
	for _, g := range r.groups.existing() {
		if v != nil && g.vpc == v.id && g.name == name && r.known(&g.thing) {
			return g
		}
	}
	return nil
}

func (r *region) groupOf(id string) (*group, *failure) {
	if !isID(id, "sg") {
		return nil, violates("InvalidGroupId.Malformed", "Invalid id: \"%s\" (expecting \"sg-...\")", id)
	}
	g, ok := find(r, r.groups, id)
	if !ok {
		return nil, refuse("InvalidGroup.NotFound", "The security group '%s' does not exist", id)
	}
	return g, nil
}

// groupMeant is the group that a request names by id or, in the default VPC,
// by name.
func (r *region) groupMeant(c *call) (*group, *failure) {
	if name := c.in.str("GroupName"); name != "" && !c.in.has("GroupId") {
		if g := r.groupNamed(name); g != nil {
			return g, nil
		}
		return nil, refuse("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC", name)
	}
	if !c.in.has("GroupId") {
		return nil, violates("MissingParameter", "The request must contain the parameter groupName or groupId")
	}
	return r.groupOf(c.in.str("GroupId"))
}

func (r *region) deleteGroup(c *call) (object, *failure) {
	g, f := r.groupMeant(c)
	if f != nil {
		return nil, f
	}
	if g.name == defaultGroupName {
		return nil, refuse("CannotDelete", "the specified group: \"%s\" name: \"default\" cannot be deleted by a user", g.id)
	}
	inUse := refuse("DependencyViolation", "resource %s has a dependent object", g.id)
	for _, n := range r.interfaces.existing() {
		if slices.Contains(n.groups, g) {
			return nil, inUse
		}
	}
	for _, other := range r.groups.existing() {
		if other == g {
			continue
		}
		for _, x := range other.rules {
			if x.group == g.id {
				return nil, inUse
			}
		}
	}
	remove(r, r.groups, g)
	return object{}, nil
}
