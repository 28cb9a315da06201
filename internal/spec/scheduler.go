package spec

import (
	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

// schedulerKind is a kind of scheduler: what its block may contain, and the
// roles that it stands for.
type schedulerKind struct {
	name   string
	schema func() schema.Schema
	expand func(r *resolver, b *schema.Located, front *group, workers []*group)
}

// schedulerKinds is the one place that lists them. All have the attributes
// accounting and workers.
func schedulerKinds() []schedulerKind {
	return []schedulerKind{
		{schedulerSlurm, slurmSchema, (*resolver).slurm},
		{schedulerHTCondor, htcondorSchema, (*resolver).htcondor},
		{schedulerGridEngine, gridEngineSchema, (*resolver).gridEngine},
	}
}

// scheduler expands the scheduler block into roles.
func (r *resolver) scheduler() {
	blocks := r.block.Blocks["scheduler"]
	if len(blocks) == 0 {
		return
	}
	raw := &blocks[0]
	if len(blocks) > 1 {
		r.fail(blocks[1].Range, "Two schedulers", "A cluster has one scheduler; the first is at %s. Remove one of them.",
			schema.Position(raw.Range))
	}
	kind, known := r.schedulerKind(raw)
	if !known {
		return
	}
	b, ds := kind.schema().DecodeIn(raw.Body, raw.Range, r.unit.scope)
	r.diags = append(r.diags, ds...) // what else is wrong is worth saying too
	front, has := r.group(string(r.spec.Frontend))
	if !has {
		return
	}
	workers := r.workers(b)
	if len(workers) == 0 {
		r.fail(b.At("workers"), "Scheduler without workers",
			"No node group would run jobs. Add one, or let the frontend run them: workers = [%q]", front.Name)
		return
	}
	r.spec.Scheduler = &cluster.Scheduler{Kind: kind.name, Accounting: b.Values.Bool("accounting")}
	for _, w := range workers {
		r.spec.Scheduler.Workers = append(r.spec.Scheduler.Workers, w.Name)
	}
	kind.expand(r, b, front, workers)
}

func (r *resolver) schedulerKind(b *schema.Located) (schedulerKind, bool) {
	name := b.Labels[0]
	var names []string
	for _, k := range schedulerKinds() {
		if k.name == name {
			return k, true
		}
		names = append(names, k.name)
	}
	r.fail(b.Range, "Unknown scheduler", "There is no scheduler %q. %s", name, schema.DidYouMean(name, names))
	return schedulerKind{}, false
}

// workers are the groups that run jobs.
func (r *resolver) workers(b *schema.Located) []*group {
	if _, given := b.Attrs["workers"]; given {
		return r.named(b.Values.Strings("workers"), b.At("workers"))
	}
	var out []*group
	for _, g := range r.groups {
		if g.Name != r.spec.Frontend {
			out = append(out, g)
		}
	}
	return out
}
