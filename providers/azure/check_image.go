package azure

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// images checks the image of each group against its machine type.
func (c *checkup) images(ctx context.Context, sizes map[string]size) error {
	var order []providers.NodeRequest
	for _, n := range c.req.Nodes {
		if !slices.ContainsFunc(order, func(o providers.NodeRequest) bool { return o.Group.Name == n.Group.Name }) {
			order = append(order, n)
		}
	}
	errs := make([]error, len(order))
	each(order, func(i int, n providers.NodeRequest) {
		s, known := sizes[strings.ToLower(n.Group.MachineType)]
		if !known {
			s = guess(n.Group.MachineType)
		}
		errs[i] = c.image(ctx, n, s)
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *checkup) image(ctx context.Context, n providers.NodeRequest, s size) error {
	g := n.Group.Name
	i, err := c.d.resolveImage(n.Image, s.arch)
	if err != nil {
		c.fatal(g, "image", fmt.Sprintf("the image %q can't be used", n.Image), upper(cause(err))+".")
		return nil
	}
	if i.id != "" {
		return c.ownImage(ctx, g, i)
	}
	found, err := c.d.marketImage(ctx, i)
	switch kind := c.d.ErrorKind(err); {
	case err == nil:
	case kind == providers.NotFound || kind == providers.Invalid:
		name := strconv.Quote(n.Image)
		if n.Image != i.urn() {
			name += " (" + i.urn() + ")"
		}
		c.fatal(g, "image", fmt.Sprintf("the image %s does not exist in %s", name, c.d.config.location),
			fmt.Sprintf("Azure's answer: %v. `az vm image list --all --publisher %s --offer %s -o table` shows what there is.", cause(err), i.publisher, i.offer))
		return nil
	default:
		return c.soft(ctx, "the image "+i.urn(), err)
	}
	if p := found.Properties; p != nil {
		c.matching(g, n, s, string(val(p.Architecture)), string(val(p.HyperVGeneration)))
	}
	if p := readPlan(found); p != nil {
		return c.terms(ctx, g, i, p)
	}
	return nil
}

// matching compares an image with the machine that is to boot it; what the
// image or the machine type does not tell fits.
func (c *checkup) matching(g cluster.GroupName, n providers.NodeRequest, s size, arch, generation string) {
	if arch != "" && s.arch != "" && !strings.EqualFold(arch, s.arch) {
		c.fatal(g, "image", fmt.Sprintf("the image %q is for %s and a %s is %s", n.Image, arch, n.Group.MachineType, s.arch),
			"Choose a machine type or an image of the other architecture.")
	}
	if generation != "" && len(s.generations) > 0 && !slices.ContainsFunc(s.generations, func(have string) bool { return strings.EqualFold(have, generation) }) {
		c.fatal(g, "image", fmt.Sprintf("the image %q is of generation %s and a %s boots %s", n.Image, generation, n.Group.MachineType, strings.Join(s.generations, " or ")),
			"Choose another machine type, or another SKU of the image: most images have one for each generation.")
	}
}

// terms sees that the terms of an image were accepted. Azure asks for that
// once for each subscription and image, even where it costs nothing.
func (c *checkup) terms(ctx context.Context, g cluster.GroupName, i image, p *plan) error {
	id := fmt.Sprintf("/subscriptions/%s/providers/Microsoft.MarketplaceOrdering/offerTypes/virtualmachine/publishers/%s/offers/%s/plans/%s/agreements/current",
		c.d.config.subscription, p.publisher, p.product, p.name)
	accept := fmt.Sprintf("Read and accept them with `az vm image terms accept --urn %s`; that is needed once for the subscription.", i.urn())
	found, err := c.d.api.resources.GetByID(ctx, id, "2021-01-01", nil)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		c.warn(g, "image", fmt.Sprintf("the image %s has terms, and Azure does not tell whether they were accepted", i.urn()), accept)
		return nil
	}
	properties, _ := found.Properties.(map[string]any)
	if accepted, _ := properties["accepted"].(bool); !accepted {
		c.fatal(g, "image", fmt.Sprintf("the terms of the image %s were not accepted", i.urn()), accept)
	}
	return nil
}

// ownImage sees that an image of one's own is there; of galleries of others
// Azure tells nothing by this way.
func (c *checkup) ownImage(ctx context.Context, g cluster.GroupName, i image) error {
	group, name, managed := i.managed(c.d.config.subscription)
	if !managed {
		if !strings.Contains(strings.ToLower(i.id), "galleries/") {
			c.fatal(g, "image", fmt.Sprintf("%q is no resource id of an image", i.id), "It looks like /subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/images/NAME, or …/galleries/GALLERY/images/NAME.")
		}
		return nil
	}
	found, err := c.d.api.images.Get(ctx, group, name, nil)
	if missing(err) {
		c.fatal(g, "image", fmt.Sprintf("there is no image %q in the resource group %s", name, group), "`az image list -o table` shows yours; `ecluster bake` makes one.")
		return nil
	}
	if err != nil {
		return c.soft(ctx, "the image "+name, err)
	}
	if at := val(found.Location); at != "" && !strings.EqualFold(at, c.d.config.location) {
		c.fatal(g, "image", fmt.Sprintf("the image %q is in %s and the nodes are to boot in %s", name, at, c.d.config.location), "Bake one in that location, or share it through a gallery.")
	}
	return nil
}

// cause is the innermost reason of a driver's error, in words.
func cause(err error) string {
	for {
		e, ok := err.(*providers.Error) //nolint:errorlint // only the outermost is peeled off
		if !ok {
			return readable(err).Error()
		}
		err = e.Err
	}
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
