package google

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// instance is the body of the insert of a node. The same request gives the
// same body: Google refuses a request ID that comes with another one.
func (d *Driver) instance(ctx context.Context, a *api, zone string, req providers.LaunchRequest, n providers.NodeRequest, began time.Time) (*compute.Instance, error) {
	o := optionsOf(n.Group)
	mt := machineTypeOf(n.Group)
	found, err := d.machineType(ctx, a, zone, mt)
	if err != nil {
		return nil, err
	}
	src, err := d.source(ctx, a, n.Image, architecture(found))
	if err != nil {
		return nil, err
	}
	sched, err := scheduling(req, n.Group, o, found, began)
	if err != nil {
		return nil, err
	}
	meta, err := metadata(req, o, src.cloudInit)
	if err != nil {
		return nil, err
	}
	labels := labelsOf(req, n, o)
	i := &compute.Instance{
		Name:              resourceName(req.ID, string(n.Name)),
		Description:       fmt.Sprintf("Node %s of the cluster %s, made by ecluster", n.Name, req.Name),
		MachineType:       "zones/" + zone + "/machineTypes/" + mt,
		MinCpuPlatform:    o.minCPUPlatform,
		Labels:            labels,
		Tags:              &compute.Tags{Items: append([]string{tag(req.ID)}, o.tags...)},
		Metadata:          meta,
		Scheduling:        sched,
		NetworkInterfaces: []*compute.NetworkInterface{d.networkInterface(a, zone, req.ID, o)},
	}
	i.Disks = disks(zone, i.Name, n.Group, o, src, labels)
	if o.serviceAccount != "" {
		i.ServiceAccounts = []*compute.ServiceAccount{{Email: o.serviceAccount, Scopes: o.scopes}}
	}
	if g := n.Group.GPU; g != nil && g.Count > 0 {
		if _, built := builtInGPUs(found); built == 0 {
			i.GuestAccelerators = []*compute.AcceleratorConfig{{
				AcceleratorType: "zones/" + zone + "/acceleratorTypes/" + g.Type, AcceleratorCount: int64(g.Count),
			}}
		}
	}
	if o.compact {
		i.ResourcePolicies = []string{"projects/" + a.project + "/regions/" + regionOf(zone) + "/resourcePolicies/" + policyName(req.ID, n.Group.Name)}
	}
	return i, nil
}

func labelsOf(req providers.LaunchRequest, n providers.NodeRequest, o options) map[string]string {
	labels := maps.Clone(o.labels)
	maps.Copy(labels, map[string]string{
		providers.TagCluster: string(req.ID), providers.TagName: string(req.Name), providers.TagNode: string(n.Name),
		providers.TagGroup: string(n.Group.Name), providers.TagAttempt: req.Token,
	})
	return labels
}

// networkInterface puts a machine into the cluster's own network, or into the
// one that the settings name.
func (d *Driver) networkInterface(a *api, zone string, id cluster.ID, o options) *compute.NetworkInterface {
	nic := &compute.NetworkInterface{NicType: o.nicType}
	region := regionOf(zone)
	nic.Network = d.network(a, id)
	if d.set.network == "" {
		nic.Subnetwork = subnetLink(a.project, region, subnetName(id, region))
	} else if d.set.subnetwork != "" {
		nic.Subnetwork = subnetLink(a.project, region, d.set.subnetwork)
	}
	if d.public(o) {
		nic.AccessConfigs = []*compute.AccessConfig{{Name: "External NAT", Type: "ONE_TO_ONE_NAT", NetworkTier: o.networkTier}}
	}
	return nic
}

// networkLink completes the name of a network; a path stays as it is.
func networkLink(project, name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	return "projects/" + project + "/global/networks/" + name
}

func subnetLink(project, region, name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	return "projects/" + project + "/regions/" + region + "/subnetworks/" + name
}

// disks are the boot disk, the user's and the local SSDs; they go with the
// machine.
func disks(zone, machine string, g cluster.Group, o options, src *source, labels map[string]string) []*compute.AttachedDisk {
	kind := func(t string) string {
		if t == "" {
			t = defaultDiskType(machineTypeOf(g))
		}
		return "zones/" + zone + "/diskTypes/" + t
	}
	boot := cluster.Disk{}
	if g.BootDisk != nil {
		boot = *g.BootDisk
	}
	out := []*compute.AttachedDisk{{
		Boot: true, AutoDelete: true, DeviceName: "boot",
		InitializeParams: &compute.AttachedDiskInitializeParams{
			SourceImage: src.link, DiskSizeGb: int64(boot.SizeGB), DiskType: kind(boot.Type), Labels: labels,
		},
	}}
	for i, disk := range o.disks {
		suffix := "-disk" + strconv.Itoa(i+1)
		out = append(out, &compute.AttachedDisk{
			AutoDelete: true, DeviceName: "disk" + strconv.Itoa(i+1),
			InitializeParams: &compute.AttachedDiskInitializeParams{
				DiskName:   strings.TrimRight(machine[:min(len(machine), longest-len(suffix))], "-") + suffix,
				DiskSizeGb: int64(disk.SizeGB), DiskType: kind(disk.Type), Labels: labels,
			},
		})
	}
	for range o.localSSD {
		out = append(out, &compute.AttachedDisk{
			AutoDelete: true, Type: "SCRATCH", Interface: "NVME",
			InitializeParams: &compute.AttachedDiskInitializeParams{DiskType: "zones/" + zone + "/diskTypes/local-ssd"},
		})
	}
	return out
}

// scheduling says what happens to a machine at maintenance, when spot capacity
// is wanted back, and when its time is over.
func scheduling(req providers.LaunchRequest, g cluster.Group, o options, mt *compute.MachineType, began time.Time) (*compute.Scheduling, error) {
	s := &compute.Scheduling{ProvisioningModel: "STANDARD"}
	_, built := builtInGPUs(mt)
	if g.Spot || g.GPU != nil || built > 0 || o.compact {
		s.OnHostMaintenance = "TERMINATE" // none of these can be moved while it runs
	}
	if g.Spot || o.compact {
		restart := false
		s.AutomaticRestart = &restart
	}
	if g.Spot {
		s.ProvisioningModel, s.InstanceTerminationAction = "SPOT", "DELETE"
	}
	limit := o.maxRun
	if !req.Expires.IsZero() {
		left, err := remaining(began, req.Expires)
		if err != nil {
			return nil, err
		}
		if limit == 0 || left < limit {
			limit = left
		}
	}
	if limit > 0 {
		s.MaxRunDuration = &compute.Duration{Seconds: int64(limit / time.Second)}
		s.InstanceTerminationAction = "DELETE"
	}
	return s, nil
}
