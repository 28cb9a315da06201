package azure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

// image is where a node boots from: of the marketplace, or of somebody's own.
type image struct {
	publisher, offer, sku, version string
	id                             string // resource id; then the others are empty
	paid                           bool   // the catalogue says that it is sold under a plan
}

// plan is what the terms of a marketplace image are called; nil for none.
type plan struct{ publisher, product, name string }

func (i image) urn() string {
	return strings.Join([]string{i.publisher, i.offer, i.sku, i.version}, ":")
}

// resolveImage finds out what a name means: an alias of the catalogue, a URN
// of the marketplace, or a resource id. It asks nobody.
func (d *Driver) resolveImage(name, arch string) (image, error) {
	if attrs, has := d.images.On(kind, name); has {
		i := image{publisher: attrs["publisher"], offer: attrs["offer"], sku: attrs["sku"], version: "latest", paid: attrs["plan"] == "true"}
		if strings.EqualFold(arch, archArm64) {
			if attrs["sku_arm64"] == "" {
				return image{}, d.badImage(fmt.Errorf("the image %q exists for x64 only, and the machine type is Arm64", name))
			}
			i.sku = attrs["sku_arm64"]
		}
		return i, nil
	}
	if strings.HasPrefix(name, "/") {
		return image{id: name}, nil
	}
	if parts := strings.Split(name, ":"); len(parts) == 4 {
		if slices.Contains(parts, "") {
			return image{}, d.badImage(fmt.Errorf("the image %q has an empty part; write publisher:offer:sku:version", name))
		}
		return image{publisher: parts[0], offer: parts[1], sku: parts[2], version: parts[3]}, nil
	}
	aliases := d.images.Aliases(kind)
	if name == "" {
		return image{}, d.badImage(fmt.Errorf("no image is given; these work on Azure: %s", strings.Join(aliases, ", ")))
	}
	return image{}, d.badImage(fmt.Errorf(
		"there is no image %q. %s Write one of %s, a URN (publisher:offer:sku:version, `az vm image list` shows them), or the resource id of an image of your own",
		name, schema.DidYouMean(name, aliases), strings.Join(aliases, ", ")))
}

func (*Driver) badImage(err error) error {
	return &providers.Error{Op: "find image", Kind: providers.NotFound, Err: err}
}

// reference is the image in the words of the SDK.
func (i image) reference() *armcompute.ImageReference {
	switch lower := strings.ToLower(i.id); {
	case strings.HasPrefix(lower, "/communitygalleries/"):
		return &armcompute.ImageReference{CommunityGalleryImageID: new(i.id)}
	case strings.HasPrefix(lower, "/sharedgalleries/"):
		return &armcompute.ImageReference{SharedGalleryImageID: new(i.id)}
	case i.id != "":
		return &armcompute.ImageReference{ID: new(i.id)}
	}
	return &armcompute.ImageReference{Publisher: new(i.publisher), Offer: new(i.offer), SKU: new(i.sku), Version: new(i.version)}
}

// marketImage is what the marketplace tells of an image of a version, or of
// the newest.
func (d *Driver) marketImage(ctx context.Context, i image) (*armcompute.VirtualMachineImage, error) {
	version := i.version
	if strings.EqualFold(version, "latest") {
		newest, err := d.api.market.List(ctx, d.config.location, i.publisher, i.offer, i.sku, &armcompute.VirtualMachineImagesClientListOptions{
			Top: new(int32(1)), Orderby: new("name desc"),
		})
		if err != nil {
			return nil, err
		}
		if len(newest.VirtualMachineImageResourceArray) == 0 {
			return nil, d.badImage(fmt.Errorf("%s has no image of %s in %s", i.publisher, i.urn(), d.config.location))
		}
		version = val(newest.VirtualMachineImageResourceArray[0].Name)
	}
	found, err := d.api.market.Get(ctx, d.config.location, i.publisher, i.offer, i.sku, version, nil)
	return &found.VirtualMachineImage, err
}

// planOf returns the plan under which an image is sold: for an alias the
// catalogue knows it, for a URN the marketplace is asked once.
func (d *Driver) planOf(ctx context.Context, name string, i image) (*plan, error) {
	if _, alias := d.images.On(kind, name); alias {
		if i.paid {
			return &plan{publisher: i.publisher, product: i.offer, name: i.sku}, nil
		}
		return nil, nil
	}
	d.mu.Lock()
	p, asked := d.plans[name]
	d.mu.Unlock()
	if asked {
		return p, nil
	}
	p, err := d.askPlan(ctx, i)
	if err != nil && d.ErrorKind(err) != providers.Permission {
		return nil, fail(ctx, "find image "+name, "", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.plans[name] = p
	return p, nil
}

// tagPlan is on images of ours that were made from one that is sold: who boots
// them must name its plan again.
const tagPlan = "ecluster-plan"

func (d *Driver) askPlan(ctx context.Context, i image) (*plan, error) {
	if i.id == "" {
		found, err := d.marketImage(ctx, i)
		if err != nil {
			return nil, err
		}
		return readPlan(found), nil
	}
	group, name, managed := i.managed(d.config.subscription)
	if !managed {
		return nil, nil
	}
	found, err := d.api.images.Get(ctx, group, name, nil)
	if err != nil {
		return nil, err
	}
	if parts := strings.Split(tag(found.Tags, tagPlan), ":"); len(parts) == 3 {
		return &plan{publisher: parts[0], product: parts[1], name: parts[2]}, nil
	}
	return nil, nil
}

// managed splits the resource id of a managed image of the subscription.
func (i image) managed(subscription string) (group, name string, ok bool) {
	parts := strings.Split(strings.Trim(i.id, "/"), "/")
	if len(parts) != 8 || !strings.EqualFold(parts[1], subscription) || !strings.EqualFold(parts[6], "images") {
		return "", "", false
	}
	return parts[3], parts[7], true
}

func readPlan(i *armcompute.VirtualMachineImage) *plan {
	if i.Properties == nil || i.Properties.Plan == nil {
		return nil
	}
	p := i.Properties.Plan
	return &plan{publisher: val(p.Publisher), product: val(p.Product), name: val(p.Name)}
}
