package starter

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/schema"
)

// Template is a starter spec with a name, for whom a name is enough.
type Template struct {
	Name    string
	Summary string // one line
	Choice  Choice
}

// The variants of a template; several can follow one another.
const (
	withGPU  = "gpu"
	withMPI  = "mpi"
	withSpot = "spot"
)

// Variants are what may follow CLOUD-SCHEDULER in the name of a template.
func (c Cloud) Variants() []string {
	variants := []string{withMPI}
	if len(c.GPUs) > 0 {
		variants = append(variants, withGPU)
	}
	if c.Spot {
		variants = append(variants, withSpot)
	}
	return variants
}

// Templates are the named specs with at most one variant, in the order of the
// clouds. More variants may follow: "aws-slurm-gpu-spot".
func Templates() []Template {
	var list []Template
	for _, cloud := range Clouds() {
		for _, scheduler := range []string{Slurm, GridEngine, HTCondor} {
			name := cloud.Name + "-" + scheduler
			for _, variant := range append([]string{""}, cloud.Variants()...) {
				full := name
				if variant != "" {
					full += "-" + variant
				}
				if t, err := Find(full); err == nil {
					list = append(list, t)
				}
			}
		}
	}
	return list
}

// Find returns the template of a name.
func Find(name string) (Template, error) {
	if name == "terraform-openstack" {
		name = "openstack-slurm" // its older name
	}
	words := strings.Split(name, "-")
	var cloud Cloud
	known := false
	if len(words) >= 2 {
		cloud, known = FindCloud(words[0])
	}
	if !known || !slices.Contains([]string{Slurm, GridEngine, HTCondor}, words[1]) {
		return Template{}, refuse("template", "there is no %q. %s", name, nearest(name))
	}
	c := Choice{Cloud: cloud.Name, Scheduler: words[1]}
	for _, variant := range words[2:] {
		if !slices.Contains(cloud.Variants(), variant) {
			return Template{}, refuse("template", "%s-%s has no variant %q. %s", words[0], words[1], variant, schema.DidYouMean(variant, cloud.Variants()))
		}
		switch variant {
		case withMPI:
			c.MPI = true
		case withGPU:
			c.GPU = cloud.GPUs[0].Name
		case withSpot:
			c.Spot = true
		}
	}
	return Template{Name: name, Summary: title(c, cloud), Choice: c}, nil
}

// nearest lists what the parts of a name may be, or the name that was meant.
func nearest(name string) string {
	var names []string
	for _, t := range Templates() {
		names = append(names, t.Name)
	}
	if meant := schema.DidYouMean(name, names); strings.HasPrefix(meant, "Did you mean") {
		return meant
	}
	return fmt.Sprintf("A name is CLOUD-SCHEDULER: one of %s, then one of slurm, gridengine, htcondor; "+
		"-mpi, -gpu and -spot may follow.", strings.Join(CloudNames(), ", "))
}

// title is the first line of a spec.
func title(c Choice, cloud Cloud) string {
	what := map[string]string{
		Slurm: "A SLURM cluster", GridEngine: "A Grid Engine cluster", HTCondor: "An HTCondor pool", None: "A cluster without a scheduler",
	}[cmp.Or(c.Scheduler, Slurm)]
	var with []string
	if c.GPU != "" && c.GPU != None {
		with = append(with, "GPUs")
	}
	if c.MPI {
		with = append(with, "MPI")
	}
	if c.Spot {
		with = append(with, "spot machines")
	}
	where := map[string]string{
		"docker":    "of Docker containers on this machine or on a Docker host",
		"qemu":      "of virtual machines on this computer (QEMU)",
		"openstack": "on an OpenStack cloud, made by Terraform or OpenTofu",
	}[cloud.Name]
	text := what + " " + cmp.Or(where, "on "+cloud.Title)
	if len(with) > 0 {
		text += ", with " + strings.Join(with, " and ")
	}
	return text + "."
}
