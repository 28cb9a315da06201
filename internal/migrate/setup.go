package migrate

import (
	"slices"
	"strings"
)

// setupPlan is what the groups of Ansible mean here.
type setupPlan struct {
	scheduler  *schedulerUse
	shares     []shareUse
	everywhere []roleUse
}

// roleUse is a role block.
type roleUse struct {
	name string
	body body
	// comment stands before the block.
	comment string
}

func (r roleUse) write(b *body) {
	if r.comment != "" {
		b.comment("")
		b.comment(r.comment)
	}
	b.block("role", r.name).body = r.body
}

// renamedGroups are the older names of groups.
var renamedGroups = map[string]string{
	"condor_workers":     "condor_worker",
	"gluster_client":     "glusterfs_client",
	"gluster_data":       "glusterfs_server",
	"gridengine_clients": "gridengine_worker",
	"htcondor_master":    "condor_master",
	"htcondor_worker":    "condor_worker",
	"maui_master":        "torque_master",
	"pbs_clients":        "torque_worker",
	"pbs_master":         "torque_master",
	"pbs_worker":         "torque_worker",
	"slurm_clients":      "slurm_worker",
	"slurm_workers":      "slurm_worker",
	"slurm_client":       "slurm_submit",
}

// readSetup reads which groups of Ansible the classes of nodes belong to.
func (w *clusterWriter) readSetup() {
	for _, g := range w.groups {
		o := w.setup.find(g.class + "_groups")
		if o == nil {
			w.note(w.name, g.at, Todo, "[%s] has no %s_groups: the nodes get what every node has, and no more", w.setup.name, g.class)
			continue
		}
		for name := range strings.SplitSeq(w.settled(o), ",") {
			name = strings.TrimSpace(name)
			if now := renamedGroups[name]; now != "" {
				name = now
			}
			if name != "" && !g.in(name) {
				g.ansible = append(g.ansible, name)
			}
		}
	}
	for _, o := range w.setup.options {
		if class, is := strings.CutSuffix(o.key, "_groups"); is && !slices.ContainsFunc(w.groups, func(g *group) bool { return g.class == class }) {
			o.use() // for the nodes of other clusters
		}
	}
}

// chooseFrontend finds the one node that users log in to: where the scheduler
// is, else where ssh_to says, else as ElastiCluster chooses.
func (w *clusterWriter) chooseFrontend() {
	byClass := func(class string) *group {
		for _, g := range w.groups {
			if g.class == class {
				return g
			}
		}
		return nil
	}
	var chosen *group
	to := w.section.find("ssh_to")
	if to != nil {
		name := w.settled(to)
		if chosen = byClass(name); chosen == nil {
			chosen = byClass(strings.TrimRight(name, "0123456789"))
		}
		if chosen == nil {
			w.note(w.name, to, Todo, "there is no class of nodes %q", name)
		}
	}
	for _, s := range schedulers {
		for _, g := range w.groups {
			if g.in(s.master) && g != chosen {
				if chosen != nil {
					w.note(w.name, to, Changed, "one logs in to %q, where the scheduler is; other nodes: ecluster ssh %s -n NODE", g.name, w.name)
				}
				chosen = g
			}
			if g.in(s.master) {
				w.oneNode(g, "the scheduler's")
				w.frontend = g
				return
			}
		}
	}
	for _, class := range []string{"ssh", "login", "frontend", "master"} {
		if chosen == nil {
			chosen = byClass(class)
		}
	}
	if chosen == nil {
		chosen = slices.MinFunc(w.groups, func(a, b *group) int { return strings.Compare(a.class, b.class) })
	}
	w.frontend = chosen
	w.oneNode(chosen, "the one that users log in to")
}

// oneNode splits a group of which the frontend is one: in ecluster the frontend
// is a group of a single node.
func (w *clusterWriter) oneNode(g *group, why string) {
	switch g.count {
	case 1:
		return
	case 0:
		w.note(w.name, g.at, Changed, "a cluster needs one frontend; count is 1")
		g.count, g.min = 1, 1
		return
	}
	rest := *g
	names := make([]string, len(w.groups))
	for i, o := range w.groups {
		names[i] = o.name
	}
	rest.name = labelOf(g.name+"-more", "group", true, names)
	rest.count, rest.min = g.count-1, max(g.min-1, 0)
	rest.ansible = slices.DeleteFunc(slices.Clone(g.ansible), func(a string) bool {
		return slices.ContainsFunc(schedulers, func(s schedulerKind) bool { return a == s.master })
	})
	g.count, g.min = 1, 1
	w.groups = slices.Insert(w.groups, slices.Index(w.groups, g)+1, &rest)
	w.note(w.name, g.at, Changed, "one node is %s; the others are the group %q", why, rest.name)
}

// planSetup says what each group of Ansible becomes.
func (w *clusterWriter) planSetup() {
	w.planScheduler()
	w.planShares()
	w.planSoftware()
	w.planVariables()
	w.planAnsible()
}

// setupOption is the option that gives a group its groups of Ansible, for notes.
func (w *clusterWriter) setupOption(g *group) *option {
	if o := w.setup.find(g.class + "_groups"); o != nil {
		return o
	}
	return g.at
}
