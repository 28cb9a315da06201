package migrate

import (
	"slices"
	"strings"
)

// schedulerKind is a scheduler, and the groups of Ansible that stand for it.
type schedulerKind struct {
	kind           string
	master, worker string
	masterWorks    bool // the master runs jobs as well
	roles          []string
}

var schedulers = []schedulerKind{
	{"slurm", "slurm_master", "slurm_worker", false, []string{"slurm-controller", "slurm-worker", "slurm-accounting"}},
	{"gridengine", "gridengine_master", "gridengine_worker", false, []string{"gridengine-master", "gridengine-exec"}},
	{"htcondor", "condor_master", "condor_worker", true, []string{"htcondor-manager", "htcondor-execute"}},
}

// schedulerUse is the scheduler block.
type schedulerUse struct {
	schedulerKind
	workers []string // node groups; nil is the default of the language
	config  []pair
}

func (w *clusterWriter) planScheduler() {
	for _, s := range schedulers {
		var workers []string
		for _, g := range w.groups {
			if g.in(s.worker) || g.in(s.master) && s.masterWorks {
				workers = append(workers, g.name)
			}
		}
		hasMaster := slices.ContainsFunc(w.groups, func(g *group) bool { return g.in(s.master) })
		switch {
		case !hasMaster && len(workers) == 0:
			continue
		case w.plan.scheduler != nil:
			w.noteGroups(s, Dropped, "a cluster has one scheduler, and this one has "+w.plan.scheduler.kind)
			continue
		case !hasMaster:
			w.noteGroups(s, Todo, "there are workers, but no "+s.master+"; the controller is on the frontend "+w.frontend.name)
		case len(workers) == 0:
			w.noteGroups(s, Todo, "no nodes would run jobs, so the scheduler is left out; add scheduler \""+s.kind+"\" {} when there are some")
			continue
		}
		use := &schedulerUse{schedulerKind: s}
		var usual []string
		for _, g := range w.groups {
			if g != w.frontend {
				usual = append(usual, g.name)
			}
		}
		if !slices.Equal(usual, workers) {
			use.workers = workers
		}
		w.plan.scheduler = use
	}
}

func (w *clusterWriter) noteGroups(s schedulerKind, kind Kind, reason string) {
	for _, g := range w.groups {
		if g.in(s.master) || g.in(s.worker) {
			w.note(w.name, w.setupOption(g), kind, "%s", reason)
		}
	}
}

// scheduler writes the block.
func (w *clusterWriter) scheduler(b *body) {
	use := w.plan.scheduler
	if use == nil {
		return
	}
	s := b.block("scheduler", use.kind)
	if use.kind == "slurm" {
		s.noted("accounting", boolean(true), "sacct; ElastiCluster always had it")
	}
	if use.workers != nil {
		s.attr("workers", list(use.workers))
	}
	if len(use.config) > 0 {
		s.attr("config", object(use.config))
	}
}

// slurmKeys are variables of ElastiCluster's playbook that are settings of
// slurm.conf.
var slurmKeys = map[string]string{
	"slurm_jobacctgatherfrequency": "JobAcctGatherFrequency",
	"slurm_jobacctgathertype":      "JobAcctGatherType",
	"slurm_maxarraysize":           "MaxArraySize",
	"slurm_maxjobcount":            "MaxJobCount",
	"slurm_proctracktype":          "ProctrackType",
	"slurm_returntoservice":        "ReturnToService",
	"slurm_selecttype":             "SelectType",
	"slurm_selecttypeparameters":   "SelectTypeParameters",
	"slurm_taskplugin":             "TaskPlugin",
}

// ownPlugins are values that role slurm-controller sets where they work; set by
// hand they keep nodes without control groups from starting.
func ownPlugins() []string {
	return []string{"proctrack/cgroup", "task/cgroup", "task/affinity", "task/cgroup,task/affinity", "task/affinity,task/cgroup"}
}

// slurmVariable converts a variable of SLURM's playbook, and reports whether it
// was one.
func (w *clusterWriter) slurmVariable(o *option, name string) bool {
	use := w.plan.scheduler
	if !strings.HasPrefix(name, "slurm_") {
		return false
	}
	if use == nil || use.kind != "slurm" {
		w.note(w.name, o, Dropped, "this cluster has no SLURM")
		return true
	}
	switch name {
	case "slurm_allowedramspace", "slurm_allowedswapspace", "slurm_constrainramspace", "slurm_constrainswapspace":
		w.note(w.name, o, Unneeded, "jobs are held to the memory that they asked for, wherever the kernel can")
		return true
	case "slurm_conf_file":
		w.note(w.name, o, Dropped, "slurm.conf is ecluster's; put single settings into config = { ... } of the scheduler block")
		return true
	case "slurm_version":
		w.note(w.name, o, Dropped, "the version is that of the distribution")
		return true
	}
	key, known := slurmKeys[name]
	value := w.settled(o)
	switch {
	case !known:
		w.note(w.name, o, Todo, "ElastiCluster documents no such variable; a setting of slurm.conf goes into config = { ... } of the scheduler block")
	case strings.ContainsAny(value, "\n\r"):
		w.note(w.name, o, Dropped, "a setting of slurm.conf is one line")
	case value == "select/cons_res":
		w.note(w.name, o, Changed, "select/cons_res is gone from SLURM; it is select/cons_tres")
		use.set(key, "select/cons_tres")
	case value == "task/none":
		w.note(w.name, o, Unneeded, "it was the default of older versions of SLURM; ecluster binds tasks to their cores")
	case slices.Contains(ownPlugins(), value):
		w.note(w.name, o, Unneeded, "ecluster chooses that plugin itself, wherever the node's kernel has what it needs")
	default:
		use.set(key, value)
	}
	return true
}

// set adds a setting; the last one counts.
func (u *schedulerUse) set(key, value string) {
	u.config = slices.DeleteFunc(u.config, func(p pair) bool { return p.key == key })
	u.config = append(u.config, pair{key, str(value)})
}
