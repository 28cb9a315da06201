package spec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

const schedulerHTCondor = "htcondor"

func htcondorSchema() schema.Schema {
	return schema.Schema{
		Doc: "What runs the jobs: \"htcondor\", with the central manager and the queue on the frontend, slots that jobs divide on the workers.",
		Attrs: []schema.Attr{
			{Name: "accounting", Type: cty.Bool, Default: false, Doc: "Keep the record of every job (condor_history) for the life of the cluster; without it the oldest go after some 60 MB."},
			{Name: "workers", Type: cty.List(cty.String), Doc: "The node groups that run jobs. Default: all but the frontend."},
			{Name: "slots", Type: cty.String, Default: "partitionable", OneOf: []string{"partitionable", "static"}, Doc: "One slot a node that jobs divide as they need, or one for each CPU."},
			{Name: "default_memory", Type: cty.Number, Check: schema.Whole(1, 1<<30), Doc: "Memory, in MB, of a job that asks for none. Default: that of the smallest worker divided by its CPUs."},
			{Name: "concurrency", Type: cty.Map(cty.Number), Check: checkConcurrency, Doc: "How many jobs that name a limit in concurrency_limits may run at once: { license = 3 }."},
			{Name: "config", Type: cty.Map(cty.String), Check: checkCondorConfig, Doc: "Further settings, written into the configuration of every node as they are."},
		},
		Blocks: []schema.Block{{
			Name: "accounting_group", Labels: []string{"name"}, Many: true,
			Schema: schema.Schema{
				Doc: "Users who share a part of the pool; a job belongs to it by accounting_group = NAME.",
				Attrs: []schema.Attr{
					{Name: "quota", Type: cty.Number, Required: true, Check: checkShare, Doc: "Its part of the pool, from 0 to 1."},
					{Name: "surplus", Type: cty.Bool, Default: true, Doc: "It may use what others leave."},
				},
			},
		}},
	}
}

// htcondor expands the block of HTCondor.
func (r *resolver) htcondor(b *schema.Located, front *group, workers []*group) {
	manager := string(cluster.NewNodeName(front.Name, 1))
	pool := map[string]any{
		"pool":        string(r.spec.Name),
		"manager":     manager,
		"shared_home": r.sharesHome(),
		"config":      orEmpty(b.Values.Map("config")),
	}
	memory := b.Values.Int("default_memory")
	if memory == 0 {
		memory = r.memPerCPU(partition{groups: workers})
	}
	r.add(front, "htcondor-pool", pool, b.Range)
	r.add(front, "htcondor-manager", map[string]any{
		"default_memory": memory,
		"accounting":     b.Values.Bool("accounting"),
		"groups":         r.accountingGroups(b),
		"concurrency":    orEmpty(b.Values.Map("concurrency")),
	}, b.Range)
	for _, w := range workers {
		r.add(w, "htcondor-pool", pool, b.Range)
		r.add(w, "htcondor-execute", map[string]any{
			"manager": manager,
			"group":   string(w.Name),
			"slots":   b.Values.String("slots"),
		}, b.Range)
	}
}

// sharesHome reports whether all nodes see the same /home.
func (r *resolver) sharesHome() bool {
	return slices.ContainsFunc(r.block.Blocks["share"], func(b schema.Located) bool { return b.Labels[0] == "/home" })
}

// accountingGroups reads the blocks; together they can't have more than all.
func (r *resolver) accountingGroups(b *schema.Located) []any {
	out := []any{}
	sum := 0.0
	for i := range b.Blocks["accounting_group"] {
		at := &b.Blocks["accounting_group"][i]
		name := at.Labels[0]
		if !regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*$`).MatchString(name) {
			r.fail(at.Range, "Bad name of an accounting group", "%q can't name a group. Use letters, digits and _, and a dot between a group and its subgroup.", name)
		}
		for _, other := range b.Blocks["accounting_group"][:i] {
			if strings.EqualFold(other.Labels[0], name) {
				r.diags = append(r.diags, twice(at.Range, "accounting_group", name, other.Range)...)
			}
		}
		quota, _ := at.Values["quota"].(float64)
		if !strings.Contains(name, ".") { // a subgroup's is a part of its group's
			sum += quota
		}
		if sum > 1.000001 {
			r.fail(at.At("quota"), "More than the whole pool", "With this group the quotas are %.4g of the pool. Make one of them smaller.", sum)
			sum = 0
		}
		out = append(out, map[string]any{"name": name, "quota": quota, "surplus": at.Values.Bool("surplus")})
	}
	return out
}

// checkShare checks a part of a whole.
func checkShare(v any) error {
	if share, ok := v.(float64); !ok || share <= 0 || share > 1 {
		return fmt.Errorf("must be more than 0 and at most 1, not %v: half of the pool is 0.5", v)
	}
	return nil
}

// checkConcurrency checks the limits of jobs at once.
func checkConcurrency(v any) error {
	m, _ := v.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if !regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`).MatchString(name) {
			return fmt.Errorf("%q can't name a limit: use letters, digits and _", name)
		}
		if err := schema.Whole(0, 1<<30)(m[name]); err != nil {
			return fmt.Errorf("the limit %s %w", name, err)
		}
	}
	return nil
}

// checkCondorConfig keeps a setting on its own line of the configuration, and
// out of what holds the pool together.
func checkCondorConfig(v any) error {
	ours := []string{
		"CONDOR_HOST", "COLLECTOR_NAME", "DAEMON_LIST", "NETWORK_HOSTNAME", "DEFAULT_DOMAIN_NAME",
		"UID_DOMAIN", "TRUST_DOMAIN", "FILESYSTEM_DOMAIN", "NUM_CPUS", "MEMORY",
	}
	m, _ := v.(map[string]any)
	for _, k := range slices.Sorted(maps.Keys(m)) {
		switch value := fmt.Sprint(m[k]); {
		case !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`).MatchString(k):
			return fmt.Errorf("%q is not the name of a setting", k)
		case slices.Contains(ours, strings.ToUpper(k)):
			return fmt.Errorf("%s is what ecluster itself sets; leave it out", k)
		case strings.ContainsAny(value, "\n\r"):
			return fmt.Errorf("the value of %s has more than one line", k)
		case strings.HasSuffix(value, `\`):
			return fmt.Errorf(`the value of %s ends in a \, which would take in the next setting`, k)
		}
	}
	return nil
}
