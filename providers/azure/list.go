package azure

import (
	"context"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// List implements providers.Driver with four listings, however many machines
// there are: the machines of the resource group, the states of all machines of
// the subscription (Azure offers no narrower one), network interfaces and
// public addresses.
func (d *Driver) List(ctx context.Context, id cluster.ID) ([]cluster.Instance, error) {
	if err := requireID("list", id); err != nil {
		return nil, err
	}
	var machines []machine
	var where addresses
	err := all(
		func() (err error) { machines, err = d.machines(ctx, id); return err },
		func() (err error) { where, err = d.addresses(ctx, id); return err },
	)
	if err != nil {
		return nil, fail(ctx, "list", "", err)
	}
	list := make([]cluster.Instance, 0, len(machines))
	for _, m := range machines {
		list = append(list, d.instance(id, m, where[strings.ToLower(val(m.vm.ID))]))
	}
	return list, nil
}

// machine is one as two listings show it.
type machine struct {
	vm       *armcompute.VirtualMachine
	statuses []*armcompute.InstanceViewStatus
	blind    bool // nobody may tell whether it runs
}

// machines returns those that carry the tag of the cluster.
func (d *Driver) machines(ctx context.Context, id cluster.ID) ([]machine, error) {
	var own []*armcompute.VirtualMachine
	var views map[string]*armcompute.VirtualMachineInstanceView
	err := all(
		func() (err error) { own, err = d.ownMachines(ctx, id); return err },
		func() (err error) { views, err = d.views(ctx); return err },
	)
	if err != nil {
		return nil, err
	}
	out := make([]machine, 0, len(own))
	for _, vm := range own {
		m := machine{vm: vm, blind: views == nil}
		view := views[strings.ToLower(val(vm.ID))]
		if view == nil && vm.Properties != nil {
			view = vm.Properties.InstanceView
		}
		if view != nil {
			m.statuses = view.Statuses
		}
		if code, _ := failure(m.statuses); code == "" && strings.EqualFold(provisioning(vm), "Failed") {
			d.explain(ctx, id, &m)
		}
		out = append(out, m)
	}
	return out, nil
}

// explain asks why a machine failed when the listing of states does not tell:
// it was older, or is for others only. Without an answer the reason is left out.
func (d *Driver) explain(ctx context.Context, id cluster.ID, m *machine) {
	view, err := d.api.vms.InstanceView(ctx, d.resourceGroup(id), val(m.vm.Name), nil)
	if err == nil {
		m.statuses = view.Statuses
	}
}

// ownMachines lists the resource group; without one there are none.
func (d *Driver) ownMachines(ctx context.Context, id cluster.ID) ([]*armcompute.VirtualMachine, error) {
	list, err := collect(ctx, d.api.vms.NewListPager(d.resourceGroup(id), nil),
		func(p armcompute.VirtualMachinesClientListResponse) []*armcompute.VirtualMachine { return p.Value })
	if err != nil {
		return nil, unlessMissing(err)
	}
	var own []*armcompute.VirtualMachine
	for _, vm := range list {
		if vm != nil && tag(vm.Tags, providers.TagCluster) == string(id) {
			own = append(own, vm)
		}
	}
	return own, nil
}

// views returns the states of all machines by lower-case id, nil when the
// credentials are for a resource group only: then machines count as running
// once they were provisioned.
func (d *Driver) views(ctx context.Context) (map[string]*armcompute.VirtualMachineInstanceView, error) {
	d.mu.Lock()
	narrow := d.narrow
	d.mu.Unlock()
	if narrow {
		return nil, nil
	}
	list, err := collect(ctx, d.api.vms.NewListAllPager(&armcompute.VirtualMachinesClientListAllOptions{StatusOnly: new("true")}),
		func(p armcompute.VirtualMachinesClientListAllResponse) []*armcompute.VirtualMachine { return p.Value })
	if isCode(err, "AuthorizationFailed") {
		d.mu.Lock()
		d.narrow = true
		d.mu.Unlock()
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	views := make(map[string]*armcompute.VirtualMachineInstanceView, len(list))
	for _, vm := range list {
		if vm != nil && vm.Properties != nil && vm.Properties.InstanceView != nil {
			views[strings.ToLower(val(vm.ID))] = vm.Properties.InstanceView
		}
	}
	return views, nil
}

// address is where one machine is.
type address struct{ private, public string }

// addresses are by the lower-case id of the machine.
type addresses map[string]address

func (d *Driver) addresses(ctx context.Context, id cluster.ID) (addresses, error) {
	group := d.resourceGroup(id)
	var nics []*armnetwork.Interface
	var ips []*armnetwork.PublicIPAddress
	err := all(
		func() (err error) {
			nics, err = collect(ctx, d.api.nics.NewListPager(group, nil),
				func(p armnetwork.InterfacesClientListResponse) []*armnetwork.Interface { return p.Value })
			return unlessMissing(err)
		},
		func() (err error) {
			ips, err = collect(ctx, d.api.ips.NewListPager(group, nil),
				func(p armnetwork.PublicIPAddressesClientListResponse) []*armnetwork.PublicIPAddress { return p.Value })
			return unlessMissing(err)
		},
	)
	if err != nil {
		return nil, err
	}
	public := make(map[string]string, len(ips))
	for _, ip := range ips {
		if ip != nil && ip.Properties != nil {
			public[strings.ToLower(val(ip.ID))] = val(ip.Properties.IPAddress)
		}
	}
	out := make(addresses, len(nics))
	for _, nic := range nics {
		if nic == nil || nic.Properties == nil || nic.Properties.VirtualMachine == nil {
			continue
		}
		out[strings.ToLower(val(nic.Properties.VirtualMachine.ID))] = addressOf(nic.Properties, public)
	}
	return out, nil
}

func addressOf(nic *armnetwork.InterfacePropertiesFormat, public map[string]string) address {
	var a address
	for _, c := range nic.IPConfigurations {
		if c == nil || c.Properties == nil || a.private != "" && !val(c.Properties.Primary) {
			continue
		}
		a.private = val(c.Properties.PrivateIPAddress)
		if ip := c.Properties.PublicIPAddress; ip != nil {
			a.public = public[strings.ToLower(val(ip.ID))]
			if a.public == "" && ip.Properties != nil {
				a.public = val(ip.Properties.IPAddress)
			}
		}
	}
	return a
}

// unlessMissing takes an absent resource group for an empty one.
func unlessMissing(err error) error {
	if missing(err) {
		return nil
	}
	return err
}

// instance puts together what the listings tell of a machine.
func (d *Driver) instance(id cluster.ID, m machine, at address) cluster.Instance {
	i := cluster.Instance{
		ID:      idOf(m.vm),
		Node:    cluster.NodeName(tag(m.vm.Tags, providers.TagNode)),
		Group:   cluster.GroupName(tag(m.vm.Tags, providers.TagGroup)),
		Attempt: tag(m.vm.Tags, providers.TagAttempt), PrivateIP: at.private, PublicIP: at.public,
	}
	i.State, i.Reason = d.state(id, m)
	if p := m.vm.Properties; p != nil {
		i.Created = val(p.TimeCreated)
		if p.HardwareProfile != nil {
			i.Shape = d.knownShape(string(val(p.HardwareProfile.VMSize)))
		}
	}
	for _, host := range []string{at.public, at.private} {
		if host != "" {
			i.Endpoints = append(i.Endpoints, cluster.Endpoint{Host: host, Port: 22})
		}
	}
	return i
}

// knownShape is zero where nobody has asked for machine types yet: a listing
// must stay cheap, and the node tells itself.
func (d *Driver) knownShape(size string) cluster.Shape {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sizes[strings.ToLower(size)].shape
}
