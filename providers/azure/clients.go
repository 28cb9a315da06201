package azure

import (
	"fmt"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources/v3"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armsubscriptions"
)

// noRetries: providers.Cloud decides what is worth a second try.
var noRetries = policy.RetryOptions{MaxRetries: -1}

// clients are those parts of the SDK that the driver speaks through.
type clients struct {
	vms       *armcompute.VirtualMachinesClient
	disks     *armcompute.DisksClient
	snapshots *armcompute.SnapshotsClient
	images    *armcompute.ImagesClient
	market    *armcompute.VirtualMachineImagesClient
	proximity *armcompute.ProximityPlacementGroupsClient
	sizes     *armcompute.ResourceSKUsClient
	usage     *armcompute.UsageClient

	nics     *armnetwork.InterfacesClient
	ips      *armnetwork.PublicIPAddressesClient
	nsgs     *armnetwork.SecurityGroupsClient
	asgs     *armnetwork.ApplicationSecurityGroupsClient
	vnets    *armnetwork.VirtualNetworksClient
	subnets  *armnetwork.SubnetsClient
	nats     *armnetwork.NatGatewaysClient
	netUsage *armnetwork.UsagesClient

	groups        *armresources.ResourceGroupsClient
	resources     *armresources.Client
	providers     *armresources.ProvidersClient
	subscriptions *armsubscriptions.Client
}

func (c config) sdkCloud() cloud.Configuration {
	switch c.cloud {
	case cloudGovernment:
		return cloud.AzureGovernment
	case cloudChina:
		return cloud.AzureChina
	}
	return cloud.AzurePublic
}

// armOptions are the same for every client.
func (c config) armOptions(transport *http.Client) *arm.ClientOptions {
	o := &arm.ClientOptions{
		ClientOptions: azcore.ClientOptions{Cloud: c.sdkCloud(), Retry: noRetries, Telemetry: policy.TelemetryOptions{ApplicationID: "ecluster"}},
		// Registering what the subscription may use is for its owner to decide;
		// Check says how.
		DisableRPRegistration: true,
	}
	if transport != nil {
		o.Transport = transport
	}
	if c.endpoint != "" {
		known := o.Cloud.Services[cloud.ResourceManager]
		o.Cloud.Services = map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: c.endpoint, Audience: known.Audience},
		}
		o.InsecureAllowCredentialWithHTTP = true // parseEndpoint lets plain http through for this machine only
	}
	return o
}

func newClients(c config, cred azcore.TokenCredential, transport *http.Client) (clients, error) {
	return clientsWith(c.subscription, cred, c.armOptions(transport))
}

func clientsWith(subscription string, cred azcore.TokenCredential, o *arm.ClientOptions) (clients, error) {
	compute, err := armcompute.NewClientFactory(subscription, cred, o)
	if err != nil {
		return clients{}, fmt.Errorf("compute client: %w", err)
	}
	network, err := armnetwork.NewClientFactory(subscription, cred, o)
	if err != nil {
		return clients{}, fmt.Errorf("network client: %w", err)
	}
	resources, err := armresources.NewClientFactory(subscription, cred, o)
	if err != nil {
		return clients{}, fmt.Errorf("resources client: %w", err)
	}
	subscriptions, err := armsubscriptions.NewClient(cred, o)
	if err != nil {
		return clients{}, fmt.Errorf("subscriptions client: %w", err)
	}
	return clients{
		vms: compute.NewVirtualMachinesClient(), disks: compute.NewDisksClient(), snapshots: compute.NewSnapshotsClient(),
		images: compute.NewImagesClient(), market: compute.NewVirtualMachineImagesClient(),
		proximity: compute.NewProximityPlacementGroupsClient(), sizes: compute.NewResourceSKUsClient(), usage: compute.NewUsageClient(),
		nics: network.NewInterfacesClient(), ips: network.NewPublicIPAddressesClient(), nsgs: network.NewSecurityGroupsClient(),
		asgs: network.NewApplicationSecurityGroupsClient(), vnets: network.NewVirtualNetworksClient(), subnets: network.NewSubnetsClient(),
		nats: network.NewNatGatewaysClient(), netUsage: network.NewUsagesClient(),
		groups: resources.NewResourceGroupsClient(), resources: resources.NewClient(), providers: resources.NewProvidersClient(),
		subscriptions: subscriptions,
	}, nil
}
