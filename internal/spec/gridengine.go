package spec

import (
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/schema"
)

const schedulerGridEngine = "gridengine"

// allQueue is the queue of the groups that stand in no other.
const allQueue = "all.q"

func gridEngineSchema() schema.Schema {
	groups := cty.List(cty.String)
	config := func(where string, taken map[string]string) schema.Attr {
		return schema.Attr{Name: "config", Type: cty.Map(cty.String), Check: checkGridEngineConfig(taken), Doc: "Further settings " + where + ", as qconf names them."}
	}
	return schema.Schema{
		Doc: "What runs the jobs: \"gridengine\".",
		Attrs: []schema.Attr{
			{Name: "accounting", Type: cty.Bool, Default: true, Check: checkAccounted, Doc: "Grid Engine always keeps a record of every job (qacct)."},
			{Name: "workers", Type: groups, Doc: "The node groups that run jobs. Default: all but the frontend."},
			config("of the scheduler (qconf -ssconf) or of the whole cluster (qconf -sconf)", nil),
		},
		Blocks: []schema.Block{
			{Name: "queue", Labels: []string{"name"}, Many: true, Schema: schema.Schema{
				Doc: "A queue. Groups that stand in none are in all.q.",
				Attrs: []schema.Attr{
					{Name: "groups", Type: groups, Doc: "Its node groups. Default: all workers."},
					{Name: "default", Type: cty.Bool, Doc: "Jobs that name no queue go here. Default: to any queue that has room."},
					{Name: "max_time", Type: cty.String, Check: checkGridEngineTime, Doc: "Longest time of a job (h_rt): \"24:00:00\", \"INFINITY\"."},
					{Name: "slots", Type: cty.Number, Check: schema.Whole(1, 9999), Doc: "Most slots of the queue on one node. Default: one for each CPU of the node."},
					config("of the queue (qconf -sq)", map[string]string{"qname": "the label", "hostlist": "groups", "h_rt": "max_time", "slots": "slots"}),
				},
			}},
			{Name: "parallel_environment", Labels: []string{"name"}, Many: true, Schema: schema.Schema{
				Doc: "How the slots of a parallel job are spread; smp, mpi and mpi_rr are there by themselves.",
				Attrs: []schema.Attr{
					{Name: "slots", Type: cty.Number, Default: 9999, Check: schema.Whole(1, 9999999), Doc: "Most slots of all its jobs together."},
					{Name: "allocation", Type: cty.String, Required: true, Check: checkAllocation, Doc: "\"$fill_up\", \"$round_robin\", \"$pe_slots\" (all on one node), or the number of slots on each node."},
					config("of the environment (qconf -sp)", map[string]string{"pe_name": "the label", "slots": "slots", "allocation_rule": "allocation"}),
				},
			}},
		},
	}
}

// gridEngine expands the block of Grid Engine.
func (r *resolver) gridEngine(b *schema.Located, front *group, workers []*group) {
	// Grid Engine knows a machine by the name that its address leads to, which
	// only our own name service gives everywhere.
	for _, g := range r.groups {
		names := roleNamesClient
		if g == front {
			names = roleNamesServer
		}
		r.add(g, names, nil, b.Range)
	}
	queues := r.queues(b, workers)
	submit := map[string]any{"default_queue": defaultQueue(queues)}
	r.add(front, "gridengine-submit", submit, b.Range)
	r.add(front, "gridengine-master", map[string]any{
		"groups":                groupList(workers),
		"queues":                queueParams(queues),
		"parallel_environments": r.environments(b),
		"default_memory":        r.slotMemory(workers),
		"config":                orEmpty(b.Values.Map("config")),
	}, b.Range)
	for _, w := range workers {
		gpus := 0
		if w.GPU != nil {
			gpus = w.GPU.Count
		}
		r.add(w, "gridengine-submit", submit, b.Range)
		r.add(w, "gridengine-exec", map[string]any{
			"group":  string(w.Name),
			"gpus":   gpus,
			"queues": freeQueues(queues, w),
		}, b.Range)
	}
}

// queue is one queue on its way to qmaster.
type queue struct {
	name   string
	groups []*group
	at     *schema.Located
}

// queues are the ones that the spec writes, and all.q for the groups that
// stand in none.
func (r *resolver) queues(b *schema.Located, workers []*group) []queue {
	var all []queue
	standard := ""
	for i := range b.Blocks["queue"] {
		at := &b.Blocks["queue"][i]
		q := queue{name: at.Labels[0], groups: workers, at: at}
		if !queueName(q.name) {
			r.fail(at.Range, "Bad name of a queue", "%q can't name a queue. Use letters, digits, _, - and ., at most 64, and a letter first; \"template\", \"all\" and \"none\" have a meaning of their own to Grid Engine.", q.name)
		}
		for _, other := range all {
			if strings.EqualFold(other.name, q.name) {
				r.diags = append(r.diags, twice(at.Range, "queue", q.name, other.at.Range)...)
			}
		}
		if _, given := at.Attrs["groups"]; given {
			q.groups = r.named(at.Values.Strings("groups"), at.At("groups"))
		}
		for _, g := range q.groups {
			if !slices.Contains(workers, g) {
				r.fail(at.At("groups"), "Group that runs no jobs", "%q is no worker of this scheduler. Add it to workers, or take it out of the queue.", g.Name)
			}
		}
		if at.Values.Bool("default") {
			if standard != "" {
				r.fail(at.At("default"), "Two default queues", "%q is the default already. Remove one of them.", standard)
			}
			standard = q.name
		}
		all = append(all, q)
	}
	var left []*group
	for _, w := range workers {
		if !slices.ContainsFunc(all, func(q queue) bool { return slices.Contains(q.groups, w) }) {
			left = append(left, w)
		}
	}
	if len(left) > 0 && !slices.ContainsFunc(all, func(q queue) bool { return q.name == allQueue }) {
		all = append(all, queue{name: allQueue, groups: left, at: &schema.Located{}})
	}
	return all
}

// defaultQueue is the one that says so, or none.
func defaultQueue(queues []queue) string {
	for _, q := range queues {
		if q.at.Values.Bool("default") {
			return q.name
		}
	}
	return ""
}

func queueParams(queues []queue) []any {
	out := make([]any, len(queues))
	for i, q := range queues {
		v := q.at.Values
		out[i] = map[string]any{
			"name":     q.name,
			"groups":   groupList(q.groups),
			"max_time": v.String("max_time"),
			"slots":    v.Int("slots"),
			"config":   orEmpty(v.Map("config")),
		}
	}
	return out
}

// freeQueues are the queues of a group in which a node has as many slots as it
// has CPUs.
func freeQueues(queues []queue, w *group) []any {
	out := []any{}
	for _, q := range queues {
		if slices.Contains(q.groups, w) && q.at.Values.Int("slots") == 0 {
			out = append(out, q.name)
		}
	}
	return out
}

func (r *resolver) environments(b *schema.Located) []any {
	out := []any{}
	blocks := b.Blocks["parallel_environment"]
	for i := range blocks {
		at := &blocks[i]
		name := at.Labels[0]
		if !queueName(name) {
			r.fail(at.Range, "Bad name of a parallel environment", "%q can't name a parallel environment. Use letters, digits, _, - and ., at most 64, and a letter first.", name)
		}
		for _, other := range blocks[:i] {
			if other.Labels[0] == name {
				r.diags = append(r.diags, twice(at.Range, "parallel environment", name, other.Range)...)
			}
		}
		out = append(out, map[string]any{
			"name":       name,
			"slots":      at.Values.Int("slots"),
			"allocation": at.Values.String("allocation"),
			"config":     orEmpty(at.Values.Map("config")),
		})
	}
	return out
}

// slotMemory is what a job books of the memory of its node, in MB a slot, when
// it asks for none: the share of the smallest node, so that such jobs fill
// every node. 0, nothing, where nobody knows the size of a node.
func (r *resolver) slotMemory(workers []*group) int {
	least := 0
	for _, w := range workers {
		if r.provider.plugin.Shape == nil {
			return 0
		}
		s := r.provider.plugin.Shape(w.Group)
		if s.CPUs == 0 || s.Memory == 0 {
			return 0
		}
		mb := max(1, int(s.JobMemory().MiB())/s.CPUs-1) // the node rounds down twice
		if least == 0 || mb < least {
			least = mb
		}
	}
	return least
}

// queueName reports whether Grid Engine takes s for the name of a queue or of
// a parallel environment.
func queueName(s string) bool {
	return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`).MatchString(s) &&
		!slices.Contains([]string{"template", "all", "none"}, strings.ToLower(s))
}
