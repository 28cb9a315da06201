package azure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armsubscriptions"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Check implements providers.Driver. What the credentials may not ask is said
// and forbids nothing: rights on one resource group are enough to launch.
func (d *Driver) Check(ctx context.Context, req providers.CheckRequest) ([]providers.Finding, error) {
	c := &checkup{d: d, req: req}
	ok, err := c.account(ctx)
	if err != nil || !ok {
		return c.sorted(), fail(ctx, "check", "", err)
	}
	if ok, err = c.location(ctx); err != nil || !ok {
		return c.sorted(), fail(ctx, "check", "", err)
	}
	err = all(
		func() error { return c.registered(ctx, "Microsoft.Compute") },
		func() error { return c.registered(ctx, "Microsoft.Network") },
		func() error { return c.surroundings(ctx) },
		func() error { return c.nodes(ctx) },
		func() error { return c.expiry(ctx) },
	)
	return c.sorted(), fail(ctx, "check", "", err)
}

// checkup is one call of Check.
type checkup struct {
	d   *Driver
	req providers.CheckRequest

	mu       sync.Mutex
	findings []providers.Finding
}

func (c *checkup) add(f providers.Finding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.findings = append(c.findings, f)
}

// fatal notes what forbids the launch.
func (c *checkup) fatal(g cluster.GroupName, attr, summary, detail string) {
	c.add(providers.Finding{Fatal: true, Group: g, Attr: attr, Summary: summary, Detail: detail})
}

// warn notes what may.
func (c *checkup) warn(g cluster.GroupName, attr, summary, detail string) {
	c.add(providers.Finding{Group: g, Attr: attr, Summary: summary, Detail: detail})
}

// sorted are the findings in an order that does not depend on who answered
// first: fatal ones, then by group and attribute.
func (c *checkup) sorted() []providers.Finding {
	rank := func(f providers.Finding) string {
		if f.Fatal {
			return "0"
		}
		return "1"
	}
	slices.SortStableFunc(c.findings, func(a, b providers.Finding) int {
		return strings.Compare(rank(a)+string(a.Group)+"\x00"+a.Attr+"\x00"+a.Summary, rank(b)+string(b.Group)+"\x00"+b.Attr+"\x00"+b.Summary)
	})
	return c.findings
}

// soft turns a refusal to tell into a finding; other errors stay.
func (c *checkup) soft(ctx context.Context, what string, err error) error {
	if err == nil || ctx.Err() != nil || c.d.ErrorKind(err) != providers.Permission {
		return err
	}
	c.warn("", "", what+" could not be checked", fmt.Sprintf("Azure's answer: %v.", readable(err)))
	return nil
}

// account sees that there is a login and that it leads to the subscription;
// without, there is no use in asking anything else.
func (c *checkup) account(ctx context.Context) (bool, error) {
	found, err := c.d.api.subscriptions.Get(ctx, c.d.config.subscription, nil)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return false, err
	case isCode(err, "AuthorizationFailed"): // it knows us, and only lets us into a part of it
		return true, c.soft(ctx, "the subscription", err)
	case c.d.ErrorKind(err) == providers.Permission && onTheWay(err) != nil:
		way := onTheWay(err)
		c.fatal("", "", way.what, upper(way.advice)+".")
		return false, nil //nolint:nilerr // the error became a finding
	case c.d.ErrorKind(err) == providers.Permission:
		detail := readable(err).Error()
		if login, ok := errors.AsType[*credentialError](err); ok {
			detail = login.detail()
		}
		c.fatal("", "", "there is no login to Azure that works", upper(detail)+".")
		return false, nil
	case c.d.ErrorKind(err) == providers.NotFound:
		c.fatal("", "", fmt.Sprintf("this login does not lead to the subscription %s", c.d.config.subscription),
			"`az account list -o table` shows those that it leads to; set subscription_id in the provider block, or AZURE_SUBSCRIPTION_ID.")
		return false, nil
	default:
		return false, err
	}
	switch state := val(found.State); state {
	case armsubscriptions.SubscriptionStateEnabled:
	case armsubscriptions.SubscriptionStateDisabled, armsubscriptions.SubscriptionStateDeleted, armsubscriptions.SubscriptionStateWarned, armsubscriptions.SubscriptionStatePastDue:
		writable := state == armsubscriptions.SubscriptionStatePastDue
		c.add(providers.Finding{
			Fatal:   !writable,
			Summary: fmt.Sprintf("the subscription %s is in the state %s", c.d.config.subscription, state),
			Detail:  "Its owner can make it usable again in the portal, under Subscriptions.",
		})
		return writable, nil
	}
	return true, nil
}

// location sees that the subscription has it; without, nothing else can be
// asked.
func (c *checkup) location(ctx context.Context) (bool, error) {
	list, err := collect(ctx, c.d.api.subscriptions.NewListLocationsPager(c.d.config.subscription, nil),
		func(p armsubscriptions.ClientListLocationsResponse) []*armsubscriptions.Location { return p.Value })
	if err != nil {
		err = c.soft(ctx, "the location", err)
		return err == nil, err
	}
	names := make([]string, 0, len(list))
	for _, l := range list {
		names = append(names, val(l.Name))
	}
	if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, c.d.config.location) }) {
		return true, nil
	}
	c.fatal("", "location", fmt.Sprintf("the subscription has no location %q", c.d.config.location), suggestion(c.d.config.location, names)+
		"`az account list-locations -o table` lists them all.")
	return false, nil
}

// registered sees that the subscription may use a kind of resources.
func (c *checkup) registered(ctx context.Context, namespace string) error {
	found, err := c.d.api.providers.Get(ctx, namespace, nil)
	if err != nil {
		return c.soft(ctx, "the registration of "+namespace, err)
	}
	if state := val(found.RegistrationState); !strings.EqualFold(state, "Registered") {
		c.fatal("", "", fmt.Sprintf("the subscription is not registered for %s (%s)", namespace, state),
			fmt.Sprintf("Run `az provider register --namespace %s --wait` once, or ask the owner of the subscription to.", namespace))
	}
	return nil
}

// surroundings are what the settings name and does exist already.
func (c *checkup) surroundings(ctx context.Context) error {
	if group := c.d.config.resourceGroup; group != "" {
		_, err := c.d.api.groups.Get(ctx, group, nil)
		if missing(err) {
			c.fatal("", "resource_group", fmt.Sprintf("the resource group %q does not exist", group),
				fmt.Sprintf("Make it with `az group create --name %s --location %s`, or leave resource_group out: then each cluster gets one of its own.", group, c.d.config.location))
		} else if err := c.soft(ctx, "the resource group "+group, err); err != nil {
			return err
		}
	}
	if c.d.config.subnet == "" {
		return nil
	}
	parts := strings.Split(strings.Trim(c.d.config.subnet, "/"), "/")
	if len(parts) != 10 {
		c.fatal("", "subnet", "the resource id of the subnet is incomplete", "`az network vnet subnet show --query id` prints it.")
		return nil
	}
	if !strings.EqualFold(parts[1], c.d.config.subscription) {
		return nil // another one's clients would be needed
	}
	found, err := c.d.api.subnets.Get(ctx, parts[3], parts[7], parts[9], nil)
	if missing(err) {
		c.fatal("", "subnet", fmt.Sprintf("the subnet %s of %s does not exist", parts[9], parts[7]), "Correct its id, or leave subnet out: then each cluster gets a network of its own.")
		return nil
	}
	if err != nil {
		return c.soft(ctx, "the subnet "+parts[9], err)
	}
	if p := found.Properties; p != nil && p.NatGateway == nil && p.RouteTable == nil && c.anyPrivate() {
		c.warn("", "subnet", fmt.Sprintf("the subnet %s has no NAT gateway and no routes, and some nodes have no public address", parts[9]),
			"Nodes must reach the Internet for their packages. Attach a NAT gateway to the subnet, or set public_address = true.")
	}
	return nil
}

func (c *checkup) anyPrivate() bool {
	return slices.ContainsFunc(c.req.Nodes, func(n providers.NodeRequest) bool { return !n.Frontend && !c.d.config.group(n.Group).public })
}
