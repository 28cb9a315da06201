package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

// Check implements providers.Driver.
func (d *Driver) Check(ctx context.Context, req providers.CheckRequest) ([]providers.Finding, error) {
	c := &checker{d: d, groups: map[cluster.GroupName]int{}}
	for _, n := range req.Nodes {
		if c.groups[n.Group.Name] == 0 {
			c.nodes = append(c.nodes, n)
		}
		c.groups[n.Group.Name]++
	}
	for _, step := range []func(context.Context) error{c.credentials, c.zones, c.network, c.types, c.images, c.quotas, c.permissions} {
		if err := step(ctx); err != nil {
			return c.refused(ctx, err)
		}
		if c.hopeless {
			break
		}
	}
	return c.findings, nil
}

// checker is one run of Check.
type checker struct {
	d        *Driver
	nodes    []providers.NodeRequest // the first of each group
	groups   map[cluster.GroupName]int
	findings []providers.Finding
	hopeless bool // nothing that follows could be asked

	exists  map[string]bool // zones of the region
	vpc     string          // "" when it will be made
	subnets []subnet
	infos   map[string]*types.InstanceTypeInfo
	image   map[cluster.GroupName]image // of the first machine type
}

func (c *checker) add(fatal bool, g cluster.GroupName, attr, summary, detail string) {
	c.findings = append(c.findings, providers.Finding{Fatal: fatal, Group: g, Attr: attr, Summary: summary, Detail: detail})
}

// refused turns what the account may not do into a finding; what else went
// wrong ends the check.
func (c *checker) refused(ctx context.Context, err error) ([]providers.Finding, error) {
	err = c.d.fail(ctx, "check", err)
	known, _ := errors.AsType[*providers.Error](err)
	notThere := (*net.DNSError)(nil)
	lost := errors.As(err, &notThere) && notThere.IsNotFound
	if known == nil || known.Kind != providers.Permission && !lost {
		return nil, err
	}
	f, ok := errors.AsType[*failure](known.Err)
	if !ok {
		return nil, err
	}
	summary, detail := f.Error(), providers.Permission.Advice()
	if f.hint != "" {
		detail = sentence(f.hint)
		f.hint = ""
		summary = f.Error()
	}
	if creds, ok := errors.AsType[*credentialsError](err); ok {
		summary, detail = creds.summary(), sentence(creds.advice)
	}
	c.add(true, "", "", summary, detail)
	return c.findings, nil
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}

func (c *checker) credentials(ctx context.Context) error {
	_, err := c.d.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	return err
}

// zones looks at the availability zones that the spec names.
func (c *checker) zones(ctx context.Context) error {
	out, err := c.d.ec2.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{AllAvailabilityZones: aws.Bool(true)})
	if err != nil {
		return err
	}
	var names []string
	states := map[string]types.AvailabilityZone{}
	c.exists = map[string]bool{}
	for _, z := range out.AvailabilityZones {
		name := aws.ToString(z.ZoneName)
		names = append(names, name)
		states[name], c.exists[name] = z, true
	}
	for _, n := range c.nodes {
		for _, zone := range c.d.s.of(n.Group).zones {
			z, exists := states[zone]
			switch {
			case !exists:
				c.add(true, n.Group.Name, "zones", fmt.Sprintf("the region %s has no zone %q", c.d.s.region, zone), schema.DidYouMean(zone, names))
			case z.OptInStatus == types.AvailabilityZoneOptInStatusNotOptedIn:
				c.add(true, n.Group.Name, "zones", fmt.Sprintf("the zone %q is not turned on for this account", zone),
					fmt.Sprintf("Turn it on with `aws ec2 modify-availability-zone-group --group-name %s --opt-in-status opted-in`, or choose another.", aws.ToString(z.GroupName)))
			case z.State == types.AvailabilityZoneStateUnavailable || z.State == types.AvailabilityZoneStateImpaired:
				c.add(false, n.Group.Name, "zones", fmt.Sprintf("AWS says that the zone %q is %s", zone, z.State), "List other zones after it.")
			}
		}
	}
	return nil
}

// network looks at the network that the nodes would be in.
func (c *checker) network(ctx context.Context) error {
	s := c.d.s
	vpc, err := c.d.existingVPC(ctx)
	bad := func(attr string, cause error) {
		c.add(true, "", attr, fmt.Sprintf("the %s of the provider block can't be used: %v", attr, cause), "Correct it, or remove it to use the default VPC.")
	}
	if err != nil {
		attr := "vpc"
		if s.subnet != "" {
			attr = "subnet"
		}
		switch c.d.ErrorKind(err) { //nolint:exhaustive // all other kinds are not about the name
		case providers.NotFound, providers.Invalid:
			bad(attr, cause(err))
			return nil
		}
		return err
	}
	c.vpc = vpc
	if vpc == "" {
		return nil
	}
	if c.subnets, err = c.d.subnetsOf(ctx, vpc); err != nil {
		return err
	}
	if len(c.subnets) == 0 {
		c.add(true, "", "vpc", fmt.Sprintf("the network %s has no subnet", vpc), fmt.Sprintf("Make one in it, or set vpc = %q.", newVPC))
	}
	return nil
}

// cause is the reason of an error that is classified already, or of the SDK's.
func cause(err error) error {
	if e, ok := errors.AsType[*providers.Error](err); ok {
		return e.Err
	}
	return parse(err)
}

// types looks at the machine types, and what the groups want of them.
func (c *checker) types(ctx context.Context) error {
	var names []string
	for _, n := range c.nodes {
		names = append(names, c.d.s.of(n.Group).types...)
	}
	infos, err := c.d.learnTypes(ctx, names)
	if err != nil {
		return err
	}
	c.infos = infos
	for _, n := range c.nodes {
		gs := c.d.s.of(n.Group)
		for i, name := range gs.types {
			attr := "machine_type"
			if i > 0 {
				attr = "machine_types"
			}
			switch {
			case name == "":
				c.add(true, n.Group.Name, attr, "the group has no machine_type", `Set one, such as machine_type = "t3.medium".`)
			case infos[name] == nil:
				detail := "`aws ec2 describe-instance-types` lists all."
				if all, err := c.d.allTypes(ctx); err == nil {
					detail = schema.DidYouMean(name, all)
				}
				c.add(true, n.Group.Name, attr, fmt.Sprintf("the region %s has no machine type %q", c.d.s.region, name), detail)
			default:
				c.machine(n.Group, attr, gs, infos[name])
			}
		}
		if err := c.offers(ctx, n.Group); err != nil {
			return err
		}
		if _, err := userData(placeholder, placeholderExpiry, gs.userData); err != nil {
			c.add(true, n.Group.Name, "user_data", cause(err).Error(), "Put what is long into an image or behind a URL.")
		}
		if !gs.public && c.vpc == "" {
			c.add(false, n.Group.Name, "public_address", "nodes without a public address have no way out of a network of the cluster's own",
				"They can't install packages: name an existing vpc with a NAT gateway, use a baked image, or give them addresses.")
		}
	}
	return nil
}

// offers sees that each place of a group has its machine type, and at least
// one has a subnet, too.
func (c *checker) offers(ctx context.Context, g cluster.Group) error {
	usable := false
	places := c.d.s.places(g)
	var last error
	for _, at := range places {
		if c.infos[at.machineType] == nil || at.zone != "" && !c.exists[at.zone] {
			usable = true // that is said already
			continue
		}
		offered, err := c.d.offeredIn(ctx, at.machineType)
		if err != nil {
			return err
		}
		if at.zone != "" && !slices.Contains(offered, at.zone) {
			c.add(len(places) == 1, g.Name, "zones", fmt.Sprintf("%s is not offered in %s", at.machineType, at.zone),
				fmt.Sprintf("It is offered in %s.", cmp.Or(strings.Join(offered, ", "), "no zone of the region")))
			usable = usable || len(places) == 1
			continue
		}
		if c.vpc == "" {
			usable = true
			continue
		}
		p := plan{place: at}
		if err := p.settle(offered, network{vpc: c.vpc, subnets: c.subnets}, false); err != nil {
			last = err
			continue
		}
		usable = true
	}
	if !usable && last != nil && len(c.subnets) > 0 {
		c.add(true, g.Name, "zones", cause(last).Error(), "Choose other zones or another machine_type.")
	}
	return nil
}
