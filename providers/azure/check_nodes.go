package azure

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

// nodes checks what the groups ask for, then whether it all fits.
func (c *checkup) nodes(ctx context.Context) error {
	sizes, err := c.d.allSizes(ctx)
	if err := c.soft(ctx, "machine types", err); err != nil {
		return err
	}
	var seen []cluster.GroupName
	for _, n := range c.req.Nodes {
		if slices.Contains(seen, n.Group.Name) {
			continue
		}
		seen = append(seen, n.Group.Name)
		if sizes != nil {
			c.places(n.Group, sizes)
		}
		if n.Group.MachineType == "" {
			c.fatal(n.Group.Name, "machine_type", "no machine_type is given", `Write for example machine_type = "Standard_D2s_v5"; "az vm list-skus --location `+c.d.config.location+` -o table" lists them.`)
		}
	}
	return all(
		func() error { return c.images(ctx, sizes) },
		func() error { return c.computeQuota(ctx, sizes) },
		func() error { return c.addressQuota(ctx) },
	)
}

// places checks the machine types of a group and where they are offered. A
// place that is of no use is only a warning as long as another one remains.
func (c *checkup) places(g cluster.Group, sizes map[string]size) {
	own := c.d.config.group(g)
	var troubles []providers.Finding
	usable := 0
	for i, name := range own.types {
		attr := "machine_type"
		if i > 0 {
			attr = "machine_types"
		}
		s, known := sizes[strings.ToLower(name)]
		if !known {
			if name != "" {
				troubles = append(troubles, providers.Finding{
					Group: g.Name, Attr: attr, Summary: fmt.Sprintf("%s has no machine type %q", c.d.config.location, name),
					Detail: suggestion(name, sizeNames(sizes)) + fmt.Sprintf("`az vm list-skus --location %s --resource-type virtualMachines -o table` lists them.", c.d.config.location),
				})
			}
			continue
		}
		c.fitting(g, own, s, attr)
		for _, zone := range own.zones {
			if why := s.notIn(zone); why != "" {
				troubles = append(troubles, providers.Finding{
					Group: g.Name, Attr: attr, Summary: fmt.Sprintf("%s is not to be had: %s", place{s.name, zone}, why),
					Detail: "Choose another zone or machine_type, or ask for access in the portal (Help + support, Service and subscription limits).",
				})
				continue
			}
			usable++
		}
	}
	for _, t := range troubles {
		t.Fatal = usable == 0
		c.add(t)
	}
	if own.proximity && len(own.places()) > 1 {
		c.warn(g.Name, "placement", "the nodes of the group may end up in several places, each with a proximity placement group of its own",
			"Nodes that had to go to another zone or machine type are not close to the others.")
	}
}

// notIn says why a machine type can't be had in a zone, "" when it can.
func (s size) notIn(zone string) string {
	switch {
	case s.denied != "":
		return "this subscription may not use it here (" + s.denied + ")"
	case zone == "":
		return ""
	case slices.Contains(s.noZones, zone):
		return "this subscription may not use it in that zone"
	case !slices.Contains(s.zones, zone):
		if len(s.zones) == 0 {
			return "it is offered in no availability zone here"
		}
		return "it is offered in the zones " + strings.Join(s.zones, ", ")
	}
	return ""
}

// fitting compares what a group asks for with what a machine type has.
func (c *checkup) fitting(g cluster.Group, own groupConfig, s size, attr string) {
	if g.GPU != nil && s.shape.GPUs != g.GPU.Count {
		c.fatal(g.Name, "gpu", fmt.Sprintf("a %s has %d GPUs, not %d", s.name, s.shape.GPUs, g.GPU.Count),
			"On Azure GPUs come with the machine type (Standard_NC…, ND…, NV…): choose one that has as many, or correct count.")
	}
	if g.Spot && s.noSpot {
		c.fatal(g.Name, attr, fmt.Sprintf("a %s can't be had as spot", s.name), "Choose another machine type, or remove spot.")
	}
	if own.accelerated != nil && *own.accelerated && !s.accelerated {
		c.fatal(g.Name, "accelerated_networking", fmt.Sprintf("a %s has no accelerated networking", s.name), "Remove accelerated_networking, or choose another machine type.")
	}
	if s.dataDisks > 0 && len(own.disks) > s.dataDisks {
		c.fatal(g.Name, "disks", fmt.Sprintf("a %s takes %d data disks, not %d", s.name, s.dataDisks, len(own.disks)), "Ask for fewer, or choose another machine type.")
	}
	disks := own.disks
	if g.BootDisk != nil {
		disks = append([]cluster.Disk{*g.BootDisk}, disks...)
	}
	for _, disk := range disks {
		if s.noPremium && strings.HasPrefix(strings.ToLower(disk.Type), "premium") {
			c.fatal(g.Name, "boot_disk", fmt.Sprintf("a %s takes no disks of type %s", s.name, disk.Type), `Choose type = "StandardSSD_LRS", or a machine type with an "s" in its name.`)
			break
		}
	}
}

func sizeNames(sizes map[string]size) []string {
	names := make([]string, 0, len(sizes))
	for _, key := range slices.Sorted(maps.Keys(sizes)) {
		names = append(names, sizes[key].name)
	}
	return names
}

// suggestion names the nearest, with a space behind it, or nothing.
func suggestion(given string, names []string) string {
	if n := schema.Nearest(given, names); n != "" {
		return fmt.Sprintf("Did you mean %q? ", n)
	}
	return ""
}
