package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

// placeholder has the length of real keys, for data that must have theirs.
var placeholder = providers.Access{
	AuthorizedKey: strings.Repeat("k", 100), HostKey: cluster.Secret(strings.Repeat("k", 400)), HostKeyPublic: strings.Repeat("k", 100),
}

var placeholderExpiry = time.Unix(1<<31, 0)

// machine compares what a group wants with what a machine type has.
func (c *checker) machine(g cluster.Group, attr string, gs groupSettings, info *types.InstanceTypeInfo) {
	name := string(info.InstanceType)
	if g.GPU != nil {
		c.gpu(g, name, info)
	}
	if gs.efa && (info.NetworkInfo == nil || !aws.ToBool(info.NetworkInfo.EfaSupported)) {
		c.add(true, g.Name, "efa", name+" has no Elastic Fabric Adapter", "Choose a type that has one, such as hpc7a.96xlarge or c7i.48xlarge, or remove efa.")
	}
	if gs.placement != "" && info.PlacementGroupInfo != nil &&
		!slices.Contains(info.PlacementGroupInfo.SupportedStrategies, types.PlacementGroupStrategy(gs.placement)) {
		c.add(true, g.Name, "placement", fmt.Sprintf("%s can't be in a placement group of the kind %q", name, gs.placement), "Remove placement, or choose another machine_type.")
	}
	if g.Spot && len(info.SupportedUsageClasses) > 0 && !slices.Contains(info.SupportedUsageClasses, types.UsageClassTypeSpot) {
		c.add(true, g.Name, "spot", name+" is not sold as a spot machine", "Set spot = false, or choose another machine_type.")
	}
	if gs.maxPrice > 0 && !g.Spot {
		c.add(false, g.Name, "max_price", "max_price means nothing without spot = true and is ignored", "Remove it, or set spot = true.")
	}
	if v := info.VCpuInfo; v != nil {
		if gs.threads > 0 && len(v.ValidThreadsPerCore) > 0 && !slices.Contains(v.ValidThreadsPerCore, int32(gs.threads)) { //nolint:gosec // 1 or 2
			c.add(true, g.Name, "threads_per_core", fmt.Sprintf("%s can't have %d threads a core", name, gs.threads), fmt.Sprintf("Possible: %v.", v.ValidThreadsPerCore))
		}
		if gs.core > 0 && len(v.ValidCores) > 0 && !slices.Contains(v.ValidCores, int32(gs.core)) { //nolint:gosec // checked by the schema
			c.add(true, g.Name, "cores", fmt.Sprintf("%s can't have %d cores", name, gs.core), fmt.Sprintf("Possible: %v.", v.ValidCores))
		}
	}
	if slices.Contains(info.SupportedUsageClasses, types.UsageClassTypeCapacityBlock) && len(info.SupportedUsageClasses) == 1 || aws.ToBool(info.BareMetal) && strings.HasPrefix(name, "mac") {
		c.add(true, g.Name, attr, name+" must be reserved beforehand", "Choose a type that is sold on demand.")
	}
}

// gpu sees that a machine type has the accelerators that the group wants.
func (c *checker) gpu(g cluster.Group, name string, info *types.InstanceTypeInfo) {
	count, has := gpus(info)
	switch {
	case count == 0:
		c.add(true, g.Name, "gpu", fmt.Sprintf("%s has no GPU", name), "On AWS the machine type decides about GPUs: choose one of the families g and p, such as g4dn.xlarge (one T4), or remove the gpu block.")
	case g.GPU.Type != "" && !sameGPU(g.GPU.Type, has):
		c.add(true, g.Name, "gpu", fmt.Sprintf("the GPU of %s is the %s, not %s", name, has, g.GPU.Type), "Correct gpu, or choose another machine_type.")
	case g.GPU.Count != count:
		c.add(true, g.Name, "gpu", fmt.Sprintf("%s has %d GPU(s), not %d", name, count, g.GPU.Count), fmt.Sprintf("Set count = %d in the gpu block, or choose another machine_type.", count))
	}
}

// sameGPU reports whether "nvidia-tesla-t4", "NVIDIA T4" or "t4" is a T4, and
// "nvidia-a100-80gb" an A100.
func sameGPU(wanted, has string) bool {
	norm := func(s string) string {
		s = strings.ToLower(strings.ReplaceAll(s, " ", "-"))
		for _, prefix := range []string{"nvidia-", "amd-", "tesla-"} {
			s = strings.TrimPrefix(s, prefix)
		}
		return s
	}
	w, h := norm(wanted), norm(has)
	return w == h || strings.HasPrefix(w, h+"-")
}

// images resolves the image of each group for each of its machine types.
func (c *checker) images(ctx context.Context) error {
	c.image = map[cluster.GroupName]image{}
	for _, n := range c.nodes {
		for i, name := range c.d.s.of(n.Group).types {
			info := c.infos[name]
			if info == nil {
				continue
			}
			found, err := c.d.resolveImage(ctx, n.Image, architecture(info))
			if bad, ok := errors.AsType[*imageError](err); ok {
				c.add(true, n.Group.Name, "image", bad.summary, bad.advice)
				break
			}
			if err != nil {
				return err
			}
			if i > 0 {
				continue
			}
			c.image[n.Group.Name] = found
			if boot := n.Group.BootDisk; boot != nil && boot.Type != "" && !slices.Contains(bootTypes, boot.Type) {
				c.add(true, n.Group.Name, "boot_disk", fmt.Sprintf("machines can't boot from a disk of the type %q", boot.Type), schema.DidYouMean(boot.Type, bootTypes))
			}
			if boot := n.Group.BootDisk; boot != nil && boot.SizeGB > 0 && boot.SizeGB < found.rootGB {
				c.add(true, n.Group.Name, "boot_disk", fmt.Sprintf("the image %s needs a boot disk of %d GB, not %d", found.name, found.rootGB, boot.SizeGB),
					fmt.Sprintf("Set size_gb to at least %d.", found.rootGB))
			}
		}
	}
	return nil
}

// permissions tries, without doing it, what a start does: a denial is cheaper
// to learn now.
func (c *checker) permissions(ctx context.Context) error {
	if slices.ContainsFunc(c.findings, func(f providers.Finding) bool { return f.Fatal }) {
		return nil
	}
	for _, n := range c.nodes {
		found, ok := c.image[n.Group.Name]
		if !ok {
			continue
		}
		p := plan{place: c.d.s.places(n.Group)[0], group: c.d.s.of(n.Group), info: c.infos[n.Group.MachineType], image: found}
		in := p.template(n.Group)
		in.DryRun = aws.Bool(true)
		in.MinCount, in.MaxCount = aws.Int32(1), aws.Int32(1)
		if net := (network{vpc: c.vpc, subnets: c.subnets}); len(c.subnets) > 0 {
			if s, ok := net.in(firstOf(p.zone, net.zones())); ok {
				in.SubnetId = aws.String(s.id)
			}
		}
		in.TagSpecifications = tagged(map[string]string{providers.TagCluster: "check"}, types.ResourceTypeInstance, types.ResourceTypeVolume)
		_, err := c.d.ec2.RunInstances(ctx, in)
		if err := c.denied(ctx, err); err != nil {
			return err
		}
	}
	if c.vpc == "" {
		return nil
	}
	_, err := c.d.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		DryRun: aws.Bool(true), GroupName: aws.String("ecluster-check"), VpcId: aws.String(c.vpc), Description: aws.String("never made"),
		TagSpecifications: tagged(map[string]string{providers.TagCluster: "check"}, types.ResourceTypeSecurityGroup),
	})
	return c.denied(ctx, err)
}

// denied turns a denial into a finding. EC2's other answers to a try are no
// promise, so that the launch itself is left to find out.
func (c *checker) denied(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	f := parse(err)
	switch kindOf(err) { //nolint:exhaustive // the others say nothing
	case providers.Throttled, providers.Transient:
		return err
	}
	if f.code != "UnauthorizedOperation" {
		return nil
	}
	message, hint := denial(f)
	summary := fmt.Sprintf("the account may not do what a start needs: %s", message)
	if !slices.ContainsFunc(c.findings, func(f providers.Finding) bool { return f.Summary == summary }) {
		c.add(true, "", "", summary, sentence(hint))
	}
	return nil
}

func firstOf(s string, others []string) string {
	if s != "" || len(others) == 0 {
		return s
	}
	return others[0]
}
