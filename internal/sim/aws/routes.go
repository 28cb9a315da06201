package aws

import (
	"maps"
	"net/netip"
	"slices"
)

// routeTable tells the subnets of a VPC where to send what.
type routeTable struct {
	thing
	vpc     string
	main    bool              // of all subnets without one
	subnets map[string]string // id of the association by that of the subnet
	routes  []route
}

type route struct {
	to      netip.Prefix
	gateway string
}

func (r *region) mainTable(v *vpc) *routeTable {
	t := &routeTable{
		thing: r.newThing(nil, "rtb", "route-table"), vpc: v.id, main: true,
		subnets: map[string]string{}, routes: []route{{v.cidr, "local"}},
	}
	r.routes.add(t)
	return t
}

func (r *region) createRouteTable(c *call) (object, *failure) {
	if f := checkSpecifications(c, "route-table"); f != nil {
		return nil, f
	}
	v, f := r.vpcOf(c.in.str("VpcId"))
	if f != nil {
		return nil, f
	}
	t := &routeTable{thing: r.newThing(c, "rtb", "route-table"), vpc: v.id, subnets: map[string]string{}, routes: []route{{v.cidr, "local"}}}
	r.routes.add(t)
	return object{"RouteTable": t.object()}, nil
}

func (t *routeTable) object() object {
	associations := list{}
	associated := object{"State": "associated"}
	if t.main {
		associations = append(associations, object{
			"Main": true, "RouteTableAssociationId": "rtbassoc-" + t.id[4:], "RouteTableId": t.id, "AssociationState": associated,
		})
	}
	for _, subnet := range slices.Sorted(maps.Keys(t.subnets)) {
		associations = append(associations, object{
			"Main": false, "RouteTableAssociationId": t.subnets[subnet], "RouteTableId": t.id, "SubnetId": subnet, "AssociationState": associated,
		})
	}
	return object{
		"RouteTableId": t.id, "VpcId": t.vpc, "OwnerId": account, "Tags": tagList(t.tags), "Associations": associations,
		"Routes": listOf(t.routes, func(x route) any {
			origin := "CreateRoute"
			if x.gateway == "local" {
				origin = "CreateRouteTable"
			}
			return object{"DestinationCidrBlock": x.to.String(), "GatewayId": x.gateway, "State": "active", "Origin": origin}
		}),
	}
}

func (r *region) describeRouteTables(c *call) (object, *failure) {
	page, next, f := describe(r, c, r.routes, listing[*routeTable]{
		ids: "RouteTableIds", prefix: "rtb", notFound: "InvalidRouteTableID.NotFound", malform: "InvalidRouteTableId.Malformed", min: 5, max: 100,
		attrs: attributes[*routeTable]{
			"route-table-id": func(t *routeTable) []string { return one(t.id) }, "vpc-id": func(t *routeTable) []string { return one(t.vpc) },
			"association.main":           func(t *routeTable) []string { return yesNo(t.main) },
			"association.subnet-id":      func(t *routeTable) []string { return slices.Sorted(maps.Keys(t.subnets)) },
			"association.route-table-id": func(t *routeTable) []string { return one(t.id) },
			"association.route-table-association-id": func(t *routeTable) []string {
				return slices.Collect(maps.Values(t.subnets))
			},
			"route.gateway-id": func(t *routeTable) []string {
				var ids []string
				for _, x := range t.routes {
					ids = append(ids, x.gateway)
				}
				return ids
			},
			"route.destination-cidr-block": func(t *routeTable) []string {
				var to []string
				for _, x := range t.routes {
					to = append(to, x.to.String())
				}
				return to
			},
			"owner-id": func(*routeTable) []string { return one(account) },
		},
	})
	return object{"NextToken": next, "RouteTables": listOf(page, func(t *routeTable) any { return t.object() })}, f
}

func (r *region) routeTableOf(c *call) (*routeTable, *failure) {
	id := c.in.str("RouteTableId")
	if !isID(id, "rtb") {
		return nil, violates("InvalidRouteTableId.Malformed", "Invalid id: \"%s\" (expecting \"rtb-...\")", id)
	}
	t, ok := find(r, r.routes, id)
	if !ok {
		return nil, refuse("InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist", id)
	}
	return t, nil
}

func (r *region) createRoute(c *call) (object, *failure) {
	t, f := r.routeTableOf(c)
	if f != nil {
		return nil, f
	}
	to, err := netip.ParsePrefix(c.in.str("DestinationCidrBlock"))
	if err != nil {
		return nil, violates("InvalidParameterValue", "Value (%s) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.", c.in.str("DestinationCidrBlock"))
	}
	if !c.in.has("GatewayId") {
		return nil, missing("GatewayId")
	}
	g, f := r.gatewayOf(&call{in: object{"InternetGatewayId": c.in.str("GatewayId")}})
	if f != nil {
		return nil, f
	}
	if g.vpc != t.vpc {
		return nil, refuse("InvalidParameterValue", "route table %s and network gateway %s belong to different networks", t.id, g.id)
	}
	for _, x := range t.routes {
		if x.to == to.Masked() {
			return nil, refuse("RouteAlreadyExists", "The route identified by %s already exists.", x.to)
		}
	}
	t.routes = append(t.routes, route{to.Masked(), g.id})
	return object{"Return": true}, nil
}

func (r *region) deleteRoute(c *call) (object, *failure) {
	t, f := r.routeTableOf(c)
	if f != nil {
		return nil, f
	}
	before := len(t.routes)
	t.routes = slices.DeleteFunc(t.routes, func(x route) bool {
		return x.to.String() == c.in.str("DestinationCidrBlock") && x.gateway != "local"
	})
	if len(t.routes) == before {
		return nil, refuse("InvalidRoute.NotFound", "no route with destination-cidr-block %s in route table %s", c.in.str("DestinationCidrBlock"), t.id)
	}
	return nil, nil
}

func (r *region) associateRouteTable(c *call) (object, *failure) {
	t, f := r.routeTableOf(c)
	if f != nil {
		return nil, f
	}
	s, f := r.subnetOf(c.in.str("SubnetId"))
	if f != nil {
		return nil, f
	}
	if s.vpc != t.vpc {
		return nil, refuse("InvalidParameterValue", "Route table %s and subnet %s belong to different networks", t.id, s.id)
	}
	for _, other := range r.routes.existing() {
		if id, have := other.subnets[s.id]; have {
			if other != t {
				return nil, refuse("Resource.AlreadyAssociated", "the specified association for route table %s conflicts with an existing association", t.id)
			}
			return object{"AssociationId": id, "AssociationState": object{"State": "associated"}}, nil
		}
	}
	t.subnets[s.id] = newID("rtbassoc")
	return object{"AssociationId": t.subnets[s.id], "AssociationState": object{"State": "associated"}}, nil
}

func (r *region) disassociateRouteTable(c *call) (object, *failure) {
	id := c.in.str("AssociationId")
	for _, t := range r.routes.existing() {
		for subnet, association := range t.subnets {
			if association == id {
				delete(t.subnets, subnet)
				return nil, nil
			}
		}
	}
	return nil, refuse("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", id)
}

func (r *region) deleteRouteTable(c *call) (object, *failure) {
	t, f := r.routeTableOf(c)
	if f != nil {
		return nil, f
	}
	if t.main || len(t.subnets) > 0 {
		return nil, refuse("DependencyViolation", "The routeTable '%s' has dependencies and cannot be deleted.", t.id)
	}
	remove(r, r.routes, t)
	return nil, nil
}
