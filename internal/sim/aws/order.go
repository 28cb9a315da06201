package aws

import (
	"encoding/base64"
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
