package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	pricingtypes "github.com/aws/aws-sdk-go-v2/service/pricing/types"

	"github.com/ecluster/ecluster/providers"
)

var _ providers.Pricer = (*Driver)(nil)

// Price implements providers.Pricer: the price on demand of Linux machines
// from the price list, that of spot machines from the last hour, without
// disks. Where the account may not ask, there is no price, and no error.
func (d *Driver) Price(ctx context.Context, nodes []providers.NodeRequest) ([]providers.Price, error) {
	known := map[offer]float64{}
	var out []providers.Price
	for _, n := range nodes {
		o := offer{machineType: n.Group.MachineType, zone: d.s.places(n.Group)[0].zone, spot: n.Group.Spot}
		price, asked := known[o]
		if !asked {
			var err error
			if price, err = d.priceOf(ctx, o); err != nil {
				if ctx.Err() != nil {
					return nil, d.fail(ctx, "price", err)
				}
				price = 0
			}
			known[o] = price
		}
		if price > 0 {
			out = append(out, providers.Price{Node: n.Name, PerHour: price, Currency: "USD"})
		}
	}
	return out, nil
}

// offer is something that has one price.
type offer struct {
	machineType, zone string
	spot              bool
}

func (d *Driver) priceOf(ctx context.Context, o offer) (float64, error) {
	if o.spot {
		return d.spotPrice(ctx, o)
	}
	match := func(field, value string) pricingtypes.Filter {
		return pricingtypes.Filter{Type: pricingtypes.FilterTypeTermMatch, Field: aws.String(field), Value: aws.String(value)}
	}
	out, err := d.pricing.GetProducts(ctx, &pricing.GetProductsInput{
		ServiceCode: aws.String("AmazonEC2"), MaxResults: aws.Int32(1),
		Filters: []pricingtypes.Filter{
			match("instanceType", o.machineType), match("regionCode", d.s.region), match("operatingSystem", "Linux"),
			match("tenancy", "Shared"), match("preInstalledSw", "NA"), match("capacitystatus", "Used"),
		},
	})
	if err != nil || len(out.PriceList) == 0 {
		return 0, err
	}
	return onDemand(out.PriceList[0])
}

// onDemand reads a product of the price list.
func onDemand(product string) (float64, error) {
	var p struct {
		Terms struct {
			OnDemand map[string]struct {
				PriceDimensions map[string]struct {
					Unit         string
					PricePerUnit map[string]string
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(product), &p); err != nil {
		return 0, fmt.Errorf("read price list: %w", err)
	}
	for _, term := range p.Terms.OnDemand {
		for _, dim := range term.PriceDimensions {
			if price, err := strconv.ParseFloat(dim.PricePerUnit["USD"], 64); err == nil && dim.Unit == "Hrs" {
				return price, nil
			}
		}
	}
	return 0, nil
}

// spotPrice is the highest of the zones where the machine may be.
func (d *Driver) spotPrice(ctx context.Context, o offer) (float64, error) {
	in := &ec2.DescribeSpotPriceHistoryInput{
		InstanceTypes: []types.InstanceType{types.InstanceType(o.machineType)}, ProductDescriptions: []string{"Linux/UNIX"},
		StartTime: aws.Time(d.now()),
	}
	if o.zone != "" {
		in.AvailabilityZone = aws.String(o.zone)
	}
	out, err := d.ec2.DescribeSpotPriceHistory(ctx, in)
	if err != nil {
		return 0, err
	}
	highest := 0.0
	for _, p := range out.SpotPriceHistory {
		if price, err := strconv.ParseFloat(aws.ToString(p.SpotPrice), 64); err == nil {
			highest = max(highest, price)
		}
	}
	return highest, nil
}
