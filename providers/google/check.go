package google

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Check implements providers.Driver.
func (d *Driver) Check(ctx context.Context, req providers.CheckRequest) ([]providers.Finding, error) {
	c := &check{d: d, req: req}
	if err := c.run(ctx); err != nil {
		return nil, d.fail(ctx, "check", "", err)
	}
	return c.findings, d.fail(ctx, "check", "", ctx.Err())
}

// check is one run of Driver.Check.
type check struct {
	d        *Driver
	a        *api
	req      providers.CheckRequest
	findings []providers.Finding
}

// wanted is one group of the request.
type wanted struct {
	group    cluster.Group
	options  options
	image    string
	count    int
	frontend bool
	zones    []string // those that exist
	mt       *compute.MachineType
	src      *source
}

func (c *check) run(ctx context.Context) error {
	var err error
	if c.a, err = c.d.client(ctx); err != nil {
		return c.found(err, "", "")
	}
	project, err := c.a.Projects.Get(c.a.project).Context(ctx).Do()
	if isKind(err, providers.NotFound) {
		c.add(true, "", "project", fmt.Sprintf("there is no project %q that these credentials may see", c.a.project),
			"Correct project in the provider block: its ID, not its name. `gcloud projects list` shows yours.")
		return nil
	}
	if err != nil {
		return c.found(err, "", "")
	}
	if err := c.network(ctx); err != nil {
		return err
	}
	groups := c.groups()
	for _, w := range groups {
		for _, step := range []func(context.Context, *wanted) error{c.zones, c.machineType, c.image, c.gpu} {
			if err := step(ctx, w); err != nil {
				return err
			}
		}
		c.reach(w)
	}
	return c.quotas(ctx, project, groups)
}

// found makes a finding of an error that the user can mend, and passes on the
// others. What can't be looked at is a warning: the launch itself may need less.
func (c *check) found(err error, group cluster.GroupName, attr string) error {
	err = c.d.explain(err)
	e, known := errors.AsType[*cloudError](err)
	if !known {
		return err
	}
	switch e.kind {
	case providers.Permission, providers.NotFound, providers.Invalid:
	default:
		return err
	}
	bare := *e
	bare.advice = ""
	detail := "Correct it in the spec."
	if e.advice != "" {
		detail = upper(e.advice) + "."
	}
	c.findings = append(c.findings, providers.Finding{Fatal: true, Group: group, Attr: attr, Summary: bare.Error(), Detail: detail})
	return nil
}

func (c *check) add(fatal bool, group cluster.GroupName, attr, summary, detail string) {
	c.findings = append(c.findings, providers.Finding{Fatal: fatal, Group: group, Attr: attr, Summary: summary, Detail: detail})
}

// groups are those of the request, in its order.
func (c *check) groups() []*wanted {
	var out []*wanted
	for _, n := range c.req.Nodes {
		i := slices.IndexFunc(out, func(w *wanted) bool { return w.group.Name == n.Group.Name && w.image == n.Image })
		if i < 0 {
			i = len(out)
			out = append(out, &wanted{group: n.Group, options: optionsOf(n.Group), image: n.Image})
		}
		out[i].count++
		out[i].frontend = out[i].frontend || n.Frontend
	}
	return out
}

// zones looks for the zones of a group, and for the subnetwork in their regions.
func (c *check) zones(ctx context.Context, w *wanted) error {
	zones := c.d.zones(w.options)
	if len(zones) == 0 {
		return c.found(errNoZone, w.group.Name, "")
	}
	for _, zone := range zones {
		found, err := c.a.Zones.Get(c.a.project, zone).Context(ctx).Do()
		switch {
		case isKind(err, providers.NotFound), isKind(err, providers.Invalid):
			c.add(true, w.group.Name, "zones", fmt.Sprintf("there is no zone %q", zone), c.nearZone(ctx, zone)+"`gcloud compute zones list` shows them all.")
		case err != nil:
			if err := c.found(err, w.group.Name, ""); err != nil {
				return err
			}
		default:
			w.zones = append(w.zones, zone)
			if found.Status == "DOWN" {
				c.add(false, w.group.Name, "zones", fmt.Sprintf("the zone %s is down", zone), "Name other zones, or wait.")
			}
		}
	}
	if c.d.set.subnetwork == "" {
		return nil
	}
	for _, region := range regionsOf(w.zones) {
		project, name := within(subnetLink(c.a.project, region, c.d.set.subnetwork))
		_, err := c.a.Subnetworks.Get(project, region, name).Context(ctx).Do()
		if isKind(err, providers.NotFound) {
			c.add(true, w.group.Name, "zones", fmt.Sprintf("there is no subnetwork %q in %s", name, region),
				"Correct subnetwork in the provider block, or choose zones in its region.")
		} else if err != nil {
			return c.found(err, w.group.Name, "")
		}
	}
	return nil
}

// machineType sees that the type is offered, and where.
func (c *check) machineType(ctx context.Context, w *wanted) error {
	name := machineTypeOf(w.group)
	var missing []string
	for _, zone := range w.zones {
		t, err := c.d.machineType(ctx, c.a, zone, name)
		switch {
		case isKind(err, providers.NotFound), isKind(err, providers.Invalid):
			missing = append(missing, zone)
		case err != nil:
			return c.found(err, w.group.Name, "machine_type")
		case w.mt == nil:
			w.mt = t
		}
	}
	if len(missing) > 0 {
		c.add(w.mt == nil, w.group.Name, "machine_type",
			fmt.Sprintf("the machine type %q is not offered in %s", name, strings.Join(missing, ", ")),
			c.nearType(ctx, missing[0], name, w.mt == nil)+fmt.Sprintf("`gcloud compute machine-types list --zones %s` shows what is; correct machine_type or zones.", missing[0]))
	}
	return nil
}

// image sees that the image exists, runs on these processors, and fits.
func (c *check) image(ctx context.Context, w *wanted) error {
	arch := amd64
	if w.mt != nil {
		arch = architecture(w.mt)
	}
	src, err := c.d.source(ctx, c.a, w.image, arch)
	if err != nil {
		return c.found(err, w.group.Name, "image")
	}
	w.src = src
	if w.mt != nil && src.arch != "" && src.arch != arch {
		c.add(true, w.group.Name, "image",
			fmt.Sprintf("the image %s is for %s processors, and %s has %s", last(src.link), src.arch, w.mt.Name, arch),
			"Choose an image or a machine_type of the other architecture.")
	}
	if b := w.group.BootDisk; b != nil && b.SizeGB > 0 && b.SizeGB < src.sizeGB {
		c.add(true, w.group.Name, "boot_disk", fmt.Sprintf("the boot disk of %d GB is smaller than the image %s, which has %d GB", b.SizeGB, last(src.link), src.sizeGB),
			fmt.Sprintf("Set size_gb to %d or more.", src.sizeGB))
	}
	if src.warning != "" {
		c.add(false, w.group.Name, "image", fmt.Sprintf("Google calls the image %s %s", last(src.link), src.warning), "Choose a newer one while there is time.")
	}
	if w.options.userData != "" && src.cloudInit == no && !strings.HasPrefix(w.options.userData, "#!") {
		c.add(true, w.group.Name, "user_data", fmt.Sprintf("the image %s has no cloud-init, so user_data must be a script", last(src.link)),
			`Begin it with "#!", or choose an image with cloud-init, such as ubuntu-24.04.`)
	}
	return nil
}

// gpu sees that the accelerators exist where the machines are to be.
func (c *check) gpu(ctx context.Context, w *wanted) error {
	g := w.group.GPU
	if g == nil || g.Count == 0 || w.mt == nil {
		return nil
	}
	if kind, n := builtInGPUs(w.mt); n > 0 {
		if kind != g.Type || n != g.Count {
			c.add(true, w.group.Name, "gpu", fmt.Sprintf("%s comes with %d of %s, not with %d of %s", w.mt.Name, n, kind, g.Count, g.Type),
				"Write into gpu what the machine type has, or choose another machine_type.")
		}
		return nil
	}
	if family(w.mt.Name) != "n1" {
		c.add(true, w.group.Name, "gpu", "no accelerators can be attached to "+w.mt.Name,
			"Choose an N1 machine type, or one that comes with accelerators (a2, a3, g2, ...).")
		return nil
	}
	var missing []string
	for _, zone := range w.zones {
		t, err := c.a.AcceleratorTypes.Get(c.a.project, zone, g.Type).Context(ctx).Do()
		switch {
		case isKind(err, providers.NotFound), isKind(err, providers.Invalid):
			missing = append(missing, zone)
		case err != nil:
			return c.found(err, w.group.Name, "gpu")
		case t.MaximumCardsPerInstance > 0 && int64(g.Count) > t.MaximumCardsPerInstance:
			c.add(true, w.group.Name, "gpu", fmt.Sprintf("a machine can have at most %d of %s, not %d", t.MaximumCardsPerInstance, g.Type, g.Count), "Lower gpu { count }.")
			return nil
		}
	}
	if len(missing) > 0 {
		c.add(len(missing) == len(w.zones), w.group.Name, "gpu", fmt.Sprintf("the accelerator %q is not offered in %s", g.Type, strings.Join(missing, ", ")),
			fmt.Sprintf("`gcloud compute accelerator-types list --filter=name=%s` shows where it is.", g.Type))
	}
	return nil
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
