package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// learnTypes asks for those of the machine types that are not known yet, in
// one request. A type that the region does not have is known as nil.
func (d *Driver) learnTypes(ctx context.Context, names []string) (map[string]*types.InstanceTypeInfo, error) {
	out := make(map[string]*types.InstanceTypeInfo, len(names))
	var unknown []string
	for _, name := range names {
		if info, known := d.machineTypes.peek(name); known {
			out[name] = info
		} else if name != "" && !slices.Contains(unknown, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for part := range slices.Chunk(unknown, maxFilterValues) {
		// As a filter, because an unknown name among InstanceTypes is an error.
		pages := ec2.NewDescribeInstanceTypesPaginator(d.ec2, &ec2.DescribeInstanceTypesInput{
			Filters: []types.Filter{filter("instance-type", part...)},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for i := range page.InstanceTypes {
				out[string(page.InstanceTypes[i].InstanceType)] = &page.InstanceTypes[i]
			}
		}
		for _, name := range part {
			d.machineTypes.put(name, out[name])
		}
	}
	return out, nil
}

// maxFilterValues is how many values a filter may have.
const maxFilterValues = 200

// machineType returns what EC2 says of a machine type.
func (d *Driver) machineType(ctx context.Context, name string) (*types.InstanceTypeInfo, error) {
	found, err := d.learnTypes(ctx, []string{name})
	if err != nil {
		return nil, err
	}
	if found[name] == nil {
		return nil, &providers.Error{Op: "launch", Kind: providers.NotFound, Err: fmt.Errorf(
			"the region %s has no machine type %q; correct machine_type (`aws ec2 describe-instance-types` lists all)", d.s.region, name)}
	}
	return found[name], nil
}

// offeredIn returns the zones that offer a machine type, sorted.
func (d *Driver) offeredIn(ctx context.Context, machineType string) ([]string, error) {
	return d.offers.get(ctx, machineType, func(ctx context.Context) ([]string, error) {
		var zones []string
		pages := ec2.NewDescribeInstanceTypeOfferingsPaginator(d.ec2, &ec2.DescribeInstanceTypeOfferingsInput{
			LocationType: types.LocationTypeAvailabilityZone,
			Filters:      []types.Filter{filter("instance-type", machineType)},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, o := range page.InstanceTypeOfferings {
				zones = append(zones, aws.ToString(o.Location))
			}
		}
		slices.Sort(zones)
		return zones, nil
	})
}

// allTypes are the names of all machine types of the region.
func (d *Driver) allTypes(ctx context.Context) ([]string, error) {
	var names []string
	pages := ec2.NewDescribeInstanceTypeOfferingsPaginator(d.ec2, &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: types.LocationTypeRegion, MaxResults: aws.Int32(1000),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, o := range page.InstanceTypeOfferings {
			names = append(names, string(o.InstanceType))
		}
	}
	slices.Sort(names)
	return names, nil
}

// architecture is the one for which images are chosen.
func architecture(info *types.InstanceTypeInfo) types.ArchitectureType {
	if info.ProcessorInfo == nil || len(info.ProcessorInfo.SupportedArchitectures) == 0 ||
		slices.Contains(info.ProcessorInfo.SupportedArchitectures, types.ArchitectureTypeX8664) {
		return types.ArchitectureTypeX8664
	}
	return info.ProcessorInfo.SupportedArchitectures[0]
}

// vCPUs are what a limit of the account counts.
func vCPUs(info *types.InstanceTypeInfo) int {
	if info == nil || info.VCpuInfo == nil {
		return 0
	}
	return int(aws.ToInt32(info.VCpuInfo.DefaultVCpus))
}

// gpus are the accelerators of a machine type and their name ("T4").
func gpus(info *types.InstanceTypeInfo) (count int, name string) {
	if info == nil || info.GpuInfo == nil {
		return 0, ""
	}
	for _, g := range info.GpuInfo.Gpus {
		count += int(aws.ToInt32(g.Count))
		name = aws.ToString(g.Name)
	}
	return count, name
}

// shape is what a machine offers; of an unknown type it is known only what
// EC2 says with the machine itself.
func shape(info *types.InstanceTypeInfo, cpu *types.CpuOptions) cluster.Shape {
	var s cluster.Shape
	if cpu != nil {
		s.CPUs = int(aws.ToInt32(cpu.CoreCount)) * int(max(1, aws.ToInt32(cpu.ThreadsPerCore)))
	}
	if info == nil {
		return s
	}
	if s.CPUs == 0 {
		s.CPUs = vCPUs(info)
	}
	if info.MemoryInfo != nil {
		s.Memory = cluster.Bytes(aws.ToInt64(info.MemoryInfo.SizeInMiB)) * cluster.MiB
	}
	s.GPUs, _ = gpus(info)
	return s
}

// filter selects by any of the values.
func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: aws.String(name), Values: values}
}

var errNoMachineType = errors.New("the group has no machine_type; set one, such as \"t3.medium\"")
