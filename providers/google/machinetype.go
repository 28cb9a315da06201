package google

import (
	"context"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/cluster"
)

// machineType asks what a machine type is in a zone, once.
func (d *Driver) machineType(ctx context.Context, a *api, zone, name string) (*compute.MachineType, error) {
	key := zone + "/" + name
	d.mu.Lock()
	known := d.types[key]
	d.mu.Unlock()
	if known != nil {
		return known, nil
	}
	found, err := a.MachineTypes.Get(a.project, zone, name).Context(ctx).Do()
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.types[key] = found
	return found, nil
}

const (
	amd64 = "X86_64"
	arm64 = "ARM64"
)

// architecture is the one of a machine type's processors.
func architecture(t *compute.MachineType) string {
	if t.Architecture == arm64 {
		return arm64
	}
	return amd64
}

// builtInGPUs are how many accelerators come with a machine type.
func builtInGPUs(t *compute.MachineType) (kind string, count int) {
	for _, a := range t.Accelerators {
		kind, count = last(a.GuestAcceleratorType), count+int(a.GuestAcceleratorCount)
	}
	return kind, count
}

func shapeOf(t *compute.MachineType) cluster.Shape {
	_, gpus := builtInGPUs(t)
	return cluster.Shape{CPUs: int(t.GuestCpus), Memory: cluster.Bytes(t.MemoryMb) * cluster.MiB, GPUs: gpus}
}

// shape is what a machine of a type offers; zero when that can't be found out:
// then the node is asked itself.
func (d *Driver) shape(ctx context.Context, a *api, i *compute.Instance) cluster.Shape {
	t, err := d.machineType(ctx, a, last(i.Zone), last(i.MachineType))
	if err != nil {
		return cluster.Shape{}
	}
	s := shapeOf(t)
	for _, g := range i.GuestAccelerators {
		if _, built := builtInGPUs(t); built == 0 {
			s.GPUs += int(g.AcceleratorCount)
		}
	}
	return s
}
