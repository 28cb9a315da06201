package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

const schedulerSlurm = "slurm"

// unknownMemPerCPU is the memory, in MB, that a job gets for each CPU on nodes
// of which nobody knows the size.
const unknownMemPerCPU = 1000

// slurm expands the block of SLURM.
func (r *resolver) slurm(b *schema.Located, front *group, workers []*group) {
	accounting := b.Values.Bool("accounting")
	name := string(r.spec.Name)
	r.add(front, "munge", nil, b.Range)
	if accounting {
		r.add(front, "slurm-accounting", map[string]any{"cluster_name": name}, b.Range)
	}
	r.add(front, "slurm-controller", map[string]any{
		"cluster_name": name,
		"accounting":   accounting,
		"groups":       groupList(workers),
		"partitions":   r.partitions(b, workers),
		"config":       orEmpty(b.Values.Map("config")),
		"max_nodes":    r.spec.Limits.MaxNodes,
	}, b.Range)
	for _, w := range workers {
		r.add(w, "munge", nil, b.Range)
		r.add(w, "slurm-worker", map[string]any{
			"controller": string(cluster.NewNodeName(front.Name, 1)),
			"group":      string(w.Name),
			"gres":       gres(w),
		}, b.Range)
	}
}

// gres is what SLURM calls the accelerators of a node.
func gres(g *group) string {
	if g.GPU == nil {
		return ""
	}
	return fmt.Sprintf("gpu:%d", g.GPU.Count)
}

// partition is one queue on its way to slurm.conf.
type partition struct {
	name   string
	groups []*group
	at     *schema.Located
}

// partitions are the ones that the spec writes, after one for each worker
// group that stands in none of them. Where none says that it is the default,
// the first is.
func (r *resolver) partitions(b *schema.Located, workers []*group) []any {
	written := r.writtenPartitions(b, workers)
	var all []partition
	for _, w := range workers {
		in := func(p partition) bool { return slices.Contains(p.groups, w) }
		same := func(p partition) bool { return strings.EqualFold(p.name, string(w.Name)) }
		if !slices.ContainsFunc(written, in) && !slices.ContainsFunc(written, same) {
			all = append(all, partition{name: string(w.Name), groups: []*group{w}, at: &schema.Located{}})
		}
	}
	all = append(all, written...)
	first := 0
	for i, p := range all {
		if p.at.Values.Bool("default") {
			first = i
			break
		}
	}
	out := make([]any, len(all))
	for i, p := range all {
		out[i] = p.params(i == first, r.memPerCPU(p))
	}
	return out
}

func (r *resolver) writtenPartitions(b *schema.Located, workers []*group) []partition {
	var out []partition
	standard := ""
	for i := range b.Blocks["partition"] {
		at := &b.Blocks["partition"][i]
		p := partition{name: at.Labels[0], groups: workers, at: at}
		if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`).MatchString(p.name) || strings.EqualFold(p.name, "default") {
			r.fail(at.Range, "Bad name of a partition", "%q can't name a partition. Use letters, digits, _ and -; \"default\" has a meaning of its own to SLURM.", p.name)
		}
		for _, other := range out {
			if strings.EqualFold(other.name, p.name) {
				r.diags = append(r.diags, twice(at.Range, "partition", p.name, other.at.Range)...)
			}
		}
		if _, given := at.Attrs["groups"]; given {
			p.groups = r.named(at.Values.Strings("groups"), at.At("groups"))
		}
		for _, g := range p.groups {
			if !slices.Contains(workers, g) {
				r.fail(at.At("groups"), "Group that runs no jobs", "%q is no worker of this scheduler. Add it to workers, or take it out of the partition.", g.Name)
			}
		}
		if at.Values.Bool("default") {
			if standard != "" {
				r.fail(at.At("default"), "Two default partitions", "%q is the default already. Remove one of them.", standard)
			}
			standard = p.name
		}
		out = append(out, p)
	}
	return out
}

func (p partition) params(standard bool, memPerCPU int) map[string]any {
	v := p.at.Values
	if given := v.Int("def_mem_per_cpu"); given > 0 {
		memPerCPU = given
	}
	return map[string]any{
		"name":            p.name,
		"groups":          groupList(p.groups),
		"default":         standard,
		"max_time":        v.String("max_time"),
		"default_time":    v.String("default_time"),
		"def_mem_per_cpu": memPerCPU,
		"config":          orEmpty(v.Map("config")),
	}
}

// memPerCPU is the job memory of the smallest node of the partition,
// divided by its CPUs, in MB: SLURM's own default is all of a node for one job.
func (r *resolver) memPerCPU(p partition) int {
	least := 0
	for _, g := range p.groups {
		if r.provider.plugin.Shape == nil {
			return unknownMemPerCPU
		}
		s := r.provider.plugin.Shape(g.Group)
		if s.CPUs == 0 || s.Memory == 0 {
			return unknownMemPerCPU
		}
		mb := max(1, int(s.JobMemory().MiB())/s.CPUs-1) // the node rounds down twice
		if least == 0 || mb < least {
			least = mb
		}
	}
	if least == 0 {
		return unknownMemPerCPU
	}
	return least
}

func groupList(groups []*group) []any {
	out := make([]any, len(groups))
	for i, g := range groups {
		out[i] = string(g.Name)
	}
	return out
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}
