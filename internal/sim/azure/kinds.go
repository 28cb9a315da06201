package azure

import "regexp"

// The types of resources.
const (
	groupType        = "Microsoft.Resources/resourceGroups"
	machineType      = "Microsoft.Compute/virtualMachines"
	diskType         = "Microsoft.Compute/disks"
	imageType        = "Microsoft.Compute/images"
	snapshotType     = "Microsoft.Compute/snapshots"
	availabilityType = "Microsoft.Compute/availabilitySets"
	proximityType    = "Microsoft.Compute/proximityPlacementGroups"
	sshKeyType       = "Microsoft.Compute/sshPublicKeys"
	networkType      = "Microsoft.Network/virtualNetworks"
	subnetType       = "Microsoft.Network/virtualNetworks/subnets"
	securityType     = "Microsoft.Network/networkSecurityGroups"
	ruleType         = "Microsoft.Network/networkSecurityGroups/securityRules"
	interfaceType    = "Microsoft.Network/networkInterfaces"
	addressType      = "Microsoft.Network/publicIPAddresses"
	natType          = "Microsoft.Network/natGateways"
	appSecurityType  = "Microsoft.Network/applicationSecurityGroups"
	scheduleType     = "Microsoft.DevTestLab/schedules"
	identityType     = "Microsoft.ManagedIdentity/userAssignedIdentities"
)

// kind is one type of resource, and what is special about it.
type kind struct {
	typ     string
	word    string // in inventories
	version string // of the API, for types that the SDK has no client of
	parent  string // the type that this one is a part of
	parts   []string
	name    *regexp.Regexp
	rule    string // the name's, in words
	// sync is a creation that is done when it is answered; stateless kinds
	// have no provisioning state.
	sync      bool
	stateless bool
	// prepare checks a request against the rest of the cloud and fills in what
	// Azure does; it must change nothing outside of ch.r unless all is well.
	prepare func(c *Cloud, ch *change) *failure
	// follow runs once the resource is stored; nil ends the operation in time.
	follow func(c *Cloud, ch *change) *running
	show   func(c *Cloud, r *resource, out tree)
	busy   func(c *Cloud, r *resource) *failure
	remove func(c *Cloud, q *request, r *resource) *running
}

// change is one PUT on its way.
type change struct {
	q   *request
	old *resource // nil: it is new
	r   *resource
	// parts are to be stored with it, and lost removed.
	parts []*resource
	lost  []*resource
}

var (
	wordName    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?$`)
	networkName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?$`)
	groupName   = regexp.MustCompile(`^[\p{L}\p{Nd}_.()-]{0,89}[\p{L}\p{Nd}_()-]$`)
	machineName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?$`)
	diskName    = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,80}$`)
)

const (
	words80 = "1 to 80 letters, digits, underscores, periods and hyphens; it starts with a letter or digit and ends with one or an underscore"
	words64 = "1 to 64 letters, digits, underscores, periods and hyphens; it starts with a letter or digit and ends with one or an underscore"
)

// kinds are all types of resources.
func kinds() []*kind {
	return []*kind{
		{typ: groupType, word: "resource-group", name: groupName, sync: true, rule: "1 to 90 letters, digits, underscores, parentheses, hyphens and periods; it does not end in a period", remove: removeGroup},
		{typ: machineType, word: "virtual-machine", name: machineName, rule: words64, prepare: prepareMachine, follow: followMachine, show: showMachine, remove: removeMachine},
		{typ: diskType, word: "disk", name: diskName, rule: "1 to 80 letters, digits, underscores, periods and hyphens", prepare: prepareDisk, show: showDisk, busy: busyDisk},
		{typ: snapshotType, word: "snapshot", name: diskName, rule: "1 to 80 letters, digits, underscores, periods and hyphens", prepare: prepareSnapshot, show: showSnapshot},
		{typ: imageType, word: "image", name: wordName, rule: words80, prepare: prepareImage},
		{typ: availabilityType, word: "availability-set", name: wordName, rule: words80, sync: true, stateless: true, show: showMembers, busy: busyMembers},
		{typ: proximityType, word: "proximity-placement-group", name: wordName, rule: words80, sync: true, stateless: true, show: showMembers, busy: busyMembers},
		{typ: sshKeyType, word: "ssh-public-key", name: wordName, rule: words80, sync: true, stateless: true},
		{typ: networkType, word: "virtual-network", name: networkName, rule: words64, parts: []string{subnetType}, prepare: prepareNetwork, show: showNetwork, busy: busyNetwork},
		{typ: subnetType, word: "subnet", name: wordName, rule: words80, parent: networkType, prepare: prepareSubnet, show: showSubnet, busy: busySubnet},
		{typ: securityType, word: "network-security-group", name: wordName, rule: words80, parts: []string{ruleType}, prepare: prepareSecurity, show: showSecurity, busy: busySecurity},
		{typ: ruleType, word: "security-rule", name: wordName, rule: words80, parent: securityType, prepare: prepareRule},
		{typ: interfaceType, word: "network-interface", name: wordName, rule: words80, prepare: prepareInterface, show: showInterface, busy: busyInterface},
		{typ: addressType, word: "public-ip-address", name: wordName, rule: words80, prepare: prepareAddress, show: showAddress, busy: busyAddress},
		{typ: natType, word: "nat-gateway", name: wordName, rule: words80, prepare: prepareNAT, show: showNAT, busy: busyNAT},
		{typ: appSecurityType, word: "application-security-group", name: wordName, rule: words80},
		{typ: scheduleType, word: "schedule", version: "2018-09-15", name: wordName, rule: words80, sync: true, prepare: prepareSchedule, follow: followSchedule},
		{typ: identityType, word: "user-assigned-identity", version: "2023-01-31", name: wordName, rule: words80, sync: true, stateless: true, show: showIdentity},
	}
}
