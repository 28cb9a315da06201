package azure

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8/fake"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

func TestPricesAreOfLinuxAndOfSpotWhereAsked(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if f := r.URL.Query().Get("$filter"); !strings.Contains(f, "armRegionName eq 'westeurope' and armSkuName eq 'Standard_D2s_v5'") {
			t.Errorf("filter %s", f)
		}
		_, _ = w.Write([]byte(`{"Items":[
			{"retailPrice":0.4,"productName":"Virtual Machines DSv5 Series Windows","skuName":"D2s v5","unitOfMeasure":"1 Hour"},
			{"retailPrice":0.05,"productName":"Virtual Machines DSv5 Series","skuName":"D2s v5 Low Priority","unitOfMeasure":"1 Hour"},
			{"retailPrice":0.03,"productName":"Virtual Machines DSv5 Series","skuName":"D2s v5 Spot","unitOfMeasure":"1 Hour"},
			{"retailPrice":0.12,"productName":"Virtual Machines DSv5 Series","skuName":"D2s v5","unitOfMeasure":"1 Hour"}]}`))
	}))
	t.Cleanup(server.Close)
	d := testDriver(t, schema.Values{}, &fake.ServerFactory{})
	d.prices, d.web = server.URL, server.Client()
	spot := node("compute003", func(n *providers.NodeRequest) { n.Group.Spot = true })
	prices, err := d.Price(t.Context(), []providers.NodeRequest{node("compute001"), node("compute002"), spot})
	if err != nil || len(prices) != 3 || prices[0].PerHour != 0.12 || prices[1].PerHour != 0.12 || prices[2].PerHour != 0.03 {
		t.Errorf("%+v, error %v", prices, err)
	}
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
}

func TestConsoleHidesItsAddressInErrors(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/full" {
			_, _ = w.Write([]byte(strings.Repeat("x", maxConsole) + "the end"))
			return
		}
		w.WriteHeader(http.StatusForbidden)
	}))
	d := testDriver(t, schema.Values{}, &fake.ServerFactory{})
	d.web = server.Client()
	if out, err := d.blob(t.Context(), server.URL+"/full?sig=hunter2"); err != nil || len(out) != maxConsole || !strings.HasSuffix(string(out), "the end") {
		t.Errorf("%d bytes, error %v", len(out), err)
	}
	if _, err := d.blob(t.Context(), server.URL+"/no?sig=hunter2"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
	server.Close()
	if _, err := d.blob(t.Context(), server.URL+"/full?sig=hunter2"); d.ErrorKind(err) != providers.Transient || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}
