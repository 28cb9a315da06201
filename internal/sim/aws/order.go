package aws

import (
	"encoding/base64"
	"slices"
	"strings"
)

// order is what RunInstances asks for, read and held against the rules.
type order struct {
	min, max   int
	image      *image
	typ        *instanceType
	subnet     *subnet
	userData   []byte
	key        string
	disks      []diskOrder
	interfaces []interfaceOrder
	placement  *placement
	placed     object // Placement, as it was asked for
	spot       *spotOrder
	profile    string
	shutdown   string // "stop" or "terminate"
	metadata   object
	cores      int
	threads    int
	monitored  bool
	token      string
}

type diskOrder struct {
	device, kind, snapshot string
	sizeGB                 int
	iops, throughput       int
	deleteWith, encrypted  bool
}

type interfaceOrder struct {
	device      int
	subnet      *subnet
	groups      []*group
	public      bool
	deleteWith  bool
	description string
	kind        string // "interface" or "efa"
}

// vcpus are those of one instance.
func (o order) vcpus() int { return max(1, o.cores*o.threads) }

func (o order) stock() string { return o.subnet.zone + "/" + o.typ.name }

// maxUserData is the limit on user data before they are encoded.
const maxUserData = 16 << 10

func (r *region) readOrder(c *call) (order, *failure) {
	in := c.in
	o := order{
		min: in.int("MinCount", 0), max: in.int("MaxCount", 0), shutdown: in.str("InstanceInitiatedShutdownBehavior"),
		monitored: in.obj("Monitoring").flag("Enabled", false), token: in.str("ClientToken"), placed: in.obj("Placement"),
	}
	if o.shutdown == "" {
		o.shutdown = "stop"
	}
	if f := checkCounts(o); f != nil {
		return o, f
	}
	if f := checkToken(in.str("ClientToken")); f != nil {
		return o, f
	}
	if f := checkSpecifications(c, "instance", "volume", "network-interface", "spot-instances-request", "elastic-gpu"); f != nil {
		return o, f
	}
	for _, read := range []func(object, *order) *failure{
		r.readMachine, r.readUserData, r.readNetwork, r.readDisks, r.readPlacement, r.readMarket, r.readProfile, r.readCPU, readMetadata,
	} {
		if f := read(in, &o); f != nil {
			return o, f
		}
	}
	return o, nil
}

func checkCounts(o order) *failure {
	switch {
	case o.min < 1:
		return violates("InvalidParameterValue", "Value (%d) for parameter minCount is invalid. Expecting a value greater than 0.", o.min)
	case o.max < o.min:
		return violates("InvalidParameterValue", "The request must contain a maxCount value (%d) that is greater than or equal to the minCount value (%d)", o.max, o.min)
	case o.max > 1000:
		return refuse("InstanceLimitExceeded", "You have requested more instances (%d) than one request may launch.", o.max)
	}
	return nil
}

// checkToken holds an idempotency token against its documented form.
func checkToken(token string) *failure {
	if len(token) > 64 {
		return violates("InvalidParameterValue", "Value (%s) for parameter clientToken is invalid. The maximum length is 64.", token)
	}
	for _, b := range []byte(token) {
		if b < ' ' || b > '~' {
			return violates("InvalidParameterValue", "Value (%s) for parameter clientToken is invalid. Only ASCII characters are allowed.", token)
		}
	}
	return nil
}

func (r *region) readMachine(in object, o *order) *failure {
	if in.has("LaunchTemplate") {
		return refuse("InvalidLaunchTemplateId.NotFound", "The specified launch template does not exist.")
	}
	if !in.has("ImageId") {
		return missing("ImageId")
	}
	var f *failure
	if o.image, f = r.imageOf(in.str("ImageId")); f != nil {
		return f
	}
	if o.image.state != available {
		return refuse("InvalidAMIID.Unavailable", "The image ID '%s' is not available", o.image.id)
	}
	name := in.str("InstanceType")
	if name == "" {
		name = "m1.small" // EC2's default, which no image of ours boots on
	}
	if o.typ = r.c.types[name]; o.typ == nil {
		return refuse("InvalidParameterValue", "Invalid value '%s' for InstanceType.", name)
	}
	if o.typ.arch != o.image.arch {
		return refuse("InvalidParameterValue", "The architecture '%s' of the specified instance type does not match the architecture '%s' of the specified AMI. "+
			"Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or "+
			"'describe-images' to discover the architecture of the instance type or AMI.", o.typ.arch, o.image.arch)
	}
	if o.key = in.str("KeyName"); o.key != "" && r.keyPairNamed(o.key) == nil {
		return refuse("InvalidKeyPair.NotFound", "The key pair '%s' does not exist", o.key)
	}
	return nil
}

func (r *region) readUserData(in object, o *order) *failure {
	data, err := base64.StdEncoding.DecodeString(in.str("UserData"))
	if err != nil {
		return violates("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")
	}
	if len(data) > maxUserData {
		return violates("InvalidParameterValue", "User data is limited to 16384 bytes")
	}
	o.userData = data
	return nil
}

// readNetwork finds the subnets and groups of the interfaces, those of the
// default VPC if the request says nothing.
func (r *region) readNetwork(in object, o *order) *failure {
	specs := in.objs("NetworkInterfaces")
	if len(specs) > 0 {
		switch {
		case in.has("SecurityGroupIds") || in.has("SecurityGroups"):
			return violates("InvalidParameterCombination", "Network interfaces and an instance-level security groups may not be specified on the same request")
		case in.has("SubnetId"):
			return violates("InvalidParameterCombination", "Network interfaces and an instance-level subnet ID may not be specified on the same request")
		}
	} else {
		groups := slices.Clone(in.strs("SecurityGroupIds"))
		for _, name := range in.strs("SecurityGroups") {
			g := r.groupNamed(name)
			if g == nil {
				return refuse("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC", name)
			}
			groups = append(groups, g.id)
		}
		specs = []object{{"DeviceIndex": 0, "SubnetId": in["SubnetId"], "Groups": stringList(groups)}}
	}
	seen := map[int]bool{}
	for _, spec := range specs {
		n, f := r.readInterface(in, spec, *o)
		if f != nil {
			return f
		}
		if seen[n.device] {
			return violates("InvalidParameterValue", "Each network interface requires a unique device index.")
		}
		seen[n.device] = true
		o.interfaces = append(o.interfaces, n)
	}
	if !seen[0] {
		return violates("InvalidParameterValue", "A network interface with device index 0 is required.")
	}
	o.subnet = o.interfaces[0].subnet
	for _, n := range o.interfaces {
		if n.public && len(o.interfaces) > 1 {
			return badCombination("The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.")
		}
		if n.subnet.zone != o.subnet.zone {
			return badCombination("All network interfaces must be in the same Availability Zone")
		}
	}
	return nil
}

func (r *region) readInterface(in, spec object, o order) (interfaceOrder, *failure) {
	n := interfaceOrder{device: spec.int("DeviceIndex", -1), deleteWith: spec.flag("DeleteOnTermination", true), description: spec.str("Description"), kind: spec.str("InterfaceType")}
	switch {
	case n.device < 0:
		return n, violates("InvalidParameterValue", "Each network interface requires a device index.")
	case spec.has("NetworkInterfaceId"):
		return n, refuse("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", spec.str("NetworkInterfaceId"))
	case n.kind != "" && n.kind != "interface" && n.kind != "efa" && n.kind != "efa-only":
		return n, violates("InvalidParameterValue", "Value (%s) for parameter interfaceType is invalid.", n.kind)
	case strings.HasPrefix(n.kind, "efa") && !o.typ.efa:
		return n, refuse("InvalidParameterCombination", "EFA interfaces are not supported on %s.", o.typ.name)
	case n.kind == "":
		n.kind = "interface"
	}
	var f *failure
	if id := spec.str("SubnetId"); id != "" {
		n.subnet, f = r.subnetOf(id)
	} else {
		n.subnet, f = r.defaultSubnet(in.obj("Placement").str("AvailabilityZone"), o.typ)
	}
	if f != nil {
		return n, f
	}
	if zone := in.obj("Placement").str("AvailabilityZone"); zone != "" && zone != n.subnet.zone {
		return n, violates("InvalidParameterValue", "The specified availability zone '%s' does not match the one of subnet '%s'", zone, n.subnet.id)
	}
	n.public = spec.flag("AssociatePublicIpAddress", n.subnet.publicIP)
	ids := spec.strs("Groups")
	if len(ids) > 5 {
		return n, refuse("SecurityGroupsPerInterfaceLimitExceeded", "You have exceeded the number of security groups allowed for a network interface.")
	}
	for _, id := range ids {
		g, f := r.groupOf(id)
		if f != nil {
			return n, f
		}
		if g.vpc != n.subnet.vpc {
			return n, refuse("InvalidParameter", "Security group %s and subnet %s belong to different networks.", g.id, n.subnet.id)
		}
		n.groups = append(n.groups, g)
	}
	if len(ids) == 0 {
		for _, g := range r.groups.existing() {
			if g.vpc == n.subnet.vpc && g.name == defaultGroupName {
				n.groups = []*group{g}
			}
		}
	}
	return n, nil
}

// defaultSubnet is that of a zone, or of the first zone that offers the type.
func (r *region) defaultSubnet(zone string, t *instanceType) (*subnet, *failure) {
	if zone != "" && !slices.Contains(r.zones, zone) {
		return nil, refuse("InvalidParameterValue", "Invalid availability zone: [%s]", zone)
	}
	for _, s := range r.subnets.existing() {
		if s.isDefault && (s.zone == zone || zone == "" && t.offeredIn(s.zone)) {
			return s, nil
		}
	}
	return nil, refuse("MissingInput", "No subnets found for the default VPC. Please specify a subnet.")
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

func (r *region) readPlacement(in object, o *order) *failure {
	p := in.obj("Placement")
	name := p.str("GroupName")
	if name == "" {
		return nil
	}
	if o.placement = r.placementNamed(name); o.placement == nil {
		return refuse("InvalidPlacementGroup.Unknown", "The Placement Group '%s' is unknown.", name)
	}
	if o.placement.strategy == "cluster" && o.typ.family()[0] == 't' {
		return refuse("InvalidParameterCombination", "Cluster placement groups are not supported by the '%s' instance type. Specify a supported instance type or change the placement group strategy, and try again.", o.typ.name)
	}
	return nil
}

func (r *region) readProfile(in object, o *order) *failure {
	p := in.obj("IamInstanceProfile")
	arn, name := p.str("Arn"), p.str("Name")
	switch {
	case arn != "" && name != "":
		return violates("InvalidParameterCombination", "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'")
	case arn != "" && !strings.HasPrefix(arn, "arn:aws:iam::"):
		return violates("InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN", arn)
	case name != "" && strings.Trim(name, groupCharacters) != "":
		return violates("InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", name)
	case name != "":
		arn = "arn:aws:iam::" + account + ":instance-profile/" + name
	}
	o.profile = arn
	return nil
}

func (r *region) readCPU(in object, o *order) *failure {
	o.threads, o.cores = o.typ.threads(), max(1, o.typ.vcpus/o.typ.threads())
	p := in.obj("CpuOptions")
	if !p.has("CoreCount") && !p.has("ThreadsPerCore") {
		return nil
	}
	if !p.has("CoreCount") || !p.has("ThreadsPerCore") {
		return badCombination("CpuOptions must have both CoreCount and ThreadsPerCore")
	}
	cores, threads := p.int("CoreCount", 0), p.int("ThreadsPerCore", 0)
	if cores < 1 || cores > o.cores || threads < 1 || threads > o.threads {
		return refuse("InvalidParameterValue", "The specified CPU options (%d cores, %d threads) are not supported by %s.", cores, threads, o.typ.name)
	}
	o.cores, o.threads = cores, threads
	return nil
}

func readMetadata(in object, o *order) *failure {
	m := in.obj("MetadataOptions")
	if n := m.int("HttpPutResponseHopLimit", 1); n < 1 || n > 64 {
		return violates("InvalidParameterValue", "Value (%d) for parameter HttpPutResponseHopLimit is invalid. It must be between 1 and 64.", n)
	}
	pick := func(name, absent string) string {
		if v := m.str(name); v != "" {
			return v
		}
		return absent
	}
	o.metadata = object{
		"State": "applied", "HttpTokens": pick("HttpTokens", "optional"), "HttpEndpoint": pick("HttpEndpoint", "enabled"),
		"HttpPutResponseHopLimit": m.int("HttpPutResponseHopLimit", 1), "HttpProtocolIpv6": pick("HttpProtocolIpv6", "disabled"),
		"InstanceMetadataTags": pick("InstanceMetadataTags", "disabled"),
	}
	return nil
}
