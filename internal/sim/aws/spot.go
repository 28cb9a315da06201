package aws

import (
	"strconv"
	"strings"
	"time"
)

// spotOrder is what a request wants of the Spot market.
type spotOrder struct {
	maxPrice float64
	kind     string // "one-time" or "persistent"
	behavior string // what an interruption does
}

// spotRequest is the request that EC2 makes for a Spot instance.
type spotRequest struct {
	thing
	instance *instance
	state    string // "active", "closed", "cancelled"
	status   string // "fulfilled", "marked-for-termination"
	order    spotOrder
}

// spotShare is what a Spot instance costs of the price on demand.
const spotShare = 0.35

func (t *instanceType) spotPrice() float64 { return t.price * spotShare }

func money(usd float64) string { return strconv.FormatFloat(usd, 'f', 6, 64) }

func (r *region) readMarket(in object, o *order) *failure {
	m := in.obj("InstanceMarketOptions")
	switch {
	case !in.has("InstanceMarketOptions"):
		return nil
	case m.str("MarketType") == "":
		return violates("InvalidParameterValue", "The parameter InstanceMarketOptions.MarketType must be given")
	case m.str("MarketType") != "spot":
		return refuse("InvalidParameterValue", "The market type %s is not supported", m.str("MarketType"))
	}
	s := m.obj("SpotOptions")
	spot := spotOrder{maxPrice: o.typ.price, kind: s.str("SpotInstanceType"), behavior: s.str("InstanceInterruptionBehavior")}
	if spot.kind == "" {
		spot.kind = "one-time"
	}
	if spot.behavior == "" {
		spot.behavior = "terminate"
	}
	if spot.kind == "one-time" && spot.behavior != "terminate" {
		return badCombination("The interruption behavior '%s' needs a persistent Spot request", spot.behavior)
	}
	if text := s.str("MaxPrice"); text != "" {
		price, err := strconv.ParseFloat(text, 64)
		if err != nil || price <= 0 {
			return violates("InvalidParameterValue", "Value (%s) for parameter spotPrice is invalid. \"%s\" is an invalid spot price", text, text)
		}
		spot.maxPrice = price
	}
	if spot.maxPrice < o.typ.spotPrice() {
		return refuse("SpotMaxPriceTooLow", "Your Spot request price of %s is lower than the minimum required Spot request fulfillment price of %s.",
			s.str("MaxPrice"), money(o.typ.spotPrice()))
	}
	o.spot = &spot
	return nil
}

func (r *region) newSpotRequest(c *call, i *instance, o spotOrder) *spotRequest {
	s := &spotRequest{thing: r.newThing(c, "sir", "spot-instances-request"), instance: i, state: "active", status: "fulfilled", order: o}
	r.spots.add(s)
	return s
}

func (r *region) describeSpotRequests(c *call) (object, *failure) {
	page, next, f := describe(r, c, r.spots, listing[*spotRequest]{
		ids: "SpotInstanceRequestIds", prefix: "sir", notFound: "InvalidSpotInstanceRequestID.NotFound", malform: "InvalidSpotInstanceRequestID.Malformed", min: 5, max: 1000,
		attrs: attributes[*spotRequest]{
			"spot-instance-request-id": func(s *spotRequest) []string { return one(s.id) },
			"instance-id":              func(s *spotRequest) []string { return one(s.instance.id) },
			"state":                    func(s *spotRequest) []string { return one(s.state) }, "status-code": func(s *spotRequest) []string { return one(s.status) },
			"type": func(s *spotRequest) []string { return one(s.order.kind) },
		},
	})
	return object{"NextToken": next, "SpotInstanceRequests": listOf(page, func(s *spotRequest) any {
		return object{
			"SpotInstanceRequestId": s.id, "InstanceId": s.instance.id, "State": s.state, "Type": s.order.kind, "SpotPrice": money(s.order.maxPrice),
			"CreateTime": s.born, "ProductDescription": "Linux/UNIX", "LaunchedAvailabilityZone": s.instance.subnet.zone,
			"InstanceInterruptionBehavior": s.order.behavior, "Tags": tagList(s.tags),
			"Status":              object{"Code": s.status, "Message": "The request is " + s.status + ".", "UpdateTime": s.born},
			"LaunchSpecification": object{"ImageId": s.instance.image.id, "InstanceType": s.instance.typ.name},
		}
	})}, f
}

// cancelSpotRequests ends requests; their instances go on.
func (r *region) cancelSpotRequests(c *call) (object, *failure) {
	out := list{}
	for _, id := range c.in.strs("SpotInstanceRequestIds") {
		s, ok := find(r, r.spots, id)
		if !ok {
			return nil, refuse("InvalidSpotInstanceRequestID.NotFound", "The spot instance request ID '%s' does not exist", id)
		}
		if s.state == "active" {
			s.state, s.status = "cancelled", "request-canceled-and-instance-running"
		}
		out = append(out, object{"SpotInstanceRequestId": id, "State": "cancelled"})
	}
	return object{"CancelledSpotInstanceRequests": out}, nil
}

type spotQuote struct {
	typ  *instanceType
	zone string
	n    int
}

func (r *region) describeSpotPrices(c *call) (object, *failure) {
	wanted := c.in.strs("InstanceTypes")
	if len(wanted) == 0 {
		wanted = typeNames(r.c.types)
	}
	zoneWanted := c.in.str("AvailabilityZone")
	var all []spotQuote
	for _, name := range wanted {
		t := r.c.types[name]
		if t == nil || t.noSpot {
			continue
		}
		for _, zone := range r.zones {
			if t.offeredIn(zone) && (zoneWanted == "" || zoneWanted == zone) {
				all = append(all, spotQuote{t, zone, len(all)})
			}
		}
	}
	all, f := filtered(c, all, nil, attributes[spotQuote]{
		"availability-zone":   func(q spotQuote) []string { return one(q.zone) },
		"instance-type":       func(q spotQuote) []string { return one(q.typ.name) },
		"product-description": func(spotQuote) []string { return []string{"Linux/UNIX", "Linux/UNIX (Amazon VPC)"} },
	})
	if f != nil {
		return nil, f
	}
	for _, product := range c.in.strs("ProductDescriptions") {
		if !strings.HasPrefix(product, "Linux/UNIX") {
			all = nil
		}
	}
	page, next, f := paged(r, c, all, func(q spotQuote) int { return q.n }, 1, 1000, false)
	at := r.c.o.Now().Truncate(time.Hour)
	return object{"NextToken": next, "SpotPriceHistory": listOf(page, func(q spotQuote) any {
		return object{
			"InstanceType": q.typ.name, "AvailabilityZone": q.zone, "ProductDescription": "Linux/UNIX", "SpotPrice": money(q.typ.spotPrice()), "Timestamp": at,
		}
	})}, f
}
