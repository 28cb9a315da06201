package azure

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources/v3"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var _ providers.Baker = (*Driver)(nil)

// tagBaked marks images that we made and may delete.
const tagBaked = "ecluster-baked"

// Bake implements providers.Baker with a managed image of a snapshot of the
// boot disk, while the machine is off. The machine itself stays as it is: it
// need not be generalized, because cloud-init, which finds another machine
// under it, sets up users, keys and host name anew.
func (d *Driver) Bake(ctx context.Context, req providers.BakeRequest) (string, error) {
	op := "bake image " + req.Name
	if err := requireID(op, req.ID); err != nil {
		return "", err
	}
	vm, err := d.findMachine(ctx, req.ID, req.Instance)
	if err != nil {
		return "", fail(ctx, op, "", err)
	}
	if err := d.bakeable(ctx, vm); err != nil {
		return "", fail(ctx, op, "", err)
	}
	group, err := d.imageGroup(ctx)
	if err != nil {
		return "", fail(ctx, op, "", err)
	}
	req.Progress("shutting the node down")
	stop, err := d.api.vms.BeginDeallocate(ctx, d.resourceGroup(req.ID), val(vm.Name), nil)
	if _, err = finish(ctx, d, stop, err); err != nil {
		return "", fail(ctx, op, "", err)
	}
	snapshot, err := d.snapshot(ctx, req, group, vm)
	if err != nil {
		return "", fail(ctx, op, "", err)
	}
	req.Progress("making the image")
	image, err := d.imageOf(ctx, req, group, vm, snapshot)
	gone, goneErr := d.api.snapshots.BeginDelete(context.WithoutCancel(ctx), group, val(snapshot.Name), nil)
	_, goneErr = finish(ctx, d, gone, goneErr)
	if err = errors.Join(err, unlessMissing(goneErr)); err != nil {
		return "", fail(ctx, op, "", err)
	}
	_, err = d.api.vms.BeginStart(ctx, d.resourceGroup(req.ID), val(vm.Name), nil)
	return image, fail(ctx, op, "", err)
}

// findMachine returns a machine of the cluster by its instance.
func (d *Driver) findMachine(ctx context.Context, id cluster.ID, instance cluster.InstanceID) (*armcompute.VirtualMachine, error) {
	list, err := d.ownMachines(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, vm := range list {
		if idOf(vm) == instance {
			return vm, nil
		}
	}
	return nil, &providers.Error{Op: "find machine", Kind: providers.NotFound, Err: fmt.Errorf("the cluster has no machine %s", instance)}
}

// bakeable refuses what a managed image can't hold.
func (d *Driver) bakeable(ctx context.Context, vm *armcompute.VirtualMachine) error {
	p := vm.Properties
	if p == nil || p.StorageProfile == nil || p.StorageProfile.OSDisk == nil || p.StorageProfile.OSDisk.ManagedDisk == nil || p.HardwareProfile == nil {
		return &providers.Error{Op: "bake", Kind: providers.Invalid, Err: errors.New("the machine has no managed boot disk")}
	}
	s, err := d.launchSize(ctx, string(val(p.HardwareProfile.VMSize)))
	if err == nil && s.arch == archArm64 {
		return &providers.Error{Op: "bake", Kind: providers.Invalid, Err: errors.New("managed images of Azure hold x64 machines only; bake on one, or make an image in a gallery yourself")}
	}
	return err
}

// imageGroup is where images live on when their cluster has gone.
func (d *Driver) imageGroup(ctx context.Context) (string, error) {
	if d.config.resourceGroup != "" {
		return d.config.resourceGroup, nil
	}
	group := "ecluster-images-" + d.config.location
	_, err := d.api.groups.CreateOrUpdate(ctx, group, armresources.ResourceGroup{
		Location: new(d.config.location), Tags: map[string]*string{tagBaked: new("true")},
	}, nil)
	return group, err
}

func (d *Driver) snapshot(ctx context.Context, req providers.BakeRequest, group string, vm *armcompute.VirtualMachine) (*armcompute.Snapshot, error) {
	req.Progress("copying its disk")
	op, err := d.api.snapshots.BeginCreateOrUpdate(ctx, group, req.Name+"-snapshot", armcompute.Snapshot{
		Location: new(d.config.location), Tags: map[string]*string{tagBaked: new("true")},
		Properties: &armcompute.SnapshotProperties{CreationData: &armcompute.CreationData{
			CreateOption: new(armcompute.DiskCreateOptionCopy), SourceResourceID: vm.Properties.StorageProfile.OSDisk.ManagedDisk.ID,
		}},
	}, nil)
	done, err := finish(ctx, d, op, err)
	return &done.Snapshot, err
}

// imageOf returns the resource id of the image.
func (d *Driver) imageOf(ctx context.Context, req providers.BakeRequest, group string, vm *armcompute.VirtualMachine, s *armcompute.Snapshot) (string, error) {
	tags := map[string]*string{tagBaked: new("true")}
	for k, v := range req.Labels {
		tags[k] = new(v)
	}
	if p := vm.Plan; p != nil {
		tags[tagPlan] = new(strings.Join([]string{val(p.Publisher), val(p.Product), val(p.Name)}, ":"))
	}
	generation := armcompute.HyperVGenerationTypesV2
	if s.Properties != nil && val(s.Properties.HyperVGeneration) == armcompute.HyperVGenerationV1 {
		generation = armcompute.HyperVGenerationTypesV1
	}
	op, err := d.api.images.BeginCreateOrUpdate(ctx, group, req.Name, armcompute.Image{
		Location: new(d.config.location), Tags: tags,
		Properties: &armcompute.ImageProperties{
			HyperVGeneration: new(generation),
			StorageProfile: &armcompute.ImageStorageProfile{OSDisk: &armcompute.ImageOSDisk{
				OSType: new(armcompute.OperatingSystemTypesLinux), OSState: new(armcompute.OperatingSystemStateTypesGeneralized),
				Snapshot: &armcompute.SubResource{ID: s.ID},
			}},
		},
	}, nil)
	done, err := finish(ctx, d, op, err)
	return val(done.ID), err
}

// DeleteImage implements providers.Baker. It deletes no image that was not
// made here.
func (d *Driver) DeleteImage(ctx context.Context, name string) error {
	op := "delete image " + name
	group, short, managed := image{id: name}.managed(d.config.subscription)
	if !managed {
		return &providers.Error{Op: op, Kind: providers.Invalid, Err: errors.New("it is no managed image of the subscription")}
	}
	found, err := d.api.images.Get(ctx, group, short, nil)
	if err != nil {
		return fail(ctx, op, "", unlessMissing(err))
	}
	if tag(found.Tags, tagBaked) == "" {
		return &providers.Error{Op: op, Kind: providers.Invalid, Err: errors.New("it was not made by ecluster; `az image delete` deletes it")}
	}
	p, err := d.api.images.BeginDelete(ctx, group, short, nil)
	_, err = finish(ctx, d, p, err)
	return fail(ctx, op, "", unlessMissing(err))
}
