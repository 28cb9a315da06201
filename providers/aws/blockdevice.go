package aws

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/cluster"
)

// maxDisks is how many device names there are for disks of a group.
const maxDisks = 11

// defaultDisk is the type of EBS volumes of which nothing else is said.
const defaultDisk = "gp3"

// diskTypes are those of EBS; machines boot from the first few.
var (
	diskTypes = []string{"gp3", "gp2", "io1", "io2", "standard", "st1", "sc1"}
	bootTypes = diskTypes[:5]
)

// disk is one EBS volume; zero is EC2's own choice.
type disk struct {
	sizeGB, iops, throughput int
	kind                     string
}

// blockDevices are the boot disk and the disks of the group; all go with the
// machine. Instance-store disks need no mapping.
func (p plan) blockDevices(boot *cluster.Disk) []types.BlockDeviceMapping {
	root := disk{sizeGB: p.image.rootGB, kind: defaultDisk}
	if boot != nil {
		root.sizeGB = cmp.Or(boot.SizeGB, root.sizeGB)
		root.kind = cmp.Or(boot.Type, root.kind)
	}
	out := []types.BlockDeviceMapping{{DeviceName: aws.String(p.image.rootDevice), Ebs: root.volume()}}
	for i, d := range p.group.disks {
		out = append(out, types.BlockDeviceMapping{DeviceName: aws.String("/dev/sd" + string(rune('f'+i))), Ebs: d.volume()})
	}
	return out
}

// What EC2 wants to be told of volumes with a performance that is paid for.
const (
	usualIOPS = 3000 // what other volumes have
	iopsPerGB = 50   // the most for the stricter of the two types
	leastIOPS = 100
)

func (d disk) volume() *types.EbsBlockDevice {
	v := &types.EbsBlockDevice{DeleteOnTermination: aws.Bool(true), VolumeType: types.VolumeType(d.kind)}
	if d.iops == 0 && (d.kind == "io1" || d.kind == "io2") {
		d.iops = max(leastIOPS, min(usualIOPS, iopsPerGB*d.sizeGB))
	}
	for _, f := range []struct {
		to    **int32
		value int
	}{{&v.VolumeSize, d.sizeGB}, {&v.Iops, d.iops}, {&v.Throughput, d.throughput}} {
		if f.value > 0 {
			*f.to = aws.Int32(int32(f.value)) //nolint:gosec // EC2 refuses what is too large
		}
	}
	return v
}
