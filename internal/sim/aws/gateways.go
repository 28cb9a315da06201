package aws

// gateway is an Internet gateway.
type gateway struct {
	thing
	vpc string // to which it is attached, or empty
}

func (r *region) createGateway(c *call) (object, *failure) {
	if f := checkSpecifications(c, "internet-gateway"); f != nil {
		return nil, f
	}
	if len(r.gateways.existing()) >= r.quota(quotaGateways) {
		return nil, refuse("InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached.")
	}
	g := &gateway{thing: r.newThing(c, "igw", "internet-gateway")}
	r.gateways.add(g)
	return object{"InternetGateway": g.object()}, nil
}

func (g *gateway) object() object {
	o := object{"InternetGatewayId": g.id, "OwnerId": account, "Tags": tagList(g.tags)}
	if g.vpc != "" {
		o["Attachments"] = list{object{"State": "available", "VpcId": g.vpc}}
	}
	return o
}

func (r *region) describeGateways(c *call) (object, *failure) {
	page, next, f := describe(r, c, r.gateways, listing[*gateway]{
		ids: "InternetGatewayIds", prefix: "igw", notFound: "InvalidInternetGatewayID.NotFound", malform: "InvalidInternetGatewayId.Malformed", min: 5, max: 1000,
		attrs: attributes[*gateway]{
			"internet-gateway-id": func(g *gateway) []string { return one(g.id) },
			"attachment.vpc-id":   func(g *gateway) []string { return one(g.vpc) },
			"attachment.state": func(g *gateway) []string {
				if g.vpc == "" {
					return nil
				}
				return one("available")
			},
			"owner-id": func(*gateway) []string { return one(account) },
		},
	})
	return object{"NextToken": next, "InternetGateways": listOf(page, func(g *gateway) any { return g.object() })}, f
}

func (r *region) gatewayOf(c *call) (*gateway, *failure) {
	id := c.in.str("InternetGatewayId")
	if !isID(id, "igw") {
		return nil, violates("InvalidInternetGatewayId.Malformed", "Invalid id: \"%s\" (expecting \"igw-...\")", id)
	}
	g, ok := find(r, r.gateways, id)
	if !ok {
		return nil, refuse("InvalidInternetGatewayID.NotFound", "The internetGateway ID '%s' does not exist", id)
	}
	return g, nil
}

func (r *region) attachGateway(c *call) (object, *failure) {
	g, f := r.gatewayOf(c)
	if f != nil {
		return nil, f
	}
	v, f := r.vpcOf(c.in.str("VpcId"))
	if f != nil {
		return nil, f
	}
	for _, other := range r.gateways.existing() {
		if other == g && g.vpc != "" || other.vpc == v.id {
			return nil, refuse("Resource.AlreadyAssociated", "resource %s is already attached to network %s", other.id, other.vpc)
		}
	}
	g.vpc = v.id
	return nil, nil
}

func (r *region) detachGateway(c *call) (object, *failure) {
	g, f := r.gatewayOf(c)
	if f != nil {
		return nil, f
	}
	if g.vpc == "" || g.vpc != c.in.str("VpcId") {
		return nil, refuse("Gateway.NotAttached", "resource %s is not attached to network %s", g.id, c.in.str("VpcId"))
	}
	for _, n := range r.interfaces.existing() {
		if n.subnet.vpc == g.vpc && n.public {
			return nil, refuse("DependencyViolation", "Network %s has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", g.vpc)
		}
	}
	g.vpc = ""
	return nil, nil
}

func (r *region) deleteGateway(c *call) (object, *failure) {
	g, f := r.gatewayOf(c)
	if f != nil {
		return nil, f
	}
	if g.vpc != "" {
		return nil, refuse("DependencyViolation", "The internetGateway '%s' has dependencies and cannot be deleted.", g.id)
	}
	remove(r, r.gateways, g)
	return nil, nil
}
