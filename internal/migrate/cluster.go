package migrate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/schema"
)

// clusterWriter converts one [cluster/NAME] with the sections that it refers to.
type clusterWriter struct {
	*converter
	section              *section
	template, name       string // ElastiCluster's name, and ours
	source, login, setup *section
	cloud                cloud

	groups   []*group
	frontend *group
	plan     setupPlan
	files    []File
}

// group is a class of nodes.
type group struct {
	class, name string // ElastiCluster's name, and ours
	count, min  int
	at          *option  // NAME_nodes
	override    *section // [cluster/NAME/CLASS]
	ansible     []string // its groups in Ansible
	roles       []roleUse
}

// in reports whether the group is in a group of Ansible.
func (g *group) in(ansible string) bool { return slices.Contains(g.ansible, ansible) }

// convert returns the text of the cluster and the kind of its provider. What
// keeps it from being converted is added to the diagnostics.
func (w *clusterWriter) convert() (text []byte, provider string) {
	var ok [3]bool
	w.source, ok[0] = w.refer(kindCloud)
	w.login, ok[1] = w.refer(kindLogin)
	w.setup, ok[2] = w.refer(kindSetup)
	if slices.Contains(ok[:], false) || !w.chooseCloud() || !w.readGroups() {
		return nil, ""
	}
	w.readSetup()
	w.chooseFrontend()
	w.planSetup()

	inner := w.cluster()
	w.unread()
	var file body
	w.header(&file)
	cl := file.block("cluster", w.name)
	cl.body = *inner
	return render(&file), w.cloud.kind()
}

// refer finds the section that the cluster names.
func (w *clusterWriter) refer(kind string) (*section, bool) {
	o := w.section.find(kind)
	if o == nil {
		w.diags = append(w.diags, fail(&w.section.at, "Cluster without "+kind,
			"[%s] has no %s=NAME. ElastiCluster leaves such a cluster out, and so is it done here.", w.section.name, kind)...)
		return nil, false
	}
	name := w.settled(o)
	s := w.cfg.section(kind, name)
	if s == nil {
		w.diags = append(w.diags, fail(&o.at, "Missing section",
			"There is no [%s/%s]. %s", kind, name, schema.DidYouMean(name, w.cfg.names(kind)))...)
		return nil, false
	}
	return s, true
}

// readGroups takes over the classes of nodes.
func (w *clusterWriter) readGroups() bool {
	var taken []string
	before := len(w.diags)
	for _, o := range w.section.options {
		class, is := strings.CutSuffix(o.key, "_nodes")
		if !is || class == "" {
			continue
		}
		g := &group{class: class, name: labelOf(class, "group", true, taken), at: o}
		taken = append(taken, g.name)
		if g.name != class {
			w.note(w.name, o, Changed, "the node group is called %q, because nodes' names are host names", g.name)
		}
		g.override = w.cfg.named(w.section.name + "/" + class)
		g.count = w.count(o)
		g.min = g.count
		if least := w.section.find(class + "_nodes_min"); least != nil {
			if g.min = w.count(least); g.min > g.count {
				w.note(w.name, least, Changed, "more than %s=%d; all of them are needed", o.key, g.count)
				g.min = g.count
			}
		}
		w.groups = append(w.groups, g)
	}
	if len(w.groups) == 0 {
		w.diags = append(w.diags, fail(&w.section.at, "Cluster without nodes",
			"[%s] has no option CLASS_nodes=NUMBER.", w.section.name)...)
	}
	return !w.diags[before:].HasErrors()
}

func (w *clusterWriter) count(o *option) int {
	v := w.settled(o)
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > 1_000_000 {
		w.diags = append(w.diags, fail(&o.at, "Not a number of nodes", "%s=%s: write a whole number.", o.key, printable(v))...)
		return 0
	}
	return n
}

// option is what a group says of itself, else what its cluster says.
func (w *clusterWriter) option(g *group, key string) *option {
	general := w.section.find(key)
	if g == nil || g.override == nil {
		return general
	}
	if own := g.override.find(key); own != nil && own.origin == nil {
		if general != nil && w.overridden(key) {
			general.use()
		}
		return own
	}
	return general
}

// overridden reports whether all groups have an option of their own.
func (w *clusterWriter) overridden(key string) bool {
	return !slices.ContainsFunc(w.groups, func(g *group) bool { return g.override == nil || g.override.find(key) == nil })
}

// cluster is the inside of the cluster block.
func (w *clusterWriter) cluster() *body {
	var b body
	b.attr("provider", reach("provider", w.clouds.use(w)))
	w.image(nil, &b)
	if o := w.section.find("thread_pool_max_size"); o != nil {
		if n, err := strconv.Atoi(w.settled(o)); err == nil && n > 0 && n <= 1000 {
			b.attr("batch_size", integer(n))
		} else {
			w.note(w.name, o, Dropped, "not a number that batch_size takes")
		}
	}
	if w.frontend.name != "frontend" {
		b.noted("frontend", str(w.frontend.name), "the group that users log in to")
	}
	w.scheduler(&b)
	w.shares(&b)
	for _, g := range w.groups {
		w.node(g, &b)
	}
	for _, r := range w.plan.everywhere {
		r.write(&b)
	}
	w.user(&b)
	return &b
}

// header says where the file comes from and what is not in it.
func (w *clusterWriter) header(b *body) {
	b.comment(fmt.Sprintf("Cluster %q, from [%s] of ElastiCluster's configuration", w.name, w.section.name))
	b.comment(fmt.Sprintf("(%s). Written by \"ecluster migrate\"; it is yours now.", place(w.section.at)))
	notes := w.notes.of(w.name)
	if len(notes) == 0 {
		b.comment("")
		return
	}
	b.comment(" ")
	b.comment("What is not as it was:")
	for _, n := range notes {
		b.comment(fmt.Sprintf("  %s  %s (%s): %s", n.Place(), n.Option, n.Kind, n.Reason))
	}
	b.comment("")
}

// unread notes what the sections of this cluster say that nobody has read.
func (w *clusterWriter) unread() {
	for _, key := range []string{"ssh_probe_timeout", "node_name", "ssh_proxy_command", "start_timeout"} {
		o := w.section.find(key)
		if o == nil {
			continue
		}
		switch key {
		case "ssh_probe_timeout":
			w.note(w.name, o, Unneeded, "ecluster asks again by itself, until --boot-timeout")
		case "start_timeout":
			w.note(w.name, o, Changed, "say it when you start: ecluster start %s --boot-timeout %ss", w.name, w.settled(o))
		case "node_name":
			w.note(w.name, o, Dropped, "nodes are called GROUP001 and so on")
		case "ssh_proxy_command":
			w.note(w.name, o, Dropped, "ecluster speaks SSH itself, and reaches nodes without a public address through the frontend; the frontend must be reachable")
		}
	}
}
