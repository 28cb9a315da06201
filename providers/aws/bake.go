package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var _ providers.Baker = (*Driver)(nil)

// bakePatience is how long an image may take; large disks take long.
const bakePatience = 90 * time.Minute

// Bake implements providers.Baker: an AMI, whose name a spec asks for. EC2
// halts the machine for the moment in which it freezes the disks.
func (d *Driver) Bake(ctx context.Context, req providers.BakeRequest) (string, error) {
	existing, err := d.instances(ctx, "bake", req.ID)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(existing, isInstance(req.Instance)) {
		return "", &providers.Error{Op: "bake", Kind: providers.NotFound, Err: fmt.Errorf("the cluster has no machine %s", req.Instance)}
	}
	progress := req.Progress
	if progress == nil {
		progress = func(string) {}
	}
	// No tag of the cluster: the image outlives it.
	tags := maps.Clone(d.s.tags)
	maps.Copy(tags, req.Labels)
	tags["Name"] = req.Name
	made, err := d.ec2.CreateImage(ctx, &ec2.CreateImageInput{
		InstanceId: aws.String(string(req.Instance)), Name: aws.String(req.Name), Description: aws.String("Made by ecluster"),
		TagSpecifications: tagged(tags, types.ResourceTypeImage, types.ResourceTypeSnapshot),
	})
	if err != nil {
		return "", d.fail(ctx, "bake", err)
	}
	id := aws.ToString(made.ImageId)
	progress("EC2 copies the disks into the image " + id)
	if err := d.imageReady(ctx, id); err != nil {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		return "", errors.Join(d.fail(ctx, "bake", err), d.DeleteImage(undo, id))
	}
	return id, nil
}

// imageReady waits until an image can be used.
func (d *Driver) imageReady(ctx context.Context, id string) error {
	return d.patiently(ctx, "the image "+id, bakePatience, func() (bool, error) {
		out, err := d.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{id}})
		if err != nil {
			return false, passing(err)
		}
		if len(out.Images) == 0 {
			return false, nil
		}
		switch i := out.Images[0]; i.State {
		case types.ImageStateAvailable:
			return true, nil
		case types.ImageStateFailed, types.ImageStateInvalid, types.ImageStateError, types.ImageStateDeregistered:
			why := string(i.State)
			if i.StateReason != nil {
				why = aws.ToString(i.StateReason.Message)
			}
			return false, &providers.Error{Op: "bake", Kind: providers.Unknown, Err: fmt.Errorf("EC2 could not make the image %s: %s", id, why)}
		case types.ImageStatePending, types.ImageStateTransient, types.ImageStateDisabled:
		}
		return false, nil
	})
}

// passing forgives what may be better at the next look.
func passing(err error) error {
	switch kindOf(err) { //nolint:exhaustive // all others stay
	case providers.NotFound, providers.Throttled, providers.Transient:
		return nil
	}
	return err
}

// DeleteImage implements providers.Baker: the image with its snapshots, by id
// or by name; only the account's own.
func (d *Driver) DeleteImage(ctx context.Context, name string) error {
	in := &ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: []types.Filter{filter("name", name)}}
	if amiForm.MatchString(name) {
		in.Filters = []types.Filter{filter("image-id", name)}
	}
	found, err := d.describeImages(ctx, in)
	if err != nil {
		return d.fail(ctx, "delete image "+name, err)
	}
	for _, i := range found {
		if err := d.deleteImage(ctx, i); err != nil {
			return d.fail(ctx, "delete image "+name, err)
		}
	}
	return nil
}

func (d *Driver) deleteImage(ctx context.Context, i types.Image) error {
	_, err := d.ec2.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: i.ImageId})
	if err != nil && parse(err).code != "InvalidAMIID.Unavailable" && kindOf(err) != providers.NotFound {
		return err
	}
	for _, m := range i.BlockDeviceMappings {
		if m.Ebs == nil || m.Ebs.SnapshotId == nil {
			continue
		}
		_, err := d.ec2.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: m.Ebs.SnapshotId})
		if err != nil && kindOf(err) != providers.NotFound {
			return err
		}
	}
	return nil
}

// isInstance selects one machine.
func isInstance(id cluster.InstanceID) func(types.Instance) bool {
	return func(i types.Instance) bool { return aws.ToString(i.InstanceId) == string(id) }
}
