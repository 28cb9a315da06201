package spec

import (
	"fmt"
	"maps"
	"regexp"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

const schedulerSlurm = "slurm"

// slurm expands the block of SLURM.
func (r *resolver) slurm(b *schema.Located, front *group, workers []*group) {
	r.needAccounting(b)
	accounting, rest := b.Values.Bool("accounting"), b.Values.Bool("rest")
	name := string(r.spec.Name)
	qos := r.qos(b)
	accounts := r.accounts(b, qos)
	r.add(front, "munge", nil, b.Range)
	if rest {
		r.add(front, "slurm-rest", nil, b.Range) // first: it writes the key of the others
	}
	if accounting {
		r.add(front, "slurm-accounting", map[string]any{"cluster_name": name, "rest": rest}, b.Range)
	}
	r.add(front, "slurm-controller", map[string]any{
		"cluster_name": name,
		"accounting":   accounting,
		"enforce":      enforced(b),
		"groups":       groupList(workers),
		"partitions":   r.partitions(b, workers, qos),
		"qos":          qos.params(),
		"accounts":     accounts,
		"gpus":         gpuList(workers),
		"prolog":       r.hook(b, "prolog"),
		"epilog":       r.hook(b, "epilog"),
		"mail_program": b.Values.String("mail_program"),
		"rest":         rest,
		"config":       slurmConfigOf(b),
		"max_nodes":    r.spec.Limits.MaxNodes,
	}, b.Range)
	for _, w := range workers {
		r.add(w, "munge", nil, b.Range)
		r.add(w, "slurm-worker", map[string]any{
			"controller": string(cluster.NewNodeName(front.Name, 1)),
			"group":      string(w.Name),
			"gres":       gres(w),
			"gpus":       gpus(w),
		}, b.Range)
	}
}

// needAccounting reports what works with slurmdbd only.
func (r *resolver) needAccounting(b *schema.Located) {
	if b.Values.Bool("accounting") {
		return
	}
	for _, block := range []string{"qos", "account"} {
		if list := b.Blocks[block]; len(list) > 0 {
			r.fail(list[0].Range, "Accounting is off", "SLURM keeps %s blocks in its accounting database. Write accounting = true in the scheduler block.", block)
		}
	}
	if _, given := b.Attrs["enforce"]; given {
		r.fail(b.At("enforce"), "Accounting is off", "Nothing can be enforced without a database. Write accounting = true in the scheduler block.")
	}
}

// enforced is what of the accounting must hold before a job starts: limits
// that somebody writes are meant to hold.
func enforced(b *schema.Located) []any {
	if _, given := b.Attrs["enforce"]; given {
		list, _ := b.Values["enforce"].([]any)
		return list
	}
	if len(b.Blocks["qos"]) > 0 {
		return []any{"limits", "qos"}
	}
	return []any{}
}

// slurmConfigOf is the config of the block, and what the QOS need of
// slurm.conf unless config says something else.
func slurmConfigOf(b *schema.Located) map[string]any {
	config := maps.Clone(orEmpty(b.Values.Map("config")))
	for _, q := range b.Blocks["qos"] {
		if len(q.Values.Strings("preempt")) > 0 {
			setDefault(config, "PreemptType", "preempt/qos")
			setDefault(config, "PreemptMode", "REQUEUE")
		}
	}
	return config
}

// setDefault sets a key of slurm.conf, for which case does not matter, unless
// it is there.
func setDefault(config map[string]any, key, value string) {
	for k := range config {
		if strings.EqualFold(k, key) {
			return
		}
	}
	config[key] = value
}

// hook reads the script that an attribute names.
func (r *resolver) hook(b *schema.Located, attr string) string {
	name := b.Values.String(attr)
	if name == "" {
		return ""
	}
	p := paths{env: r.unit.opts.Env, dir: r.unit.dirOf}
	text, err := p.read(name)
	switch {
	case err != nil:
		r.fail(b.At(attr), "Can't read the script", "%s. Paths begin at the folder of the spec.", upper(err.Error()))
	case !strings.HasPrefix(text, "#!"):
		r.fail(b.At(attr), "Script without an interpreter", "SLURM runs %s as a program: its first line must say by what, as in #!/bin/sh", name)
	}
	return strings.TrimRight(text, "\n")
}

// gres is what SLURM calls the accelerators of a node.
func gres(g *group) string {
	if g.GPU == nil {
		return ""
	}
	return fmt.Sprintf("gpu:%s:%d", gpuType(g), g.GPU.Count)
}

func gpus(g *group) int {
	if g.GPU == nil {
		return 0
	}
	return g.GPU.Count
}

// gpuType is the type of a group's accelerators as a word of SLURM.
func gpuType(g *group) string {
	return strings.ToLower(regexp.MustCompile(`[^A-Za-z0-9_-]+`).ReplaceAllString(g.GPU.Type, "-"))
}

// gpuList says where SLURM finds the accelerators of each group.
func gpuList(workers []*group) []any {
	out := []any{}
	for _, w := range workers {
		if w.GPU == nil {
			continue
		}
		files := "/dev/nvidia0"
		if w.GPU.Count > 1 {
			files = fmt.Sprintf("/dev/nvidia[0-%d]", w.GPU.Count-1)
		}
		out = append(out, map[string]any{"group": string(w.Name), "type": gpuType(w), "files": files})
	}
	return out
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
