package spec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/schema"
)

// unknownMemPerCPU is the memory, in MB, that a job gets for each CPU on nodes
// of which nobody knows the size.
const unknownMemPerCPU = 1000

// partition is one queue on its way to slurm.conf.
type partition struct {
	name   string
	groups []*group
	at     *schema.Located
}

// partitions are the ones that the spec writes, after one for each worker
// group that stands in none of them. Where none says that it is the default,
// the first is.
func (r *resolver) partitions(b *schema.Located, workers []*group, qos qualities) []any {
	written := r.writtenPartitions(b, workers)
	for _, p := range written {
		r.checkPartition(p.at, qos)
	}
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
		"config":          partitionConfig(p.at),
	}
}

// partitionKeys are the attributes that are keys of slurm.conf as they are.
func partitionKeys() map[string]string {
	return map[string]string{
		"max_nodes": "MaxNodes", "priority": "PriorityTier", "qos": "QOS", "allow_qos": "AllowQos",
		"allow_groups": "AllowGroups", "allow_accounts": "AllowAccounts", "state": "State", "oversubscribe": "OverSubscribe",
	}
}

// partitionConfig is the rest of a partition's line.
func partitionConfig(at *schema.Located) map[string]any {
	config := maps.Clone(orEmpty(at.Values.Map("config")))
	for attr, key := range partitionKeys() {
		switch v := at.Values[attr].(type) {
		case string:
			config[key] = v
		case float64:
			config[key] = fmt.Sprintf("%.0f", v)
		case []any:
			config[key] = strings.Join(at.Values.Strings(attr), ",")
		}
	}
	return config
}

// alwaysWritten are the attributes that stand in the line of every partition.
func alwaysWritten() []string { return []string{"groups", "default", "def_mem_per_cpu"} }

// checkPartition checks what a partition says of others.
func (r *resolver) checkPartition(at *schema.Located, qos qualities) {
	keys := partitionKeys()
	maps.Copy(keys, map[string]string{
		"groups": "Nodes", "default": "Default", "max_time": "MaxTime", "default_time": "DefaultTime", "def_mem_per_cpu": "DefMemPerCPU",
	})
	for key := range at.Values.Map("config") {
		for attr, own := range keys {
			_, given := at.Attrs[attr]
			if strings.EqualFold(key, own) && (given || slices.Contains(alwaysWritten(), attr)) {
				r.fail(at.At("config"), "Setting with an attribute of its own", "%s is what %s = … sets. Take it out of config.", key, attr)
			}
		}
	}
	if q := at.Values.String("qos"); q != "" {
		r.knownQOS(at, "qos", []string{q}, qos)
	}
	r.knownQOS(at, "allow_qos", at.Values.Strings("allow_qos"), qos)
	var accounts []string
	for _, a := range qos.block.Blocks["account"] {
		accounts = append(accounts, a.Labels[0])
	}
	for _, a := range at.Values.Strings("allow_accounts") {
		if a != "root" && a != "users" && !slices.Contains(accounts, a) {
			r.fail(at.At("allow_accounts"), "Unknown account", "There is no account %q in this scheduler block. %s", a,
				schema.DidYouMean(a, append(accounts, "users")))
		}
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
