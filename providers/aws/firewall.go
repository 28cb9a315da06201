package aws

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var _ providers.Firewall = (*Driver)(nil)

const sshPort = 22

// Admit implements providers.Firewall.
func (d *Driver) Admit(ctx context.Context, id cluster.ID, n cluster.Network) error {
	if err := requireID("admit", id); err != nil {
		return err
	}
	group, err := d.securityGroup(ctx, id)
	if err != nil {
		return d.fail(ctx, "admit", err)
	}
	if group == nil {
		return &providers.Error{Op: "admit", Kind: providers.NotFound, Err: fmt.Errorf("the cluster has no security group %q", resourceName(id, ""))}
	}
	return d.fail(ctx, "admit", d.admit(ctx, group, n.SSHFrom))
}

// admit opens SSH to the new networks before it closes it to the old ones, so
// that who is in both is never locked out.
func (d *Driver) admit(ctx context.Context, group *types.SecurityGroup, from []string) error {
	want, err := prefixes(from)
	if err != nil {
		return err
	}
	have := admitted(group)
	missing, old := without(want, have), without(have, want)
	if len(missing) > 0 {
		_, err := d.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: group.GroupId, IpPermissions: sshFrom(missing),
		})
		if err != nil && parse(err).code != "InvalidPermission.Duplicate" {
			return err
		}
	}
	if len(old) > 0 {
		_, err := d.ec2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{
			GroupId: group.GroupId, IpPermissions: sshFrom(old),
		})
		if err != nil && parse(err).code != "InvalidPermission.NotFound" {
			return err
		}
	}
	return nil
}

// openInside lets the nodes of a cluster reach each other. EFA sends nothing
// without an explicit rule for the way out to its own group, too.
func (d *Driver) openInside(ctx context.Context, group *types.SecurityGroup, efa bool) error {
	inside := []types.IpPermission{{
		IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: group.GroupId}},
	}}
	if !opensTo(group.IpPermissions, group.GroupId) {
		_, err := d.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: group.GroupId, IpPermissions: inside})
		if err != nil && parse(err).code != "InvalidPermission.Duplicate" {
			return err
		}
	}
	if efa && !opensTo(group.IpPermissionsEgress, group.GroupId) {
		_, err := d.ec2.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: group.GroupId, IpPermissions: inside})
		if err != nil && parse(err).code != "InvalidPermission.Duplicate" {
			return err
		}
	}
	return nil
}

func opensTo(rules []types.IpPermission, group *string) bool {
	return slices.ContainsFunc(rules, func(p types.IpPermission) bool {
		return aws.ToString(p.IpProtocol) == "-1" && slices.ContainsFunc(p.UserIdGroupPairs, func(g types.UserIdGroupPair) bool {
			return aws.ToString(g.GroupId) == aws.ToString(group)
		})
	})
}

// prefixes reads networks as EC2 keeps them: without the bits of a host.
func prefixes(from []string) ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(from))
	for _, s := range from {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, invalid("admit", fmt.Errorf("ssh_from: %q is no network such as \"192.0.2.0/24\"", s))
		}
		if p = p.Masked(); !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out, nil
}

// admitted are the networks to which a security group opens SSH.
func admitted(group *types.SecurityGroup) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range group.IpPermissions {
		if aws.ToString(p.IpProtocol) != "tcp" || aws.ToInt32(p.FromPort) != sshPort || aws.ToInt32(p.ToPort) != sshPort {
			continue
		}
		for _, r := range p.IpRanges {
			if n, err := netip.ParsePrefix(aws.ToString(r.CidrIp)); err == nil {
				out = append(out, n)
			}
		}
		for _, r := range p.Ipv6Ranges {
			if n, err := netip.ParsePrefix(aws.ToString(r.CidrIpv6)); err == nil {
				out = append(out, n)
			}
		}
	}
	return out
}

func sshFrom(networks []netip.Prefix) []types.IpPermission {
	p := types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(sshPort), ToPort: aws.Int32(sshPort)}
	for _, n := range networks {
		if n.Addr().Is4() {
			p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: aws.String(n.String())})
		} else {
			p.Ipv6Ranges = append(p.Ipv6Ranges, types.Ipv6Range{CidrIpv6: aws.String(n.String())})
		}
	}
	return []types.IpPermission{p}
}

func without(list, others []netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, n := range list {
		if !slices.Contains(others, n) {
			out = append(out, n)
		}
	}
	return out
}
