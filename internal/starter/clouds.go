package starter

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/schema"
)

// Cloud is a place where a cluster can be.
type Cloud struct {
	Name     string // what init takes: "google"
	Also     string // another word for it: "gce"
	Provider string // the kind of the provider
	Title    string // "Google Compute Engine"
	Machines string // "virtual machines of Google Compute Engine"
	Frontend string // machine type of the frontend; empty where there are none
	Machine  string // machine type of a compute node
	Homes    []string
	Spot     bool
	Costs    bool // its machines cost money
	// Simulated says that 'ecluster rehearse' has this cloud.
	Simulated bool
	TTL       string // what becomes of the machines at the end; empty: they stay
	GPUs      []GPU
	Close     string // placement of nodes close together; empty: there is none
}

// GPU is one way to have accelerators on a cloud.
type GPU struct {
	Name        string // "t4"
	Type        string // as the cloud calls it
	Count       int    // on one machine
	MachineType string
}

// Clouds are all of them, the ones that cost nothing first.
func Clouds() []Cloud {
	return []Cloud{
		{
			Name: "docker", Provider: "docker", Title: "Docker", Machines: "containers on this machine, or on a Docker host",
			Homes: []string{HomeVolume},
		},
		{
			Name: "qemu", Provider: "qemu", Title: "QEMU", Machines: "virtual machines on this computer",
			Homes: []string{HomeNFS}, TTL: "the machines switch themselves off after that",
		},
		google(), aws(), azure(),
		{
			Name: "openstack", Also: "terraform", Provider: "terraform", Title: "OpenStack", Machines: "machines of an OpenStack cloud, by Terraform or OpenTofu",
			Frontend: "m1.medium", Machine: "m1.large", Homes: []string{HomeNFS}, Costs: true,
			TTL: "the machines switch themselves off after that",
		},
	}
}

func google() Cloud {
	return Cloud{
		Name: "google", Also: "gce", Provider: "google", Title: "Google Compute Engine", Machines: "virtual machines of Google Cloud",
		Frontend: "e2-standard-2", Machine: "n2-standard-4", Homes: []string{HomeNFS}, Spot: true, Costs: true, Simulated: true,
		TTL: "the machines delete themselves after that, whatever happens to us", Close: "compact",
		GPUs: []GPU{
			{"t4", "nvidia-tesla-t4", 1, "n1-standard-8"},
			{"t4", "nvidia-tesla-t4", 2, "n1-standard-16"},
			{"t4", "nvidia-tesla-t4", 4, "n1-standard-32"},
			{"l4", "nvidia-l4", 1, "g2-standard-8"},
			{"l4", "nvidia-l4", 2, "g2-standard-24"},
			{"l4", "nvidia-l4", 4, "g2-standard-48"},
			{"l4", "nvidia-l4", 8, "g2-standard-96"},
			{"v100", "nvidia-tesla-v100", 1, "n1-standard-8"},
			{"a100", "nvidia-tesla-a100", 1, "a2-highgpu-1g"},
			{"a100", "nvidia-tesla-a100", 2, "a2-highgpu-2g"},
			{"a100", "nvidia-tesla-a100", 4, "a2-highgpu-4g"},
			{"a100", "nvidia-tesla-a100", 8, "a2-highgpu-8g"},
			{"h100", "nvidia-h100-80gb", 8, "a3-highgpu-8g"},
		},
	}
}

func aws() Cloud {
	return Cloud{
		Name: "aws", Also: "ec2", Provider: "aws", Title: "Amazon EC2", Machines: "virtual machines of Amazon EC2",
		Frontend: "t3.large", Machine: "c5.xlarge", Homes: []string{HomeNFS}, Spot: true, Costs: true, Simulated: true,
		TTL: "the machines terminate themselves after that, whatever happens to us", Close: "cluster",
		GPUs: []GPU{
			{"t4", "t4", 1, "g4dn.xlarge"},
			{"t4", "t4", 4, "g4dn.12xlarge"},
			{"l4", "l4", 1, "g6.xlarge"},
			{"l4", "l4", 4, "g6.12xlarge"},
			{"l4", "l4", 8, "g6.48xlarge"},
			{"a10g", "a10g", 1, "g5.xlarge"},
			{"a10g", "a10g", 4, "g5.12xlarge"},
			{"a10g", "a10g", 8, "g5.48xlarge"},
			{"a100", "a100", 8, "p4d.24xlarge"},
			{"h100", "h100", 8, "p5.48xlarge"},
		},
	}
}

func azure() Cloud {
	return Cloud{
		Name: "azure", Provider: "azure", Title: "Microsoft Azure", Machines: "virtual machines of Microsoft Azure",
		Frontend: "Standard_D2s_v5", Machine: "Standard_D4s_v5", Homes: []string{HomeNFS}, Spot: true, Costs: true, Simulated: true,
		TTL: "the nodes halt themselves after that; docs/providers/azure.md: what then still costs", Close: "proximity",
		GPUs: []GPU{
			{"t4", "t4", 1, "Standard_NC4as_T4_v3"},
			{"t4", "t4", 4, "Standard_NC64as_T4_v3"},
			{"a10", "a10", 1, "Standard_NV36ads_A10_v5"},
			{"a10", "a10", 2, "Standard_NV72ads_A10_v5"},
			{"a100", "a100", 1, "Standard_NC24ads_A100_v4"},
			{"a100", "a100", 2, "Standard_NC48ads_A100_v4"},
			{"a100", "a100", 4, "Standard_NC96ads_A100_v4"},
			{"h100", "h100", 1, "Standard_NC40ads_H100_v5"},
			{"h100", "h100", 2, "Standard_NC80adis_H100_v5"},
		},
	}
}

// CloudNames are the words for the clouds.
func CloudNames() []string {
	var names []string
	for _, c := range Clouds() {
		names = append(names, c.Name)
	}
	return names
}

// FindCloud returns the cloud of that name.
func FindCloud(name string) (Cloud, bool) {
	for _, c := range Clouds() {
		if name != "" && (c.Name == name || c.Also == name) {
			return c, true
		}
	}
	return Cloud{}, false
}

// FindGPU reads "t4" or "t4:4"; its error is a *ChoiceError.
func (c Cloud) FindGPU(text string) (GPU, error) {
	if len(c.GPUs) == 0 {
		return GPU{}, refuse("gpu", "the starter specs for %s have no GPUs.", c.Title)
	}
	name, number, given := strings.Cut(strings.ToLower(text), ":")
	count := 0
	if given {
		var err error
		if count, err = strconv.Atoi(number); err != nil || count < 1 {
			return GPU{}, refuse("gpu", "%q has no number of GPUs after the colon; write for example t4:1.", text)
		}
	}
	var counts []string
	for _, g := range c.GPUs {
		switch {
		case g.Name != name && g.Type != name:
		case count == 0 || g.Count == count:
			return g, nil
		default:
			counts = append(counts, fmt.Sprint(g.Count))
		}
	}
	if len(counts) > 0 {
		return GPU{}, refuse("gpu", "%s has machines with %s of the %s, not with %d.", c.Title, strings.Join(counts, " or "), name, count)
	}
	return GPU{}, refuse("gpu", "%s has no %q. %s", c.Title, name, schema.DidYouMean(name, c.GPUNames()))
}

// GPUNames are the kinds of GPUs that there are.
func (c Cloud) GPUNames() []string {
	var names []string
	for _, g := range c.GPUs {
		if !slices.Contains(names, g.Name) {
			names = append(names, g.Name)
		}
	}
	return names
}
