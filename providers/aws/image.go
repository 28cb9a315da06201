package aws

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

// defaultImage is what a spec without an image gets.
const defaultImage = "debian-13"

// imageKey is a question for an image: the same name means different images on
// machines of different architectures.
type imageKey struct {
	name string
	arch types.ArchitectureType
}

// image is an AMI.
type image struct {
	id, name   string
	arch       string
	rootDevice string
	rootGB     int // smallest boot disk
}

// source is where the image of a spec is looked for.
type source struct {
	id          string // "ami-0abc", or
	owner, name string // an owner and a pattern of names
}

var (
	amiForm   = regexp.MustCompile(`^ami-[0-9a-f]+$`)
	ownerForm = regexp.MustCompile(`^(\d{12}|self|amazon|aws-marketplace)$`)
)

// sourceOf reads an image of a spec: an alias of the catalogue, an id,
// "OWNER/PATTERN", or the name of an image of one's own.
func (d *Driver) sourceOf(name string) source {
	if name == "" {
		name = defaultImage
	}
	if attrs, ok := d.images.On(kind, name); ok {
		return source{owner: attrs["owner"], name: attrs["name"]}
	}
	if amiForm.MatchString(name) {
		return source{id: name}
	}
	if owner, pattern, ok := strings.Cut(name, "/"); ok && ownerForm.MatchString(owner) {
		return source{owner: owner, name: pattern}
	}
	return source{owner: "self", name: name}
}

// resolveImage finds the image of a spec for machines of one architecture: of
// several that fit, the newest. What it found is what it will find, as long as
// the process lives: equal launches must be equal.
func (d *Driver) resolveImage(ctx context.Context, name string, arch types.ArchitectureType) (image, error) {
	return d.resolved.get(ctx, imageKey{name, arch}, func(ctx context.Context) (image, error) {
		return d.findImage(ctx, name, arch)
	})
}

func (d *Driver) findImage(ctx context.Context, name string, arch types.ArchitectureType) (image, error) {
	src := d.sourceOf(name)
	in := &ec2.DescribeImagesInput{}
	if src.id != "" {
		in.ImageIds = []string{src.id}
	} else {
		in.Owners = []string{src.owner}
		in.Filters = []types.Filter{
			filter("name", src.name), filter("state", "available"), filter("architecture", string(arch)),
		}
	}
	found, err := d.describeImages(ctx, in)
	if err != nil {
		if parse(err).code == "InvalidAMIID.NotFound" || parse(err).code == "InvalidAMIID.Malformed" {
			return image{}, d.noImage(name, "it does not exist in "+d.s.region+", or is not shared with this account", nil)
		}
		return image{}, err
	}
	if len(found) == 0 {
		return image{}, d.noImageFor(ctx, name, src, arch)
	}
	best := slices.MaxFunc(found, func(a, b types.Image) int {
		return cmp.Or(strings.Compare(aws.ToString(a.CreationDate), aws.ToString(b.CreationDate)),
			strings.Compare(aws.ToString(a.ImageId), aws.ToString(b.ImageId)))
	})
	if best.Architecture != "" && string(best.Architecture) != string(arch) {
		return image{}, wrongArchitecture(name, string(best.Architecture), arch)
	}
	if best.State == types.ImageStateFailed || best.State == types.ImageStateDeregistered || best.State == types.ImageStateInvalid {
		return image{}, d.noImage(name, fmt.Sprintf("its state is %q", best.State), nil)
	}
	return asImage(best), nil
}

func (d *Driver) describeImages(ctx context.Context, in *ec2.DescribeImagesInput) ([]types.Image, error) {
	var found []types.Image
	pages := ec2.NewDescribeImagesPaginator(d.ec2, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		found = append(found, page.Images...)
	}
	return found, nil
}

// noImageFor says why no image fits: there is one for other machines, or none.
func (d *Driver) noImageFor(ctx context.Context, name string, src source, arch types.ArchitectureType) error {
	others, err := d.describeImages(ctx, &ec2.DescribeImagesInput{
		Owners: []string{src.owner}, Filters: []types.Filter{filter("name", src.name), filter("state", "available")},
	})
	if err != nil {
		return err
	}
	if len(others) > 0 {
		return wrongArchitecture(name, string(others[0].Architecture), arch)
	}
	if src.owner == "self" {
		return d.noImage(name, fmt.Sprintf("this account has no image of that name in %s, and it is no alias", d.s.region), d.images.Aliases(kind))
	}
	return d.noImage(name, fmt.Sprintf("account %s shows no image named %q in %s", src.owner, src.name, d.s.region), nil)
}

func (d *Driver) noImage(name, why string, aliases []string) error {
	advice := `Name an alias, an id ("ami-…"), a name of your own image, or "OWNER/PATTERN".`
	if len(aliases) > 0 {
		advice = schema.DidYouMean(name, aliases) + " " + advice
	}
	return &imageError{kind: providers.NotFound, summary: fmt.Sprintf("there is no image %q: %s", name, why), advice: advice}
}

func wrongArchitecture(name, has string, wanted types.ArchitectureType) error {
	return &imageError{
		kind:    providers.Invalid,
		summary: fmt.Sprintf("the image %q is for %s machines, and the machine type is %s", name, has, wanted),
		advice:  "Choose an image for that architecture, or another machine_type.",
	}
}

// imageError says what is wrong with the image of a spec.
type imageError struct {
	kind    providers.Kind
	summary string
	advice  string
}

// Error implements error.
func (e *imageError) Error() string { return e.summary + ". " + e.advice }

func asImage(i types.Image) image {
	out := image{
		id: aws.ToString(i.ImageId), name: aws.ToString(i.Name),
		arch: string(i.Architecture), rootDevice: aws.ToString(i.RootDeviceName),
	}
	for _, m := range i.BlockDeviceMappings {
		if aws.ToString(m.DeviceName) == out.rootDevice && m.Ebs != nil {
			out.rootGB = int(aws.ToInt32(m.Ebs.VolumeSize))
		}
	}
	return out
}
