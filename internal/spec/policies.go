package spec

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/schema"
)

// normalQOS is the one that SLURM makes itself.
const normalQOS = "normal"

// qualities are the QOS blocks of a scheduler block.
type qualities struct {
	block *schema.Located
	names []string // and SLURM's own
}

// qos checks the QOS blocks.
func (r *resolver) qos(b *schema.Located) qualities {
	q := qualities{block: b, names: []string{normalQOS}}
	r.labelled(b.Blocks["qos"], "qos", func(name string) { q.names = append(q.names, name) })
	for i := range b.Blocks["qos"] {
		at := &b.Blocks["qos"][i]
		r.knownQOS(at, "preempt", at.Values.Strings("preempt"), q)
		if slices.Contains(at.Values.Strings("preempt"), at.Labels[0]) {
			r.fail(at.At("preempt"), "QOS that gives way to itself", "Take %q out of its own list.", at.Labels[0])
		}
	}
	return q
}

// labelled checks the labels of blocks and hands on the good ones, each once.
func (r *resolver) labelled(blocks []schema.Located, kind string, take func(string)) {
	first := map[string]*schema.Located{}
	for i := range blocks {
		at := &blocks[i]
		name := at.Labels[0]
		if err := checkSlurmName(name); err != nil {
			r.fail(at.Range, "Bad name of "+kind, "%s.", upper(err.Error()))
			continue
		}
		if other := first[name]; other != nil {
			r.diags = append(r.diags, twice(at.Range, kind, name, other.Range)...)
			continue
		}
		first[name] = at
		take(name)
	}
}

// knownQOS reports names that are no QOS.
func (r *resolver) knownQOS(at *schema.Located, attr string, names []string, q qualities) {
	for _, name := range names {
		if !slices.Contains(q.names, name) {
			r.fail(at.At(attr), "Unknown QOS", "There is no qos %q in this scheduler block. %s", name, schema.DidYouMean(name, q.names))
		}
	}
}

// params are the QOS with all settings that an attribute stands for, also
// those that are not given: so a limit that leaves the spec leaves SLURM too.
func (q qualities) params() []any {
	out := []any{}
	for i := range q.block.Blocks["qos"] {
		at := &q.block.Blocks["qos"][i]
		v := at.Values
		settings := map[string]any{
			"Priority":             number(v, "priority", "0"),
			"MaxWall":              text(v, "max_wall", "-1"),
			"MaxJobsPerUser":       number(v, "max_jobs_per_user", "-1"),
			"MaxSubmitJobsPerUser": number(v, "max_submit_per_user", "-1"),
			"MaxTRESPerUser":       limits(v, "max_tres_per_user"),
			"MaxTRESPerJob":        limits(v, "max_tres_per_job"),
			"GrpTRES":              limits(v, "max_tres"),
			"Preempt":              strings.Join(v.Strings("preempt"), ","),
			"PreemptMode":          text(v, "preempt_mode", "cluster"),
			"UsageFactor":          number(v, "usage_factor", "1"),
			"Flags":                orMinusOne(strings.Join(v.Strings("flags"), ",")),
		}
		out = append(out, map[string]any{"name": at.Labels[0], "settings": overridden(settings, at)})
	}
	return out
}

// accounts are the accounts, parents first.
func (r *resolver) accounts(b *schema.Located, q qualities) []any {
	byName := map[string]*schema.Located{}
	names := []string{}
	r.labelled(b.Blocks["account"], "account", func(name string) { names = append(names, name) })
	for i := range b.Blocks["account"] {
		at := &b.Blocks["account"][i]
		name := at.Labels[0]
		if name == "root" {
			r.fail(at.Range, "Account of SLURM's own", "%q is there already, above all others; name another.", name)
		}
		byName[name] = at
		r.knownQOS(at, "qos", at.Values.Strings("qos"), q)
		if d := at.Values.String("default_qos"); d != "" {
			r.knownQOS(at, "default_qos", []string{d}, q)
			if own := at.Values.Strings("qos"); len(own) > 0 && !slices.Contains(own, d) {
				r.fail(at.At("default_qos"), "QOS that is not allowed", "The account's own list, qos, lacks %q. Add it.", d)
			}
		}
	}
	out := []any{}
	done := map[string]bool{}
	var put func(name string, below []string)
	put = func(name string, below []string) {
		at := byName[name]
		if done[name] || at == nil {
			return
		}
		parent := at.Values.String("parent")
		switch {
		case slices.Contains(below, name):
			r.fail(at.At("parent"), "Accounts that contain each other", "%s: one of them must have another parent, or none.", strings.Join(append(below, name), " is in "))
			done[name] = true
			return
		case parent != "" && byName[parent] == nil:
			r.fail(at.At("parent"), "Unknown account", "There is no account %q in this scheduler block. %s", parent, schema.DidYouMean(parent, names))
		default:
			put(parent, append(below, name))
		}
		if !done[name] {
			done[name] = true
			out = append(out, accountParams(at))
		}
	}
	for _, name := range names {
		put(name, nil)
	}
	return out
}

func accountParams(at *schema.Located) map[string]any {
	v := at.Values
	settings := map[string]any{
		"Description": text(v, "description", at.Labels[0]),
		"Fairshare":   number(v, "shares", "1"),
		"QosLevel":    strings.Join(v.Strings("qos"), ","),
		"DefaultQOS":  text(v, "default_qos", "-1"),
		"GrpJobs":     number(v, "max_jobs", "-1"),
		"GrpTRES":     limits(v, "max_tres"),
	}
	users := []any{}
	for _, u := range v.Strings("users") {
		users = append(users, u)
	}
	return map[string]any{
		"name": at.Labels[0], "parent": text(v, "parent", "root"), "users": users,
		"settings": overridden(settings, at),
	}
}

// overridden puts the config of a block over the settings of its attributes.
func overridden(settings map[string]any, at *schema.Located) map[string]any {
	for key, value := range at.Values.Map("config") {
		for own := range settings {
			if strings.EqualFold(own, key) {
				delete(settings, own)
			}
		}
		settings[key] = value
	}
	return settings
}

// limits are limits on resources as sacctmgr reads them; the schema has
// checked them.
func limits(v schema.Values, attr string) string {
	s, _ := tres(v[attr])
	return s
}

func text(v schema.Values, attr, otherwise string) string {
	if s := v.String(attr); s != "" {
		return s
	}
	return otherwise
}

func number(v schema.Values, attr, otherwise string) string {
	if _, given := v[attr]; given {
		return strconv.FormatFloat(v.Float(attr), 'f', -1, 64)
	}
	return otherwise
}

func orMinusOne(s string) string {
	if s == "" {
		return "-1"
	}
	return s
}
