package azure_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources/v3"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armsubscriptions"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/azure"
)

// rig is one simulated cloud with the real clients.
type rig struct {
	t       *testing.T
	sim     *azure.Cloud
	url     string
	compute *armcompute.ClientFactory
	network *armnetwork.ClientFactory
	res     *armresources.ClientFactory
	subs    *armsubscriptions.Client
	// expected are problems that the test sends on purpose.
	expected bool
}

type token string

func (t token) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(t), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

const (
	group  = "cluster"
	subnet = "/subscriptions/" + azure.Subscription + "/resourceGroups/cluster/providers/Microsoft.Network/virtualNetworks/net/subnets/nodes"
)

func newRig(t *testing.T, o sim.Options) *rig {
	t.Helper()
	s, err := azure.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, s)
}

func serve(t *testing.T, s *azure.Cloud) *rig {
	t.Helper()
	server := httptest.NewServer(s)
	r := &rig{t: t, sim: s, url: server.URL}
	r.connect(azure.Token)
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if p := s.Log().Problems(); len(p) > 0 && !r.expected {
			t.Errorf("malformed requests: %+v", p)
		}
	})
	return r
}

func (r *rig) connect(secret token) {
	r.t.Helper()
	options := &arm.ClientOptions{
		DisableRPRegistration: true,
		ClientOptions: policy.ClientOptions{
			Cloud: cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
				cloud.ResourceManager: {Endpoint: r.url, Audience: "https://management.azure.com"},
			}},
			InsecureAllowCredentialWithHTTP: true,
			Retry:                           policy.RetryOptions{MaxRetries: -1},
		},
	}
	var errs [4]error
	r.compute, errs[0] = armcompute.NewClientFactory(azure.Subscription, secret, options)
	r.network, errs[1] = armnetwork.NewClientFactory(azure.Subscription, secret, options)
	r.res, errs[2] = armresources.NewClientFactory(azure.Subscription, secret, options)
	r.subs, errs[3] = armsubscriptions.NewClient(secret, options)
	if err := errors.Join(errs[:]...); err != nil {
		r.t.Fatal(err)
	}
}

// foundation makes a group, a network, a subnet and a security group.
func (r *rig) foundation() {
	r.t.Helper()
	ctx := r.t.Context()
	_, err := r.res.NewResourceGroupsClient().CreateOrUpdate(ctx, group, armresources.ResourceGroup{
		Location: new("westeurope"), Tags: map[string]*string{"ecluster-cluster": new("c1")},
	}, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	nsg := wait(r.network.NewSecurityGroupsClient().BeginCreateOrUpdate(ctx, group, "wall", armnetwork.SecurityGroup{
		Location: new("westeurope"),
		Properties: &armnetwork.SecurityGroupPropertiesFormat{SecurityRules: []*armnetwork.SecurityRule{{
			Name: new("ssh"), Properties: sshRule(),
		}}},
	}, nil))(r.t)
	wait(r.network.NewVirtualNetworksClient().BeginCreateOrUpdate(ctx, group, "net", armnetwork.VirtualNetwork{
		Location: new("westeurope"),
		Properties: &armnetwork.VirtualNetworkPropertiesFormat{
			AddressSpace: &armnetwork.AddressSpace{AddressPrefixes: []*string{new("10.0.0.0/8")}},
			Subnets: []*armnetwork.Subnet{{
				Name: new("nodes"),
				Properties: &armnetwork.SubnetPropertiesFormat{
					AddressPrefix: new("10.1.0.0/16"), NetworkSecurityGroup: &armnetwork.SecurityGroup{ID: nsg.ID},
				},
			}},
		},
	}, nil))(r.t)
}

func sshRule() *armnetwork.SecurityRulePropertiesFormat {
	return &armnetwork.SecurityRulePropertiesFormat{
		Access: new(armnetwork.SecurityRuleAccessAllow), Direction: new(armnetwork.SecurityRuleDirectionInbound),
		Priority: new(int32(100)), Protocol: new(armnetwork.SecurityRuleProtocolTCP),
		SourceAddressPrefixes: []*string{new("192.0.2.7/32")}, SourcePortRange: new("*"),
		DestinationAddressPrefix: new("*"), DestinationPortRange: new("22"),
	}
}

// wait starts to wait for an operation.
func wait[T any](p *runtime.Poller[T], err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		done, err := p.PollUntilDone(t.Context(), &runtime.PollUntilDoneOptions{Frequency: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
}

// end returns how an operation failed, at once or later.
func end[T any](p *runtime.Poller[T], err error) error {
	if err != nil {
		return err
	}
	_, err = p.PollUntilDone(context.Background(), &runtime.PollUntilDoneOptions{Frequency: time.Millisecond})
	return err
}

// code is Azure's code of an error and the status that came with it.
func code(err error) (string, int) {
	if r, is := errors.AsType[*azcore.ResponseError](err); is {
		return r.ErrorCode, r.StatusCode
	}
	return "", 0
}

func wantCode(t *testing.T, err error, want string, status int) {
	t.Helper()
	if c, s := code(err); c != want || s != status {
		t.Errorf("got %s (%d), want %s (%d): %v", c, s, want, status, err)
	}
}

// publicKey is a well-formed ed25519 key.
func publicKey() string {
	const name = "ssh-ed25519"
	blob := binary.BigEndian.AppendUint32(nil, uint32(len(name)))
	blob = append(blob, name...)
	blob = binary.BigEndian.AppendUint32(blob, 32)
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	return name + " " + base64.StdEncoding.EncodeToString(append(blob, key...)) + " test"
}

// machine describes a node with an inline interface and address.
func machine(node string) armcompute.VirtualMachine {
	return armcompute.VirtualMachine{
		Location: new("westeurope"),
		Tags:     map[string]*string{"ecluster-cluster": new("c1"), "ecluster-node": new(node)},
		Properties: &armcompute.VirtualMachineProperties{
			HardwareProfile: &armcompute.HardwareProfile{VMSize: new(armcompute.VirtualMachineSizeTypes("Standard_D2s_v5"))},
			StorageProfile: &armcompute.StorageProfile{
				ImageReference: &armcompute.ImageReference{
					Publisher: new("Debian"), Offer: new("debian-13"), SKU: new("13-gen2"), Version: new("latest"),
				},
				OSDisk: &armcompute.OSDisk{
					CreateOption: new(armcompute.DiskCreateOptionTypesFromImage), DeleteOption: new(armcompute.DiskDeleteOptionTypesDelete),
					ManagedDisk: &armcompute.ManagedDiskParameters{StorageAccountType: new(armcompute.StorageAccountTypesPremiumLRS)},
				},
			},
			OSProfile: &armcompute.OSProfile{
				ComputerName: new(node), AdminUsername: new("ecluster"),
				CustomData: new(base64.StdEncoding.EncodeToString([]byte("#cloud-config\n"))),
				LinuxConfiguration: &armcompute.LinuxConfiguration{
					DisablePasswordAuthentication: new(true),
					SSH: &armcompute.SSHConfiguration{PublicKeys: []*armcompute.SSHPublicKey{{
						Path: new("/home/ecluster/.ssh/authorized_keys"), KeyData: new(publicKey()),
					}}},
				},
			},
			NetworkProfile: &armcompute.NetworkProfile{
				NetworkAPIVersion: new(armcompute.NetworkAPIVersionTwoThousandTwenty1101),
				NetworkInterfaceConfigurations: []*armcompute.VirtualMachineNetworkInterfaceConfiguration{{
					Name: new("nic"),
					Properties: &armcompute.VirtualMachineNetworkInterfaceConfigurationProperties{
						Primary: new(true), DeleteOption: new(armcompute.DeleteOptionsDelete),
						IPConfigurations: []*armcompute.VirtualMachineNetworkInterfaceIPConfiguration{{
							Name: new("ip"),
							Properties: &armcompute.VirtualMachineNetworkInterfaceIPConfigurationProperties{
								Subnet: &armcompute.SubResource{ID: new(subnet)},
								PublicIPAddressConfiguration: &armcompute.VirtualMachinePublicIPAddressConfiguration{
									Name: new("address"),
									SKU:  &armcompute.PublicIPAddressSKU{Name: new(armcompute.PublicIPAddressSKUNameStandard)},
									Properties: &armcompute.VirtualMachinePublicIPAddressConfigurationProperties{
										DeleteOption: new(armcompute.DeleteOptionsDelete),
									},
								},
							},
						}},
					},
				}},
			},
		},
	}
}

// kinds counts what exists, by kind.
func (r *rig) kinds() map[string]int {
	out := map[string]int{}
	for _, i := range r.sim.Inventory() {
		out[i.Kind]++
	}
	return out
}

// raw sends a request that the SDK would not.
func (r *rig) raw(method, path, body string) (*http.Response, []byte) {
	r.t.Helper()
	return r.send(method, path, body, map[string]string{"Authorization": "Bearer " + azure.Token})
}

func (r *rig) send(method, path, body string, header map[string]string) (*http.Response, []byte) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		r.t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		r.t.Fatal(err)
	}
	return resp, data
}
