package migrate

import (
	"strings"
)

// software is what a group of Ansible becomes that is neither a scheduler nor a
// file system.
type software struct {
	role       string
	everywhere bool // on all nodes, once
	kind       Kind // of the note, or ""
	reason     string
	write      func(w *clusterWriter, g *group, b *body)
}

// softwares is the table of them. Those without a role have no counterpart.
var softwares = map[string]software{
	"cuda":             {role: "cuda", write: (*clusterWriter).cuda},
	"r":                {role: "r", write: (*clusterWriter).r},
	"hpc":              {role: "mpi", kind: Changed, reason: "OpenMPI with its compilers, and the usual libraries as packages"},
	"docker":           {role: "podman", kind: Changed, reason: "containers run with Podman: the same commands, without a daemon and without root"},
	"easybuild":        {role: "modules", kind: Changed, reason: "Lmod and its modules are there; EasyBuild itself is not installed: pip install easybuild"},
	"ansible":          {role: "packages", kind: Changed, reason: "the package ansible of the distribution", write: packages("ansible")},
	"julia":            {kind: Todo, reason: "no role installs Julia; juliaup does, in a role \"script\""},
	"ganglia_master":   {role: "monitoring", everywhere: true, kind: Changed, reason: "Prometheus watches the nodes, and a page on the frontend shows them"},
	"ganglia_monitor":  {role: "monitoring", everywhere: true},
	"ntp_master":       {role: "ntp", everywhere: true},
	"anaconda":         {kind: Todo, reason: "no role installs Anaconda; its installer fits into a role \"script\""},
	"rstudio":          {kind: Dropped, reason: "there is no R Studio server; R itself comes with the role r"},
	"opencpu":          {kind: Dropped, reason: "there is no OpenCPU; R itself comes with the role r"},
	"samba":            {kind: Dropped, reason: "files are served to the cluster's own nodes only; copy with ecluster cp or sftp"},
	"jenkins":          {kind: Dropped, reason: "there is no role for Jenkins"},
	"torque_master":    {kind: Dropped, reason: "TORQUE has no counterpart; SLURM or Grid Engine (qsub) is the next: scheduler \"gridengine\" {}"},
	"torque_worker":    {kind: Dropped, reason: "TORQUE has no counterpart"},
	"pbspro_master":    {kind: Dropped, reason: "PBS has no counterpart; SLURM or Grid Engine (qsub) is the next: scheduler \"gridengine\" {}"},
	"pbspro_worker":    {kind: Dropped, reason: "PBS has no counterpart"},
	"pbspro_client":    {kind: Dropped, reason: "PBS has no counterpart"},
	"slurm_submit":     {kind: Dropped, reason: "jobs are submitted on the frontend; these nodes get no scheduler"},
	"jupyterhub":       {role: "jupyterhub", write: nil},
	"ganglia_web":      {role: "monitoring", everywhere: true},
	"google_local_ssd": {kind: Unneeded, reason: "local SSDs become a scratch block"},
}

// stacks are groups of Ansible for whole other systems, by the word that their
// names begin with.
var stacks = map[string]string{"hadoop": "Hadoop", "spark": "Spark", "hive": "Hive", "kubernetes": "Kubernetes", "ipython": "IPython clusters", "pvfs2": "", "gridengine": "", "condor": "", "slurm": "", "glusterfs": "", "ceph": "", "nfs": "", "azure": ""}

// planSoftware turns groups of Ansible into roles.
func (w *clusterWriter) planSoftware() {
	for _, g := range w.groups {
		for _, a := range g.ansible {
			w.planOne(g, a)
		}
	}
}

func (w *clusterWriter) planOne(g *group, ansible string) {
	at := w.setupOption(g)
	s, known := softwares[ansible]
	if !known {
		prefix, _, _ := strings.Cut(strings.ReplaceAll(ansible, "-", "_"), "_")
		switch stack, is := stacks[prefix]; {
		case is && stack == "": // another part of the conversion has seen it
		case is:
			w.note(w.name, at, Dropped, "there is no role for %s (%s)", stack, ansible)
		default:
			w.note(w.name, at, Dropped, "ElastiCluster documents no group %q; if it is one of your own playbooks, see the role ansible", ansible)
		}
		return
	}
	if s.reason != "" {
		w.note(w.name, at, s.kind, "%s: %s", ansible, s.reason)
	}
	if ansible == "jupyterhub" {
		w.jupyterHub(g, at)
		return
	}
	if s.role == "" {
		return
	}
	use := roleUse{name: s.role}
	if s.write != nil {
		s.write(w, g, &use.body)
	}
	if ansible == "hpc" {
		w.addRole(g, s, roleUse{name: "packages", body: packagesBody("gfortran", "libhdf5-dev", "liblapack-dev", "libnetcdf-dev", "libopenblas-dev")})
	}
	w.addRole(g, s, use)
}

// addRole adds a role once.
func (w *clusterWriter) addRole(g *group, s software, use roleUse) {
	to := &g.roles
	if s.everywhere {
		to = &w.plan.everywhere
	}
	for _, r := range *to {
		if r.name == use.name && use.name != "packages" {
			return
		}
	}
	*to = append(*to, use)
}

// jupyterHub needs SLURM, and runs on the frontend.
func (w *clusterWriter) jupyterHub(g *group, at *option) {
	if s := w.plan.scheduler; s == nil || s.kind != "slurm" {
		w.note(w.name, at, Dropped, "jupyterhub: the role needs SLURM, which runs the notebooks")
		return
	}
	if g != w.frontend {
		w.note(w.name, at, Changed, "jupyterhub: the hub is on the frontend, the notebooks are jobs")
	}
	w.note(w.name, at, Changed, "jupyterhub: the hub listens on the frontend's loopback address only; reach it with ecluster tunnel")
	w.addRole(w.frontend, software{}, roleUse{name: "jupyterhub"})
}

func (w *clusterWriter) cuda(g *group, b *body) {
	o := w.variableOf(g, "cuda_version")
	if o == nil {
		return
	}
	v := w.settled(o)
	major, _, _ := strings.Cut(v, ".")
	if len(major) < 2 || major < "12" {
		w.note(w.name, o, Dropped, "CUDA %s is too old for the systems that ecluster supports; it is the distribution's", printable(v))
		return
	}
	b.attr("source", str("nvidia"))
	b.attr("version", str(v))
}

func (w *clusterWriter) r(g *group, b *body) {
	if o := w.variableOf(g, "r_libraries"); o != nil {
		b.attr("packages", list(yamlList(w.settled(o))))
	}
}

// yamlList reads [a, b] as ElastiCluster writes it.
func yamlList(s string) []string {
	var out []string
	for e := range strings.SplitSeq(strings.Trim(strings.TrimSpace(s), "[]"), ",") {
		if e = strings.Trim(strings.TrimSpace(e), `"'`); e != "" {
			out = append(out, e)
		}
	}
	return out
}

func packages(names ...string) func(*clusterWriter, *group, *body) {
	return func(_ *clusterWriter, _ *group, b *body) { *b = packagesBody(names...) }
}

func packagesBody(names ...string) body {
	var b body
	b.attr("install", list(names))
	return b
}
