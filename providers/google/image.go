package google

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

// defaultImage is for clusters that name none.
const defaultImage = "debian-12"

// source is where a boot disk comes from.
type source struct {
	link      string // "projects/debian-cloud/global/images/debian-12-bookworm-v20261101"
	arch      string // "" when the image does not say
	sizeGB    int
	cloudInit cloudInit
	warning   string // deprecated, as Google puts it
}

// cloudInit says whether an image has it.
type cloudInit int

const (
	perhaps cloudInit = iota // a user's own image: it is given both kinds of data
	yes
	no
)

// imageRef is an image as a spec can name it.
type imageRef struct {
	project string // "" is the driver's
	name    string
	family  bool
	init    cloudInit
}

// imageRef reads an alias of the catalogue, "family/NAME", a path such as
// "projects/P/global/images/N" or a plain name in the own project.
func (d *Driver) imageRef(image, arch string) (imageRef, error) {
	if image == "" {
		image = defaultImage
	}
	if attrs, known := d.images.On(kind, image); known {
		ref := imageRef{project: attrs["project"], name: attrs["family"], family: true, init: no}
		if attrs["cloud_init"] == "true" {
			ref.init = yes
		}
		if arch == arm64 {
			ref.name = attrs["family_arm64"]
		}
		if ref.name == "" {
			return ref, &cloudError{
				kind: providers.Invalid, summary: fmt.Sprintf("the image %q does not exist for machine types with processors of Arm", image),
				advice: "choose another image or another machine_type",
			}
		}
		return ref, nil
	}
	words := strings.Split(image, "/")
	if i := indexOf(words, "projects"); i >= 0 && len(words) > i+4 && words[i+2] == "global" && words[i+3] == "images" {
		ref := imageRef{project: words[i+1], name: words[i+4]}
		if rest := words[i+4:]; len(rest) == 2 && rest[0] == "family" {
			ref.name, ref.family = rest[1], true
		}
		return ref, nil
	}
	if len(words) == 2 && words[0] == "family" {
		return imageRef{name: words[1], family: true}, nil
	}
	if len(words) == 3 && words[1] == "family" { // "PROJECT/family/NAME"
		return imageRef{project: words[0], name: words[2], family: true}, nil
	}
	if len(words) == 2 {
		return imageRef{project: words[0], name: words[1]}, nil
	}
	return imageRef{name: image}, nil
}

func indexOf(words []string, w string) int {
	for i, word := range words {
		if word == w {
			return i
		}
	}
	return -1
}

// source resolves an image once: all machines of a run boot the same, and a
// request that is sent again is the same request.
func (d *Driver) source(ctx context.Context, a *api, image, arch string) (*source, error) {
	key := arch + " " + image
	d.mu.Lock()
	known := d.sources[key]
	d.mu.Unlock()
	if known != nil {
		return known, nil
	}
	ref, err := d.imageRef(image, arch)
	if err != nil {
		return nil, err
	}
	if ref.project == "" {
		ref.project = a.project
	}
	var found *compute.Image
	if ref.family {
		found, err = a.Images.GetFromFamily(ref.project, ref.name).Context(ctx).Do()
	} else {
		found, err = a.Images.Get(ref.project, ref.name).Context(ctx).Do()
	}
	if err != nil {
		return nil, d.imageError(err, image, ref)
	}
	s := &source{
		link: "projects/" + ref.project + "/global/images/" + found.Name,
		arch: found.Architecture, sizeGB: int(found.DiskSizeGb), cloudInit: ref.init,
	}
	if found.Deprecated != nil && found.Deprecated.State != "" && found.Deprecated.State != "ACTIVE" {
		s.warning = strings.ToLower(found.Deprecated.State)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.sources[key]; known != nil { // somebody was faster
		return known, nil
	}
	d.sources[key] = s
	return s, nil
}

// imageError names what was looked for and what there is.
func (d *Driver) imageError(err error, image string, ref imageRef) error {
	if !isKind(err, providers.NotFound) {
		return err
	}
	what := "image"
	if ref.family {
		what = "image family"
	}
	aliases := d.images.Aliases(kind)
	advice := fmt.Sprintf("choose one of %s, or name an image as family/NAME or projects/PROJECT/global/images/NAME", strings.Join(aliases, ", "))
	if near := schema.Nearest(image, aliases); near != "" {
		advice = fmt.Sprintf("did you mean %q? ", near) + advice
	}
	return &cloudError{
		kind: providers.NotFound, summary: fmt.Sprintf("there is no %s %q in the project %s", what, ref.name, ref.project), advice: advice,
	}
}
