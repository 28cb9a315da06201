package azure_test

import (
	"encoding/json"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"

	"github.com/ecluster/ecluster/internal/catalog"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/azure"
)

func TestCatalogueOfImages(t *testing.T) {
	r := newRig(t, sim.Options{})
	known, err := catalog.LoadImages()
	if err != nil {
		t.Fatal(err)
	}
	market := r.compute.NewVirtualMachineImagesClient()
	for _, alias := range known.Aliases("azure") {
		names, _ := known.On("azure", alias)
		for _, key := range []string{"sku", "sku_arm64"} {
			if names[key] == "" {
				continue
			}
			list, err := market.List(t.Context(), "westeurope", names["publisher"], names["offer"], names[key], &armcompute.VirtualMachineImagesClientListOptions{
				Top: new(int32(1)), Orderby: new("name desc"),
			})
			if err != nil || len(list.VirtualMachineImageResourceArray) != 1 {
				t.Errorf("%s: %v %v", alias, list, err)
				continue
			}
			m, err := market.Get(t.Context(), "westeurope", names["publisher"], names["offer"], names[key], *list.VirtualMachineImageResourceArray[0].Name, nil)
			if err != nil || (*m.Properties.Architecture == "Arm64") != (key == "sku_arm64") || (m.Properties.Plan != nil) != (names["plan"] == "true") {
				t.Errorf("%s: %+v %v", alias, m.Properties, err)
			}
			if state := *m.Properties.ImageDeprecationStatus.ImageState; state != armcompute.ImageStateActive {
				t.Errorf("%s: %s", alias, state)
			}
		}
	}
	_, err = market.List(t.Context(), "westeurope", "Debian", "debian-13", "99", nil)
	wantCode(t, err, "NotFound", 404)
	terms := root + "/providers/Microsoft.MarketplaceOrdering/offerTypes/virtualmachine/publishers/resf/offers/rockylinux-x86_64/plans/9-base/agreements/current"
	if got, err := r.res.NewClient().GetByID(t.Context(), terms, "2021-01-01", nil); err != nil || !strings.Contains(mustJSON(t, got.Properties), `"accepted":true`) {
		t.Errorf("%v %v", got, err)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSizesAndAccount(t *testing.T) {
	r := newRig(t, sim.Options{})
	ctx := t.Context()
	page, err := r.compute.NewResourceSKUsClient().NewListPager(&armcompute.ResourceSKUsClientListOptions{Filter: new("location eq 'westeurope'")}).NextPage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	families := map[string]bool{}
	for _, s := range page.Value {
		families[*s.Family] = true
		got := map[string]string{}
		for _, c := range s.Capabilities {
			got[*c.Name] = *c.Value
		}
		if *s.Name == "Standard_D4ps_v5" && (got["CpuArchitectureType"] != "Arm64" || got["vCPUs"] != "4" || got["MemoryGB"] != "16" || len(s.LocationInfo[0].Zones) != 3) {
			t.Errorf("%s: %v", *s.Name, got)
		}
		if *s.Name == "Standard_NC4as_T4_v3" && got["GPUs"] != "1" {
			t.Errorf("%s: %v", *s.Name, got)
		}
	}
	usage, err := r.compute.NewUsageClient().NewListPager("westeurope", nil).NextPage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range usage.Value {
		delete(families, *u.Name.Value)
	}
	if len(families) > 0 {
		t.Errorf("families without a quota: %v", families)
	}
	if _, err := r.network.NewUsagesClient().NewListPager("westeurope", nil).NextPage(ctx); err != nil {
		t.Error(err)
	}
	where, err := r.subs.NewListLocationsPager(azure.Subscription, nil).NextPage(ctx)
	if err != nil || len(where.Value) < 4 {
		t.Errorf("%v %v", where, err)
	}
	if p, err := r.res.NewProvidersClient().Get(ctx, "microsoft.compute", nil); err != nil || *p.RegistrationState != "Registered" {
		t.Errorf("%v %v", p, err)
	}
}

// TestSchemaIsOfThisSDK fails when the SDK was updated and the schema was not.
func TestSchemaIsOfThisSDK(t *testing.T) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		t.Fatal("no build information")
	}
	modules := azure.SchemaModules(t)
	for _, dep := range info.Deps {
		if want, used := modules[dep.Path]; used && dep.Version != want {
			t.Errorf("%s is %s, the schema of %s: go generate ./internal/sim/azure", dep.Path, dep.Version, want)
		}
	}
	if len(modules) != 4 {
		t.Errorf("modules: %v", modules)
	}
}

// TestSchemaAgreesWithOfficialTypes holds the judge against the official types:
// what they drop or change is what it finds.
func TestSchemaAgreesWithOfficialTypes(t *testing.T) {
	for name, edit := range map[string]func(map[string]any){
		"sound":   func(map[string]any) {},
		"unknown": put("properties.osProfile.colour", "red"),
		"deep":    put("properties.networkProfile.networkInterfaceConfigurations.0.properties.ipConfigurations.0.properties.x", true),
		"type":    put("properties.storageProfile.osDisk.diskSizeGB", "50"),
	} {
		sent := edited(t, edit)
		var official armcompute.VirtualMachine
		err := json.Unmarshal([]byte(sent), &official)
		dropped := err != nil || canonical(t, mustJSON(t, official)) != canonical(t, sent)
		if found := azure.Violations(t, sent, "armcompute.VirtualMachine"); (found > 0) != dropped {
			t.Errorf("%s: the types object: %v, the judge finds %d", name, dropped, found)
		}
	}
}

func canonical(t *testing.T, s string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatal(err)
	}
	return mustJSON(t, v)
}
