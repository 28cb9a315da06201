package aws

// placement is a placement group.
type placement struct {
	thing
	name, strategy string
	partitions     int
}

func (r *region) placementNamed(name string) *placement {
	for _, p := range r.placements.existing() {
		if p.name == name && r.known(&p.thing) {
			return p
		}
	}
	return nil
}

func (r *region) createPlacement(c *call) (object, *failure) {
	if f := checkSpecifications(c, "placement-group"); f != nil {
		return nil, f
	}
	p := &placement{name: c.in.str("GroupName"), strategy: c.in.str("Strategy"), partitions: c.in.int("PartitionCount", 0)}
	if p.strategy == "" {
		p.strategy = "cluster"
	}
	switch {
	case p.name == "":
		return nil, missing("groupName")
	case len(p.name) > 255:
		return nil, violates("InvalidParameterValue", "Value (%s) for parameter groupName is invalid. It is longer than 255 characters.", p.name)
	case p.partitions > 0 && p.strategy != "partition":
		return nil, badCombination("The parameter PartitionCount can only be used with the strategy 'partition'.")
	}
	for _, other := range r.placements.existing() {
		if other.name == p.name {
			return nil, refuse("InvalidPlacementGroup.Duplicate", "The Placement Group '%s' already exists.", p.name)
		}
	}
	p.thing = r.newThing(c, "pg", "placement-group")
	r.placements.add(p)
	return object{"PlacementGroup": r.placementGroupObject(p)}, nil
}

func (r *region) placementGroupObject(p *placement) object {
	o := object{
		"GroupId": p.id, "GroupName": p.name, "Strategy": p.strategy, "State": available, "Tags": tagList(p.tags),
		"GroupArn": "arn:aws:ec2:" + r.name + ":" + account + ":placement-group/" + p.name,
	}
	if p.partitions > 0 {
		o["PartitionCount"] = p.partitions
	}
	return o
}

func (r *region) describePlacements(c *call) (object, *failure) {
	names := c.in.strs("GroupNames")
	for _, name := range names {
		if r.placementNamed(name) == nil {
			return nil, refuse("InvalidPlacementGroup.Unknown", "The Placement Group '%s' is unknown.", name)
		}
	}
	page, _, f := describe(r, c, r.placements, listing[*placement]{
		ids: "GroupIds", prefix: "pg", notFound: "InvalidPlacementGroup.Unknown", malform: "InvalidPlacementGroupId.Malformed",
		whole: true, keep: func(p *placement) bool { return len(names) == 0 || contains(names, p.name) },
		attrs: attributes[*placement]{
			"group-name": func(p *placement) []string { return one(p.name) }, "strategy": func(p *placement) []string { return one(p.strategy) },
			"state": func(*placement) []string { return one(available) },
		},
	})
	return object{"PlacementGroups": listOf(page, func(p *placement) any { return r.placementGroupObject(p) })}, f
}

func (r *region) deletePlacement(c *call) (object, *failure) {
	p := r.placementNamed(c.in.str("GroupName"))
	if p == nil {
		return nil, refuse("InvalidPlacementGroup.Unknown", "The Placement Group '%s' is unknown.", c.in.str("GroupName"))
	}
	for _, i := range r.instances.byID {
		if i.order.placement == p && i.state != terminated {
			return nil, refuse("InvalidPlacementGroup.InUse", "The placement group '%s' is in use and may not be deleted.", p.name)
		}
	}
	remove(r, r.placements, p)
	return nil, nil
}
