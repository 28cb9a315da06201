package google

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/providers"
)

// network looks for the network and the subnetwork that the settings name.
func (c *check) network(ctx context.Context) error {
	if name := c.d.set.network; name != "" {
		project, short := within(networkLink(c.a.project, name))
		_, err := c.a.Networks.Get(project, short).Context(ctx).Do()
		if isKind(err, providers.NotFound) {
			c.add(true, "", "", fmt.Sprintf("there is no network %q in the project %s", short, project),
				"Correct network in the provider block, or leave it out: then the cluster has its own.")
			return nil
		}
		if err == nil {
			err = c.openRules(ctx, project, short)
		}
		if err != nil {
			return c.found(err, "", "")
		}
	}
	if name := c.d.set.subnetwork; name != "" && c.d.set.network == "" {
		c.add(true, "", "", "subnetwork is given without network", "Name the network too, or leave both out: then the cluster has its own.")
	}
	return nil
}

// openRules warns of rules of an existing network that let everybody log in,
// as the default network has one: then ssh_from means nothing.
func (c *check) openRules(ctx context.Context, project, network string) error {
	var open []string
	err := c.a.Firewalls.List(project).MaxResults(pageSize).Pages(ctx, func(page *compute.FirewallList) error {
		for _, f := range page.Items {
			if last(f.Network) == network && opensSSH(f) {
				open = append(open, f.Name)
			}
		}
		return nil
	})
	if isKind(err, providers.Permission) {
		return nil // a network of another project: its rules are its owner's business
	}
	if err == nil && len(open) > 0 {
		c.add(false, "", "", fmt.Sprintf("the network %s lets the whole world reach port 22 of every machine (rule %s), whatever ssh_from says", network, strings.Join(open, ", ")),
			"Leave network out, then the cluster has its own; or delete the rule, or limit it with target tags.")
	}
	return err
}

// opensSSH reports whether a rule lets everybody reach port 22 everywhere.
func opensSSH(f *compute.Firewall) bool {
	if f.Direction == "EGRESS" || f.Disabled || len(f.TargetTags)+len(f.TargetServiceAccounts) > 0 || !slices.Contains(f.SourceRanges, "0.0.0.0/0") {
		return false
	}
	return slices.ContainsFunc(f.Allowed, func(a *compute.FirewallAllowed) bool {
		return a.IPProtocol == "all" || a.IPProtocol == "tcp" && (len(a.Ports) == 0 || slices.Contains(a.Ports, "22"))
	})
}

// within takes a link apart: the project, and the name of what it leads to.
func within(link string) (project, name string) {
	words := strings.Split(link, "/")
	if i := indexOf(words, "projects"); i >= 0 && i+1 < len(words) {
		project = words[i+1]
	}
	return project, last(link)
}

// reach warns of nodes that can't be reached, or can't reach what they need.
func (c *check) reach(w *wanted) {
	if c.d.public(w.options) {
		return
	}
	if w.frontend {
		c.add(false, w.group.Name, "public_address", "the frontend has no public address: it can be reached from inside its network only",
			"Run ecluster there (a VPN will do), or set public_address = true for this group.")
	}
	if c.d.set.network != "" {
		c.add(false, w.group.Name, "public_address", fmt.Sprintf("nodes without public address need Cloud NAT in the network %s to install packages", c.d.set.network),
			"See that the network has it; in a network of its own ecluster makes it.")
	}
}
