package qemu

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

const (
	defaultCPUs   = 1
	defaultMemory = "1GB"
	minMemory     = 512 * cluster.MiB // Debian boots and runs one login in this
	defaultDiskGB = 10
	maxDisks      = 8
)

func settingsSchema() schema.Schema {
	return schema.Schema{
		Doc: "Virtual machines of this computer. Without settings they use KVM where it works, else emulation.",
		Attrs: []schema.Attr{
			{
				Name: "accel", Type: cty.String, OneOf: []string{accelAuto, accelKVM, accelTCG},
				Doc: `How machines are run: "kvm", "tcg" (emulation, about twenty times slower), or "auto", which tries KVM and falls back. Default: "auto".`,
			},
			{
				Name: "packages", Type: cty.List(cty.String), Check: checkPackages,
				Doc: "Debian packages that are part of images built here, so that no machine has to install them. Their services don't start by themselves.",
			},
			{
				Name: "dir", Type: cty.String, Trusted: true,
				Doc: `Folder of the machines; it must be on a local disk. Default: "qemu" in $ECLUSTER_HOME.`,
			},
			{
				Name: "image_dir", Type: cty.String, Trusted: true,
				Doc: `Folder of the images, which all clusters share. Default: "ecluster/qemu" in the cache folder of the user.`,
			},
			{
				Name: "image_mirror", Type: cty.String, Trusted: true,
				Doc: `Debian mirror for an image that has to be built. Default: "http://deb.debian.org/debian".`,
			},
		},
	}
}

func groupSchema() schema.Schema {
	return schema.Schema{
		Doc: "The size of a virtual machine. boot_disk gives the size of its disk (default 10 GB), which takes space only as it fills.",
		Attrs: []schema.Attr{
			{
				Name: "cpus", Type: cty.Number, Default: float64(defaultCPUs), Check: schema.Whole(1, 255),
				Doc: "Processors.",
			},
			{
				Name: "memory", Type: cty.String, Default: defaultMemory, Check: checkMemory,
				Doc: `Memory, such as "2GB".`,
			},
			{
				Name: "disks", Type: cty.List(cty.Object(map[string]cty.Type{"size_gb": cty.Number})), Check: checkDisks,
				Doc: `Further, empty disks: [{ size_gb = 20 }]. They are /dev/vdb and so on, and go with their node.`,
			},
		},
	}
}

func checkMemory(v any) error {
	s, _ := v.(string)
	b, err := cluster.ParseBytes(s)
	if err == nil && b < minMemory {
		err = fmt.Errorf("must be at least %s for a machine to boot, not %s", minMemory, b)
	}
	return err
}

func checkDisks(v any) error {
	disks := disksOf(schema.Values{"disks": v})
	if len(disks) > maxDisks {
		return fmt.Errorf("a machine has at most %d further disks, not %d", maxDisks, len(disks))
	}
	for i, gb := range disks {
		if gb < 1 || gb > 65536 {
			return fmt.Errorf("disk %d has size_gb = %d; it must be between 1 and 65536", i+1, gb)
		}
	}
	return nil
}

func checkPackages(v any) error {
	list, _ := v.([]any)
	for _, e := range list {
		if s, _ := e.(string); !packageName.MatchString(s) {
			return fmt.Errorf("%q is no name of a Debian package", s)
		}
	}
	return nil
}

// size is what a group asks of each machine.
type size struct {
	cpus   int
	memory cluster.Bytes
	diskGB int   // of the boot disk
	disks  []int // further ones, in GB
}

func sizeOf(g cluster.Group) size {
	v := schema.Values(g.Settings)
	s := size{cpus: max(v.Int("cpus"), defaultCPUs), memory: v.Bytes("memory"), diskGB: defaultDiskGB}
	if s.memory == 0 {
		s.memory = schema.Values{"m": defaultMemory}.Bytes("m")
	}
	if g.BootDisk != nil && g.BootDisk.SizeGB > 0 {
		s.diskGB = g.BootDisk.SizeGB
	}
	s.disks = disksOf(v)
	return s
}

// disksOf are the sizes of the further disks, in GB.
func disksOf(v schema.Values) []int {
	list, _ := v["disks"].([]any)
	sizes := make([]int, 0, len(list))
	for _, e := range list {
		disk, _ := e.(map[string]any)
		sizes = append(sizes, schema.Values(disk).Int("size_gb"))
	}
	return sizes
}

// shape leaves the memory open: part of it is the kernel's, so the node is
// asked what it has.
func (s size) shape() cluster.Shape { return cluster.Shape{CPUs: s.cpus} }
