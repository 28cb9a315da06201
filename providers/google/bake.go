package google

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/providers"
)

// labelBaked marks the images that Bake made.
const labelBaked = "ecluster-baked"

// Bake implements providers.Baker: an image of the boot disk of a node. A disk
// in use is copied as it is at that moment.
func (d *Driver) Bake(ctx context.Context, req providers.BakeRequest) (string, error) {
	op := "bake image " + req.Name
	if err := requireID(op, req.ID); err != nil {
		return "", err
	}
	a, err := d.client(ctx)
	if err != nil {
		return "", d.fail(ctx, op, "", err)
	}
	machine, err := d.machine(ctx, a, req.ID, req.Instance)
	if err != nil {
		return "", d.fail(ctx, op, "", err)
	}
	if machine == nil || len(machine.Disks) == 0 {
		return "", &providers.Error{Op: op, Kind: providers.NotFound, Err: errNoMachine}
	}
	labels := map[string]string{labelBaked: "true"}
	for k, v := range req.Labels {
		labels[k] = labelValue(v)
	}
	name := strings.TrimRight(("ecluster-baked-" + req.Name)[:min(longest, len("ecluster-baked-"+req.Name))], "-")
	req.Progress("copying the boot disk into the image " + name)
	err = d.finish(ctx, a, func(ctx context.Context) (*compute.Operation, error) {
		return a.Images.Insert(a.project, &compute.Image{
			Name: name, Description: "Baked by ecluster from a node", Labels: maps.Clone(labels),
			SourceDisk: strings.TrimPrefix(machine.Disks[0].Source, "https://www.googleapis.com/compute/v1/"),
		}).ForceCreate(true).Context(ctx).Do()
	})
	if err != nil {
		return "", d.fail(ctx, op, "", err)
	}
	return "projects/" + a.project + "/global/images/" + name, nil
}

// labelValue makes a value that Google accepts of any text.
func labelValue(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '-'
	}, strings.ToLower(s))
	return s[:min(len(s), longest)]
}

// DeleteImage implements providers.Baker. It deletes no image that was not
// made here.
func (d *Driver) DeleteImage(ctx context.Context, image string) error {
	op := "delete image " + image
	a, err := d.client(ctx)
	if err != nil {
		return d.fail(ctx, op, "", err)
	}
	ref, err := d.imageRef(image, amd64)
	if err != nil {
		return d.fail(ctx, op, "", err)
	}
	if ref.project == "" {
		ref.project = a.project
	}
	if ref.family || ref.project != a.project {
		return &providers.Error{Op: op, Kind: providers.Invalid, Err: fmt.Errorf("it is no image of the project %s", a.project)}
	}
	found, err := a.Images.Get(a.project, ref.name).Context(ctx).Do()
	if isKind(err, providers.NotFound) {
		return nil
	}
	if err != nil {
		return d.fail(ctx, op, "", err)
	}
	if found.Labels[labelBaked] == "" {
		return &providers.Error{Op: op, Kind: providers.Invalid, Err: errors.New("it was not made by ecluster; `gcloud compute images delete` deletes it")}
	}
	err = d.finish(ctx, a, func(ctx context.Context) (*compute.Operation, error) {
		return a.Images.Delete(a.project, ref.name).Context(ctx).Do()
	})
	if isKind(err, providers.NotFound) {
		return nil
	}
	return d.fail(ctx, op, "", err)
}
