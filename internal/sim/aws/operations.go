package aws

import (
	"sync"
)

// handler does one operation.
type handler struct {
	do     func(*region, *call) (object, *failure)
	access access
}

type access int

const (
	reads  access = iota // holds the lock with others
	writes               // holds the lock alone
	free                 // takes the lock itself, for as long as it needs it
)

func (h handler) lock(mu *sync.RWMutex) (lock, unlock func()) {
	switch h.access {
	case reads:
		return mu.RLock, mu.RUnlock
	case writes:
		return mu.Lock, mu.Unlock
	default:
		return func() {}, func() {}
	}
}

// operations are all that the simulator can do, by service and name.
func operations() map[string]handler {
	ops := map[string]handler{
		"ec2.GetConsoleOutput":               {(*region).consoleOutput, free},
		"sts.GetCallerIdentity":              {(*region).callerIdentity, reads},
		"sts.AssumeRole":                     {(*region).assumeRole, writes},
		"pricing.GetProducts":                {(*region).products, reads},
		serviceQuotas + ".GetServiceQuota":   {(*region).serviceQuota, reads},
		serviceQuotas + ".ListServiceQuotas": {(*region).serviceQuotas, reads},
	}
	for name, do := range map[string]func(*region, *call) (object, *failure){
		"DescribeInstances":             (*region).describeInstances,
		"DescribeInstanceStatus":        (*region).describeStatus,
		"DescribeInstanceTypes":         (*region).describeTypes,
		"DescribeInstanceTypeOfferings": (*region).describeOfferings,
		"DescribeAvailabilityZones":     (*region).describeZones,
		"DescribeRegions":               (*region).describeRegions,
		"DescribeAccountAttributes":     (*region).describeAccount,
		"DescribeTags":                  (*region).describeTags,
		"DescribeImages":                (*region).describeImages,
		"DescribeSnapshots":             (*region).describeSnapshots,
		"DescribeVolumes":               (*region).describeVolumes,
		"DescribeVpcs":                  (*region).describeVPCs,
		"DescribeVpcAttribute":          (*region).describeVPCAttribute,
		"DescribeSubnets":               (*region).describeSubnets,
		"DescribeInternetGateways":      (*region).describeGateways,
		"DescribeRouteTables":           (*region).describeRouteTables,
		"DescribeSecurityGroups":        (*region).describeGroups,
		"DescribeSecurityGroupRules":    (*region).describeRules,
		"DescribeNetworkInterfaces":     (*region).describeInterfaces,
		"DescribePlacementGroups":       (*region).describePlacements,
		"DescribeKeyPairs":              (*region).describeKeyPairs,
		"DescribeAddresses":             (*region).describeAddresses,
		"DescribeSpotPriceHistory":      (*region).describeSpotPrices,
		"DescribeSpotInstanceRequests":  (*region).describeSpotRequests,
		"DescribeInstanceAttribute":     (*region).describeInstanceAttribute,
	} {
		ops["ec2."+name] = handler{do, reads}
	}
	for name, do := range map[string]func(*region, *call) (object, *failure){
		"RunInstances":                  (*region).runInstances,
		"TerminateInstances":            (*region).terminateInstances,
		"StopInstances":                 (*region).stopInstances,
		"StartInstances":                (*region).startInstances,
		"RebootInstances":               (*region).rebootInstances,
		"ModifyInstanceAttribute":       (*region).modifyInstanceAttribute,
		"CreateTags":                    (*region).createTags,
		"DeleteTags":                    (*region).deleteTags,
		"CreateImage":                   (*region).createImage,
		"DeregisterImage":               (*region).deregisterImage,
		"DeleteSnapshot":                (*region).deleteSnapshot,
		"CreateVolume":                  (*region).createVolume,
		"DeleteVolume":                  (*region).deleteVolume,
		"CreateVpc":                     (*region).createVPC,
		"DeleteVpc":                     (*region).deleteVPC,
		"ModifyVpcAttribute":            (*region).modifyVPCAttribute,
		"CreateSubnet":                  (*region).createSubnet,
		"DeleteSubnet":                  (*region).deleteSubnet,
		"ModifySubnetAttribute":         (*region).modifySubnetAttribute,
		"CreateInternetGateway":         (*region).createGateway,
		"AttachInternetGateway":         (*region).attachGateway,
		"DetachInternetGateway":         (*region).detachGateway,
		"DeleteInternetGateway":         (*region).deleteGateway,
		"CreateRouteTable":              (*region).createRouteTable,
		"DeleteRouteTable":              (*region).deleteRouteTable,
		"AssociateRouteTable":           (*region).associateRouteTable,
		"DisassociateRouteTable":        (*region).disassociateRouteTable,
		"CreateRoute":                   (*region).createRoute,
		"DeleteRoute":                   (*region).deleteRoute,
		"CreateSecurityGroup":           (*region).createGroup,
		"DeleteSecurityGroup":           (*region).deleteGroup,
		"AuthorizeSecurityGroupIngress": authorize(false),
		"AuthorizeSecurityGroupEgress":  authorize(true),
		"RevokeSecurityGroupIngress":    revoke(false),
		"RevokeSecurityGroupEgress":     revoke(true),
		"DeleteNetworkInterface":        (*region).deleteInterface,
		"CreatePlacementGroup":          (*region).createPlacement,
		"DeletePlacementGroup":          (*region).deletePlacement,
		"CreateKeyPair":                 (*region).createKeyPair,
		"ImportKeyPair":                 (*region).importKeyPair,
		"DeleteKeyPair":                 (*region).deleteKeyPair,
		"AllocateAddress":               (*region).allocateAddress,
		"ReleaseAddress":                (*region).releaseAddress,
		"CancelSpotInstanceRequests":    (*region).cancelSpotRequests,
	} {
		ops["ec2."+name] = handler{do, writes}
	}
	return ops
}
