package aws

// volume is an EBS volume.
type volume struct {
	thing
	zone, kind, snapshot string
	sizeGB               int
	iops, throughput     int
	encrypted            bool
	instance, device     string // to which it is attached, and as what
	deleteWith           bool   // when its instance is terminated
	state                string // while it is not attached
	token                string
}

// snapshot is the content of a volume at one time.
type snapshot struct {
	thing
	volume, description, state string
	sizeGB                     int
}

func (v *volume) status() string {
	if v.instance != "" {
		return "in-use"
	}
	return v.state
}

func (v *volume) object() object {
	o := object{
		"VolumeId": v.id, "AvailabilityZone": v.zone, "Size": v.sizeGB, "VolumeType": v.kind, "State": v.status(), "CreateTime": v.born,
		"Encrypted": v.encrypted, "SnapshotId": v.snapshot, "MultiAttachEnabled": false, "Tags": tagList(v.tags),
	}
	if v.kind == "gp3" {
		o["Iops"], o["Throughput"] = max(3000, v.iops), max(125, v.throughput)
	} else if v.iops > 0 {
		o["Iops"] = v.iops
	}
	if v.instance != "" {
		o["Attachments"] = list{object{
			"VolumeId": v.id, "InstanceId": v.instance, "Device": v.device, "State": "attached", "AttachTime": v.born, "DeleteOnTermination": v.deleteWith,
		}}
	}
	return o
}

func (r *region) describeVolumes(c *call) (object, *failure) {
	page, next, f := describe(r, c, r.volumes, listing[*volume]{
		ids: "VolumeIds", prefix: "vol", notFound: "InvalidVolume.NotFound", malform: "InvalidVolumeID.Malformed", min: 5, max: 1000,
		attrs: attributes[*volume]{
			"volume-id": func(v *volume) []string { return one(v.id) }, "status": func(v *volume) []string { return one(v.status()) },
			"availability-zone": func(v *volume) []string { return one(v.zone) }, "volume-type": func(v *volume) []string { return one(v.kind) },
			"attachment.instance-id": func(v *volume) []string { return one(v.instance) }, "attachment.device": func(v *volume) []string { return one(v.device) },
			"attachment.delete-on-termination": func(v *volume) []string { return yesNo(v.deleteWith) },
			"snapshot-id":                      func(v *volume) []string { return one(v.snapshot) }, "encrypted": func(v *volume) []string { return yesNo(v.encrypted) },
			"create-time": func(v *volume) []string { return stamp(v.born) },
		},
	})
	return object{"NextToken": next, "Volumes": listOf(page, func(v *volume) any { return v.object() })}, f
}

func (r *region) createVolume(c *call) (object, *failure) {
	if f := checkSpecifications(c, "volume"); f != nil {
		return nil, f
	}
	if f := checkToken(c.in.str("ClientToken")); f != nil {
		return nil, f
	}
	zone := c.in.str("AvailabilityZone")
	if f := r.checkZone(zone); f != nil {
		return nil, f
	}
	if token := c.in.str("ClientToken"); token != "" {
		for _, v := range r.volumes.existing() {
			if v.token == token {
				return v.object(), nil
			}
		}
	}
	d := diskOrder{kind: "gp2"}
	ebs := object{
		"VolumeSize": c.in["Size"], "VolumeType": c.in["VolumeType"], "Iops": c.in["Iops"], "Throughput": c.in["Throughput"],
		"Encrypted": c.in["Encrypted"], "SnapshotId": c.in["SnapshotId"],
	}
	if id := c.in.str("SnapshotId"); id != "" {
		s, ok := find(r, r.snapshots, id)
		if !ok {
			return nil, refuse("InvalidSnapshot.NotFound", "The snapshot '%s' does not exist.", id)
		}
		d.sizeGB = s.sizeGB
	}
	if f := readEBS(ebs, &d); f != nil {
		return nil, f
	}
	v := &volume{
		thing: r.newThing(c, "vol", "volume"), zone: zone, kind: d.kind, sizeGB: d.sizeGB, iops: d.iops, throughput: d.throughput,
		encrypted: d.encrypted, snapshot: c.in.str("SnapshotId"), state: "creating", token: c.in.str("ClientToken"),
	}
	r.volumes.add(v)
	out := v.object()
	r.c.later(r.c.o.OperationTime, func() { v.state = available })
	return out, nil
}

func (r *region) deleteVolume(c *call) (object, *failure) {
	id := c.in.str("VolumeId")
	if !isID(id, "vol") {
		return nil, violates("InvalidVolumeID.Malformed", "Invalid id: \"%s\" (expecting \"vol-...\")", id)
	}
	v, ok := find(r, r.volumes, id)
	switch {
	case !ok:
		return nil, refuse("InvalidVolume.NotFound", "The volume '%s' does not exist.", id)
	case v.instance != "":
		return nil, refuse("VolumeInUse", "Volume %s is currently attached to %s", id, v.instance)
	}
	remove(r, r.volumes, v)
	return nil, nil
}

func (s *snapshot) object() object {
	progress := "0%"
	if s.state == "completed" {
		progress = "100%"
	}
	return object{
		"SnapshotId": s.id, "VolumeId": s.volume, "VolumeSize": s.sizeGB, "Description": s.description, "State": s.state, "StartTime": s.born,
		"Progress": progress, "OwnerId": account, "Encrypted": false, "Tags": tagList(s.tags), "StorageTier": "standard",
	}
}

// describeSnapshots knows the account's own ones only.
func (r *region) describeSnapshots(c *call) (object, *failure) {
	page, next, f := describe(r, c, r.snapshots, listing[*snapshot]{
		ids: "SnapshotIds", prefix: "snap", notFound: "InvalidSnapshot.NotFound", malform: "InvalidSnapshotID.Malformed", min: 5, max: 1000,
		attrs: attributes[*snapshot]{
			"snapshot-id": func(s *snapshot) []string { return one(s.id) }, "status": func(s *snapshot) []string { return one(s.state) },
			"volume-id": func(s *snapshot) []string { return one(s.volume) }, "owner-id": func(*snapshot) []string { return one(account) },
			"description": func(s *snapshot) []string { return one(s.description) },
		},
	})
	return object{"NextToken": next, "Snapshots": listOf(page, func(s *snapshot) any { return s.object() })}, f
}

func (r *region) deleteSnapshot(c *call) (object, *failure) {
	id := c.in.str("SnapshotId")
	if !isID(id, "snap") {
		return nil, violates("InvalidSnapshotID.Malformed", "Invalid id: \"%s\" (expecting \"snap-...\")", id)
	}
	s, ok := find(r, r.snapshots, id)
	if !ok {
		return nil, refuse("InvalidSnapshot.NotFound", "The snapshot '%s' does not exist.", id)
	}
	for _, i := range r.images.existing() {
		if i.snapshot == s.id {
			return nil, refuse("InvalidSnapshot.InUse", "The snapshot %s is currently in use by %s", s.id, i.id)
		}
	}
	remove(r, r.snapshots, s)
	return nil, nil
}
