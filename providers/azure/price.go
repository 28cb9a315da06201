package azure

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/ecluster/ecluster/providers"
)

var _ providers.Pricer = (*Driver)(nil)

// retailPrices is Microsoft's public price list; it asks for no login.
const retailPrices = "https://prices.azure.com/api/retail/prices"

// Price implements providers.Pricer with the retail prices of the machine
// types; disks and addresses come on top.
func (d *Driver) Price(ctx context.Context, nodes []providers.NodeRequest) ([]providers.Price, error) {
	if d.prices == "" {
		return nil, nil
	}
	type offer struct {
		size string
		spot bool
	}
	known := map[offer]float64{}
	var out []providers.Price
	for _, n := range nodes {
		o := offer{n.Group.MachineType, n.Group.Spot}
		if _, asked := known[o]; !asked {
			price, err := d.retailPrice(ctx, o.size, o.spot)
			if err != nil {
				return nil, fail(ctx, "ask for prices", "", err)
			}
			known[o] = price
		}
		if known[o] > 0 {
			out = append(out, providers.Price{Node: n.Name, PerHour: known[o], Currency: "USD"})
		}
	}
	return out, nil
}

// retailPrice is in USD an hour; 0 when the list has none.
func (d *Driver) retailPrice(ctx context.Context, size string, spot bool) (float64, error) {
	query := url.Values{"$filter": {fmt.Sprintf(
		"serviceName eq 'Virtual Machines' and priceType eq 'Consumption' and armRegionName eq '%s' and armSkuName eq '%s'",
		d.config.location, strings.ReplaceAll(size, "'", "''"))}}
	ctx, cancel := context.WithTimeout(ctx, webTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.prices+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return 0, err
	}
	answer, err := d.web.Do(req)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return 0, &cloudError{Status: answer.StatusCode, Message: "the price list refuses"}
	}
	var list struct {
		Items []struct {
			Price   float64 `json:"retailPrice"`
			Product string  `json:"productName"`
			SKU     string  `json:"skuName"`
			Unit    string  `json:"unitOfMeasure"`
		} `json:"Items"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 4<<20)).Decode(&list); err != nil {
		return 0, fmt.Errorf("read the price list: %w", err)
	}
	for _, i := range list.Items {
		isSpot := strings.HasSuffix(i.SKU, " Spot")
		if i.Unit == "1 Hour" && isSpot == spot && !strings.HasSuffix(i.SKU, " Low Priority") && !strings.Contains(i.Product, "Windows") {
			return i.Price, nil
		}
	}
	return 0, nil
}
