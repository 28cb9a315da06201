package azure

import (
	"context"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var _ providers.Firewall = (*Driver)(nil)

// Admit implements providers.Firewall.
func (d *Driver) Admit(ctx context.Context, id cluster.ID, n cluster.Network) error {
	if err := requireID("open firewall", id); err != nil {
		return err
	}
	found, err := d.api.nsgs.Get(ctx, d.resourceGroup(id), d.nsgName(id), nil)
	if err == nil {
		err = d.writeFirewall(ctx, id, found.Tags, n)
	}
	return fail(ctx, "open firewall", "", err)
}

// writeFirewall writes all rules: whatever else was there goes. It is attached
// to every network interface, never to a subnet, which may be the user's.
func (d *Driver) writeFirewall(ctx context.Context, id cluster.ID, tags map[string]*string, n cluster.Network) error {
	op, err := d.api.nsgs.BeginCreateOrUpdate(ctx, d.resourceGroup(id), d.nsgName(id), armnetwork.SecurityGroup{
		Location: new(d.config.location), Tags: tags,
		Properties: &armnetwork.SecurityGroupPropertiesFormat{SecurityRules: d.rules(id, n)},
	}, nil)
	_, err = finish(ctx, d, op, err)
	return err
}

// rules let SSH in from outside, and the nodes of the cluster reach each other.
// In a network of its own the rules that every security group has do the
// latter; in somebody else's only members of the cluster's group may.
func (d *Driver) rules(id cluster.ID, n cluster.Network) []*armnetwork.SecurityRule {
	var v4, v6 []*string
	for _, from := range n.SSHFrom {
		if strings.Contains(from, ":") { // one rule can't hold both
			v6 = append(v6, new(from))
		} else {
			v4 = append(v4, new(from))
		}
	}
	var rules []*armnetwork.SecurityRule
	for i, sources := range [][]*string{v4, v6} {
		if len(sources) > 0 {
			r := rule([]string{"ssh", "ssh-v6"}[i], int32(100+i), armnetwork.SecurityRuleAccessAllow) //nolint:gosec // 0 or 1
			r.Properties.Protocol = new(armnetwork.SecurityRuleProtocolTCP)
			r.Properties.DestinationPortRange = new("22")
			r.Properties.SourceAddressPrefixes = sources
			r.Properties.DestinationAddressPrefix = new("*")
			rules = append(rules, r)
		}
	}
	if d.config.subnet == "" {
		return rules
	}
	members := []*armnetwork.ApplicationSecurityGroup{{ID: new(d.id(id, "Microsoft.Network/applicationSecurityGroups", d.asgName(id)))}}
	inside := rule("cluster", 200, armnetwork.SecurityRuleAccessAllow)
	inside.Properties.SourceApplicationSecurityGroups, inside.Properties.DestinationApplicationSecurityGroups = members, members
	others := rule("neighbours", 300, armnetwork.SecurityRuleAccessDeny)
	others.Properties.SourceAddressPrefix, others.Properties.DestinationAddressPrefix = new("VirtualNetwork"), new("*")
	return append(rules, inside, others)
}

func rule(name string, priority int32, access armnetwork.SecurityRuleAccess) *armnetwork.SecurityRule {
	return &armnetwork.SecurityRule{Name: new(name), Properties: &armnetwork.SecurityRulePropertiesFormat{
		Access: new(access), Direction: new(armnetwork.SecurityRuleDirectionInbound), Priority: new(priority),
		Protocol: new(armnetwork.SecurityRuleProtocolAsterisk), SourcePortRange: new("*"), DestinationPortRange: new("*"),
	}}
}
