package aws

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// image is an AMI: a public one, or one made from an instance.
type image struct {
	thing
	name, description string
	owner, alias      string
	arch              string
	system            string // what machines of it run, in ecluster's words: "debian-13"
	state, reason     string
	public            bool
	deprecated        time.Time
	created           time.Time
	root              string
	sizeGB            int
	snapshot          string
	source            string // the instance that it was made of
}

const (
	pending   = "pending"
	available = "available"
	failed    = "failed"
)

func (i *image) object() object {
	o := object{
		"ImageId": i.id, "Name": i.name, "Description": orNil(i.description), "OwnerId": i.owner, "ImageOwnerAlias": orNil(i.alias),
		"ImageLocation": i.owner + "/" + i.name, "Architecture": i.arch, "State": i.state, "Public": i.public, "ImageType": "machine",
		"CreationDate": i.created.UTC().Format("2006-01-02T15:04:05.000Z"), "RootDeviceName": i.root, "RootDeviceType": "ebs",
		"VirtualizationType": "hvm", "Hypervisor": "xen", "EnaSupport": true, "SriovNetSupport": "simple", "Tags": tagList(i.tags),
		"PlatformDetails": "Linux/UNIX", "UsageOperation": "RunInstances", "SourceInstanceId": orNil(i.source),
		"BlockDeviceMappings": list{object{"DeviceName": i.root, "Ebs": object{
			"SnapshotId": i.snapshot, "VolumeSize": i.sizeGB, "VolumeType": "gp3", "DeleteOnTermination": true, "Encrypted": false,
		}}},
	}
	if !i.deprecated.IsZero() {
		o["DeprecationTime"] = i.deprecated.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	if i.reason != "" {
		o["StateReason"] = object{"Code": "Server.InternalError", "Message": i.reason}
	}
	return o
}

// describeImages hides deprecated images of others, unless they are asked for
// by id or all are.
func (r *region) describeImages(c *call) (object, *failure) {
	owners, now := c.in.strs("Owners"), r.c.o.Now()
	page, next, f := describe(r, c, r.images, listing[*image]{
		ids: "ImageIds", prefix: "ami", notFound: "InvalidAMIID.NotFound", malform: "InvalidAMIID.Malformed", min: 1, max: 1000,
		keep: func(i *image) bool {
			if len(owners) > 0 && !slices.Contains(owners, i.owner) && (i.alias == "" || !slices.Contains(owners, i.alias)) &&
				(i.owner != account || !slices.Contains(owners, "self")) {
				return false
			}
			old := !i.deprecated.IsZero() && i.deprecated.Before(now)
			return !old || i.owner == account || c.in.flag("IncludeDeprecated", false) || len(c.in.strs("ImageIds")) > 0
		},
		attrs: attributes[*image]{
			"image-id": func(i *image) []string { return one(i.id) }, "name": func(i *image) []string { return one(i.name) },
			"architecture": func(i *image) []string { return one(i.arch) }, "state": func(i *image) []string { return one(i.state) },
			"owner-id": func(i *image) []string { return one(i.owner) }, "owner-alias": func(i *image) []string { return one(i.alias) },
			"description": func(i *image) []string { return one(i.description) }, "is-public": func(i *image) []string { return yesNo(i.public) },
			"root-device-type": func(*image) []string { return one("ebs") }, "virtualization-type": func(*image) []string { return one("hvm") },
			"image-type": func(*image) []string { return one("machine") }, "hypervisor": func(*image) []string { return one("xen") },
			"creation-date": func(i *image) []string { return stamp(i.created) }, "ena-support": func(*image) []string { return one("true") },
			"block-device-mapping.snapshot-id": func(i *image) []string { return one(i.snapshot) },
			"root-device-name":                 func(i *image) []string { return one(i.root) },
			"platform-details":                 func(*image) []string { return one("Linux/UNIX") },
			"source-instance-id":               func(i *image) []string { return one(i.source) },
		},
	})
	return object{"NextToken": next, "Images": listOf(page, func(i *image) any { return i.object() })}, f
}

func (r *region) imageOf(id string) (*image, *failure) {
	if !isID(id, "ami") {
		return nil, violates("InvalidAMIID.Malformed", "Invalid id: \"%s\" (expecting \"ami-...\")", id)
	}
	i, ok := find(r, r.images, id)
	if !ok {
		return nil, refuse("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", id)
	}
	return i, nil
}

// imageName are the characters that the name of an image may have.
const imageCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789()[] ./-'@_"

func (r *region) createImage(c *call) (object, *failure) {
	if f := checkSpecifications(c, "image", "snapshot"); f != nil {
		return nil, f
	}
	name := c.in.str("Name")
	if len(name) < 3 || len(name) > 128 || strings.Trim(name, imageCharacters) != "" {
		return nil, violates("InvalidAMIName.Malformed", "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'")
	}
	i, f := r.instanceOf(c.in.str("InstanceId"))
	if f != nil {
		return nil, f
	}
	if i.state != running && i.state != stopped && i.state != stopping {
		return nil, refuse("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be imaged.", i.id)
	}
	for _, other := range r.images.existing() {
		if other.owner == account && other.name == name {
			return nil, refuse("InvalidAMIName.Duplicate", "AMI name %s is already in use by AMI %s", name, other.id)
		}
	}
	s := &snapshot{thing: r.newThing(c, "snap", "snapshot"), state: pending, sizeGB: i.image.sizeGB}
	made := &image{
		thing: r.newThing(c, "ami", "image"), name: name, description: c.in.str("Description"), owner: account, arch: i.image.arch,
		system: i.image.system, state: pending, created: r.c.o.Now(), root: i.image.root, sizeGB: i.image.sizeGB, snapshot: s.id, source: i.id,
	}
	for _, v := range i.disks {
		if v.instance == i.id && v.device == i.image.root {
			s.volume, s.sizeGB, made.sizeGB = v.id, v.sizeGB, v.sizeGB
		}
	}
	s.description = fmt.Sprintf("Created by CreateImage(%s) for %s", i.id, made.id)
	r.snapshots.add(s)
	r.images.add(made)
	switch fault := c.fault; {
	case fault != nil && fault.Never:
	default:
		r.c.later(r.c.o.OperationTime, func() {
			s.state, made.state = "completed", available
			if fault != nil && fault.Later {
				s.state, made.state, made.reason = "error", failed, fault.Message
			}
		})
	}
	return object{"ImageId": made.id}, nil
}

func (r *region) deregisterImage(c *call) (object, *failure) {
	i, f := r.imageOf(c.in.str("ImageId"))
	if f != nil {
		return nil, f
	}
	if i.owner != account {
		return nil, refuse("AuthFailure", "Not authorized for image:%s", i.id)
	}
	remove(r, r.images, i)
	return nil, nil
}
