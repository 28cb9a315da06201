package azure

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	azfake "github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8/fake"

	"github.com/ecluster/ecluster/internal/catalog"
	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

const testSubscription = "11111111-2222-3333-4444-555555555555"

var access = providers.Access{
	AuthorizedKey: "ssh-ed25519 AAAAuser someone\n",
	HostKey:       "-----BEGIN OPENSSH PRIVATE KEY-----\nhostsecret\n-----END OPENSSH PRIVATE KEY-----\n",
	HostKeyPublic: "ssh-ed25519 AAAAhost",
}

// testDriver talks to the official fakes of the compute service, which have
// the machine types of sizes().
func testDriver(t *testing.T, settings schema.Values, srv *fake.ServerFactory) *Driver {
	t.Helper()
	for name, v := range map[string]any{"subscription_id": testSubscription, "location": "westeurope"} {
		if settings[name] == nil {
			settings[name] = v
		}
	}
	config, err := readConfig(settings, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if srv.ResourceSKUsServer.NewListPager == nil {
		srv.ResourceSKUsServer.NewListPager = func(*armcompute.ResourceSKUsClientListOptions) (p azfake.PagerResponder[armcompute.ResourceSKUsClientListResponse]) {
			p.AddPage(http.StatusOK, armcompute.ResourceSKUsClientListResponse{ResourceSKUsResult: armcompute.ResourceSKUsResult{Value: sizes()}}, nil)
			return p
		}
	}
	api, err := clientsWith(testSubscription, &azfake.TokenCredential{}, &arm.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: fake.NewServerFactoryTransport(srv), Retry: noRetries}, DisableRPRegistration: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	images, err := catalog.LoadImages()
	if err != nil {
		t.Fatal(err)
	}
	return &Driver{
		config: config, images: images, api: api, web: http.DefaultClient, now: time.Now,
		sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		plans: map[string]*plan{}, sold: map[place]soldOut{}, deleting: map[string]time.Time{},
	}
}

func sizes() []*armcompute.ResourceSKU {
	sku := func(name, family string, capabilities map[string]string, zones ...string) *armcompute.ResourceSKU {
		s := &armcompute.ResourceSKU{
			Name: new(name), Family: new(family), ResourceType: new("virtualMachines"),
			LocationInfo: []*armcompute.ResourceSKULocationInfo{{Location: new("westeurope"), Zones: pointers(zones)}},
		}
		for k, v := range capabilities {
			s.Capabilities = append(s.Capabilities, &armcompute.ResourceSKUCapabilities{Name: new(k), Value: new(v)})
		}
		return s
	}
	return []*armcompute.ResourceSKU{
		sku("Standard_D2s_v5", "standardDSv5Family", map[string]string{
			"vCPUs": "2", "MemoryGB": "8", "CpuArchitectureType": "x64", "HyperVGenerations": "V1,V2",
			"AcceleratedNetworkingEnabled": "True", "PremiumIO": "True", "LowPriorityCapable": "True", "MaxDataDiskCount": "4",
		}, "1", "2", "3"),
		sku("Standard_D2ps_v5", "standardDPSv5Family", map[string]string{"vCPUs": "2", "MemoryGB": "8", "CpuArchitectureType": "Arm64", "HyperVGenerations": "V2"}, "1"),
		sku("Standard_NC4as_T4_v3", "Standard NCASv3_T4 Family", map[string]string{"vCPUs": "4", "MemoryGB": "28", "GPUs": "1", "PremiumIO": "False", "LowPriorityCapable": "False"}, "2"),
	}
}

func node(name cluster.NodeName, change ...func(*providers.NodeRequest)) providers.NodeRequest {
	n := providers.NodeRequest{
		Name: name, Image: "debian-13",
		Group: cluster.Group{Name: name.Group(), MachineType: "Standard_D2s_v5", Settings: map[string]any{}},
	}
	for _, c := range change {
		c(&n)
	}
	return n
}

func request(nodes ...providers.NodeRequest) providers.LaunchRequest {
	return providers.LaunchRequest{ID: "x1", Name: "test", Token: "token-1", Nodes: nodes, Access: access}
}

// accepted is Azure's answer to a machine that it makes. The operation ends at
// once: a fake that has one open gives its answer to the next request too.
func accepted(vm armcompute.VirtualMachine) (p azfake.PollerResponder[armcompute.VirtualMachinesClientCreateOrUpdateResponse]) {
	p.SetTerminalResponse(http.StatusCreated, armcompute.VirtualMachinesClientCreateOrUpdateResponse{VirtualMachine: vm}, nil)
	return p
}
