package azure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// raiseQuota says where a limit is raised.
const raiseQuota = "Ask for more at https://portal.azure.com/#view/Microsoft_Azure_Capacity/QuotaMenuBlade/~/myQuotas, lower count, or choose another machine type or location."

// need is how much of a limit the whole plan takes, and who takes it.
type need struct {
	amount int
	groups []cluster.GroupName
}

// needs are by the lower-case name of a limit.
type needs map[string]*need

func (n needs) add(limit string, amount int, g cluster.GroupName) {
	limit = strings.ToLower(limit)
	if n[limit] == nil {
		n[limit] = &need{}
	}
	n[limit].amount += amount
	if !slices.Contains(n[limit].groups, g) {
		n[limit].groups = append(n[limit].groups, g)
	}
}

// limit is what Azure says of one.
type limit struct {
	name, words string
	used, most  int64
}

// computeQuota counts cores as Azure does: spot machines have a limit of their
// own, all others count twice, in their family and in the location.
func (c *checkup) computeQuota(ctx context.Context, sizes map[string]size) error {
	wanted := needs{}
	for _, n := range c.req.Nodes {
		s := sizes[strings.ToLower(n.Group.MachineType)]
		wanted.add("virtualMachines", 1, n.Group.Name)
		if s.shape.CPUs == 0 {
			continue
		}
		if n.Group.Spot {
			wanted.add("lowPriorityCores", s.shape.CPUs, n.Group.Name)
			continue
		}
		wanted.add("cores", s.shape.CPUs, n.Group.Name)
		if s.family != "" {
			wanted.add(s.family, s.shape.CPUs, n.Group.Name)
		}
	}
	list, err := collect(ctx, c.d.api.usage.NewListPager(c.d.config.location, nil),
		func(p armcompute.UsageClientListResponse) []*armcompute.Usage { return p.Value })
	if err != nil {
		return c.soft(ctx, "the quota of processors", err)
	}
	var limits []limit
	for _, u := range list {
		if u != nil && u.Name != nil {
			limits = append(limits, limit{val(u.Name.Value), val(u.Name.LocalizedValue), int64(val(u.CurrentValue)), val(u.Limit)})
		}
	}
	c.compare(wanted, limits)
	return nil
}

func (c *checkup) addressQuota(ctx context.Context) error {
	wanted := needs{}
	for _, n := range c.req.Nodes {
		wanted.add("NetworkInterfaces", 1, n.Group.Name)
		if n.Frontend || c.d.config.group(n.Group).public {
			wanted.add("PublicIPAddresses", 1, n.Group.Name)
			wanted.add("StandardSkuPublicIpAddresses", 1, n.Group.Name)
		}
	}
	list, err := collect(ctx, c.d.api.netUsage.NewListPager(c.d.config.location, nil),
		func(p armnetwork.UsagesClientListResponse) []*armnetwork.Usage { return p.Value })
	if err != nil {
		return c.soft(ctx, "the quota of addresses", err)
	}
	var limits []limit
	for _, u := range list {
		if u != nil && u.Name != nil {
			limits = append(limits, limit{val(u.Name.Value), val(u.Name.LocalizedValue), val(u.CurrentValue), val(u.Limit)})
		}
	}
	c.compare(wanted, limits)
	return nil
}

// compare notes each limit that the plan would break, with all its numbers.
func (c *checkup) compare(wanted needs, limits []limit) {
	for _, l := range limits {
		n := wanted[strings.ToLower(l.name)]
		left := max(0, l.most-l.used)
		if n == nil || l.most < 0 || int64(n.amount) <= left {
			continue
		}
		words := l.words
		if words == "" {
			words = l.name
		}
		f := providers.Finding{
			Fatal:   true,
			Summary: fmt.Sprintf("the quota %q in %s is too small: %d are asked for, %d of %d are left", words, c.d.config.location, n.amount, left, l.most),
			Detail:  fmt.Sprintf("%d are in use. The limit is called %s. %s", l.used, l.name, raiseQuota),
		}
		if len(n.groups) == 1 {
			f.Group = n.groups[0]
		}
		c.add(f)
	}
}
