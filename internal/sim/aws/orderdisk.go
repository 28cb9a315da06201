package aws

import (
	"strings"
)

type diskOrder struct {
	device, kind, snapshot string
	sizeGB                 int
	iops, throughput       int
	deleteWith, encrypted  bool
}

func (r *region) readDisks(in object, o *order) *failure {
	root := diskOrder{device: o.image.root, sizeGB: o.image.sizeGB, kind: "gp3", snapshot: o.image.snapshot, deleteWith: true}
	disks := []diskOrder{root}
	seen := map[string]bool{}
	for _, m := range in.objs("BlockDeviceMappings") {
		device := m.str("DeviceName")
		switch {
		case device == "":
			return violates("MissingParameter", "The request must contain the parameter deviceName")
		case seen[device]:
			return violates("InvalidBlockDeviceMapping", "The device '%s' is used in more than one block-device mapping", device)
		case m.has("Ebs") && (m.has("VirtualName") || m.has("NoDevice")):
			return violates("InvalidBlockDeviceMapping", "Block device mapping of '%s' must have one of ebs, virtualName and noDevice", device)
		}
		seen[device] = true
		if !m.has("Ebs") {
			if m.has("NoDevice") || strings.HasPrefix(m.str("VirtualName"), "ephemeral") {
				continue
			}
			return violates("InvalidBlockDeviceMapping", "Block device mapping of '%s' has neither ebs nor virtualName nor noDevice", device)
		}
		d, base := diskOrder{device: device, kind: "gp2", deleteWith: false}, -1
		if device == root.device {
			d, base = root, 0
		}
		if f := readEBS(m.obj("Ebs"), &d); f != nil {
			return f
		}
		if base == 0 {
			if d.sizeGB < o.image.sizeGB {
				return refuse("InvalidBlockDeviceMapping", "Volume of size %dGB is smaller than snapshot '%s', expect size >= %dGB", d.sizeGB, o.image.snapshot, o.image.sizeGB)
			}
			disks[0] = d
			continue
		}
		disks = append(disks, d)
	}
	o.disks = disks
	return nil
}

// readEBS reads one disk and holds it against the limits of its type.
func readEBS(e object, d *diskOrder) *failure {
	d.sizeGB = e.int("VolumeSize", d.sizeGB)
	d.deleteWith = e.flag("DeleteOnTermination", d.deleteWith)
	d.encrypted = e.flag("Encrypted", false)
	d.iops, d.throughput = e.int("Iops", 0), e.int("Throughput", 0)
	if kind := e.str("VolumeType"); kind != "" {
		d.kind = kind
	}
	if d.sizeGB == 0 && !e.has("SnapshotId") {
		return violates("MissingParameter", "The request must contain the parameter size or snapshotId")
	}
	limits := map[string][2]int{
		"gp2": {1, 16384}, "gp3": {1, 65536}, "io1": {4, 16384}, "io2": {4, 65536}, "st1": {125, 16384}, "sc1": {125, 16384}, "standard": {1, 1024},
	}[d.kind]
	switch {
	case d.sizeGB < limits[0] || d.sizeGB > limits[1]:
		return violates("InvalidParameterValue", "Volume of %dGiB is invalid for volume type %s; it must be between %d and %d GiB.", d.sizeGB, d.kind, limits[0], limits[1])
	case (d.kind == "io1" || d.kind == "io2") && d.iops == 0:
		return violates("MissingParameter", "The parameter iops must be specified for %s volumes.", d.kind)
	case d.iops > 0 && d.kind != "io1" && d.kind != "io2" && d.kind != "gp3":
		return badCombination("The parameter iops is not supported for %s volumes.", d.kind)
	case d.throughput > 0 && d.kind != "gp3":
		return badCombination("The parameter throughput is not supported for %s volumes.", d.kind)
	}
	return nil
}
