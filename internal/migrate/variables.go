package migrate

import (
	"slices"
	"strings"
)

// planVariables converts global_var_NAME and CLASS_var_NAME, which may stand in
// the sections setup and cluster.
func (w *clusterWriter) planVariables() {
	for _, s := range []*section{w.setup, w.section} {
		for _, o := range s.options {
			if name, is := strings.CutPrefix(o.key, "global_var_"); is {
				w.variable(o, name)
				continue
			}
			class, name, is := strings.Cut(o.key, "_var_")
			if !is {
				continue
			}
			if slices.ContainsFunc(w.groups, func(g *group) bool { return g.class == class }) {
				w.variable(o, name)
			} else if s == w.section {
				w.note(w.name, o, Dropped, "there is no class of nodes %q", class)
			}
		}
	}
}

// variables says what becomes of variables of ElastiCluster's playbooks that
// are no parameter of a role.
var variables = map[string]struct {
	kind   Kind
	reason string
}{
	"allow_reboot":               {Unneeded, "a role reboots a node before it joins, where it must, and never one that runs jobs"},
	"disable_selinux":            {Dropped, "roles work with SELinux on"},
	"insecure_https_downloads":   {Dropped, "certificates are always checked"},
	"proxy_url":                  {Todo, "no role sets a proxy; a role \"script\" can write /etc/environment and the settings of apt or dnf"},
	"ssh_password_auth":          {Dropped, "one logs in with keys only"},
	"upgrade_packages":           {Dropped, "packages are not upgraded; boot a newer image, or run apt upgrade in a role \"script\""},
	"ansible_python_interpreter": {Unneeded, "nodes need no Python to be set up"},
	"glusterfs_version":          {Dropped, "the version is that of the distribution"},
	"glusterfs_stripes":          {Dropped, "GlusterFS has no striped volumes any more"},
	"glusterfs_replicas":         {Changed, "the number of servers is no multiple of it, or there are no servers; see the share"},
	"glusterfs_redundancy":       {Changed, "one server of a set may fail, or two from six on; see the share"},
	"ceph_release":               {Dropped, "the version is that of the distribution"},
	"ceph_osd_pg_num":            {Unneeded, "Ceph chooses the number of placement groups"},
	"ceph_metadata_pg_num":       {Unneeded, "Ceph chooses the number of placement groups"},
	"ceph_data_pg_num":           {Unneeded, "Ceph chooses the number of placement groups"},
	"r_cluster_support":          {Dropped, "name the packages of R that you need, such as Rmpi, in packages of the role r"},
}

// families are variables of playbooks that have no counterpart as a whole, by
// the beginnings of their names.
var families = []struct{ prefix, what string }{
	{"af_", "Azure Files over SMB is not mounted"},
	{"spark_", "there is no role for Spark"},
	{"bigtop_", "there is no role for Hadoop"},
	{"kubernetes_", "there is no role for Kubernetes"},
	{"pbspro_", "PBS has no counterpart"},
	{"anaconda_", "no role installs Anaconda"},
	{"julia_", "no role installs Julia"},
	{"docker_", "containers run with Podman, which has no such setting"},
	{"EASYBUILD_", "EasyBuild is not installed"},
	{"smb_", "there is no Samba"},
	{"jenkins_", "there is no role for Jenkins"},
	{"ansible_", "it is for Ansible's connection to the nodes, which set-up does not use"},
}

func (w *clusterWriter) variable(o *option, name string) {
	v, known := variables[name]
	switch {
	case w.slurmVariable(o, name):
	case w.cfg.secret(o):
		w.note(w.name, o, Secret, "it is written nowhere; nothing in ecluster reads it")
	case name == "multiuser_cluster":
		w.multiuser(o)
	case o.used: // as a parameter of a role or a share
	case known:
		w.note(w.name, o, v.kind, "%s", v.reason)
	default:
		for _, f := range families {
			if strings.HasPrefix(name, f.prefix) {
				w.note(w.name, o, Dropped, "%s", f.what)
				return
			}
		}
		w.note(w.name, o, Todo, "ElastiCluster documents no such variable; if your own playbook reads it, put it into vars of the role ansible")
	}
}

func (w *clusterWriter) multiuser(o *option) {
	if !isYes(w.settled(o)) {
		return
	}
	for _, r := range w.plan.everywhere {
		if r.name == "users" {
			return
		}
	}
	w.note(w.name, o, Todo, "instead of NIS, the accounts stand in the spec: name them in the role users")
	use := roleUse{name: "users", comment: "People beside the login user, the same on every node (instead of NIS):\n  users = [{ name = \"ada\", uid = 3001, keys = [file(\"ada.pub\")] }]"}
	use.body.attr("users", list(nil))
	w.plan.everywhere = append(w.plan.everywhere, use)
}

// isYes reads a boolean as ElastiCluster does.
func isYes(s string) bool {
	return slices.Contains([]string{"yes", "true", "1", "on", "y"}, strings.ToLower(strings.TrimSpace(s)))
}

func isBoolean(s string) bool {
	return isYes(s) || slices.Contains([]string{"no", "false", "0", "off", "n"}, strings.ToLower(strings.TrimSpace(s)))
}
