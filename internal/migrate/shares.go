package migrate

import (
	"slices"
	"strconv"
)

// shareUse is a share block.
type shareUse struct {
	path string
	kind string // its type
	body body
	note string
}

// planShares finds the file systems that the nodes share.
func (w *clusterWriter) planShares() {
	if s := w.plan.scheduler; s != nil || w.has("torque_master") || w.has("pbspro_master") {
		var b body
		b.attr("type", str("nfs"))
		w.plan.shares = append(w.plan.shares, shareUse{"/home", "nfs", b, "The frontend serves the homes, as with ElastiCluster."})
	}
	w.planGluster()
	w.planCeph()
	for _, g := range w.groups {
		for _, a := range g.ansible {
			switch a {
			case "pvfs2_meta", "pvfs2_data", "pvfs2_client", "pvfs2":
				w.note(w.name, w.setupOption(g), Dropped, "there is no OrangeFS (%s); a share of type glusterfs or cephfs spreads files over several nodes, too", a)
			case "nfs-server", "nfs_server":
				w.note(w.name, w.setupOption(g), Todo, "say which folder is served: share \"/data\" { type = \"nfs\", server = %q }", g.name)
			case "azure_files":
				w.note(w.name, w.setupOption(g), Dropped, "Azure Files over SMB is not mounted; over NFS it is: share \"/data\" { type = \"nfs\", address = \"HOST:/EXPORT\" }")
			}
		}
	}
}

func (w *clusterWriter) has(ansible string) bool { return len(w.members(ansible)) > 0 }

func (w *clusterWriter) members(ansible string) []*group {
	return slices.DeleteFunc(slices.Clone(w.groups), func(g *group) bool { return !g.in(ansible) })
}

// servers chooses the one group that serves a share.
func (w *clusterWriter) servers(ansible string) *group {
	all := w.members(ansible)
	if len(all) == 0 {
		return nil
	}
	best := slices.MaxFunc(all, func(a, b *group) int { return a.count - b.count })
	for _, g := range all {
		if g != best {
			w.note(w.name, w.setupOption(g), Changed, "one group serves a share, here %q; these nodes only mount it", best.name)
		}
	}
	return best
}

func (w *clusterWriter) planGluster() {
	g := w.servers("glusterfs_server")
	if g == nil {
		if w.has("glusterfs_client") {
			w.note(w.name, w.setupOption(w.members("glusterfs_client")[0]), Dropped, "no class of nodes is in glusterfs_server, so there is nothing to mount")
		}
		return
	}
	var b body
	b.attr("type", str("glusterfs"))
	b.attr("server", str(g.name))
	replica, disperse := w.number(g, "glusterfs_replicas"), w.number(g, "glusterfs_redundancy")
	switch {
	case disperse > 0 && g.count >= 3:
		b.noted("disperse", integer(g.count), "in pieces over all servers, of which one may fail, or two from six on")
	case replica > 1 && g.count%replica == 0:
		b.noted("replica", integer(replica), "copies of each file")
	default:
		b.noted("replica", integer(1), "no copies: what is on a server that is lost is lost")
	}
	w.plan.shares = append(w.plan.shares, shareUse{"/glusterfs", "glusterfs", b, "All nodes mount it."})
}

// number is the value of a variable of Ansible that holds one for a group, or 0.
func (w *clusterWriter) number(g *group, variable string) int {
	o := w.variableOf(g, variable)
	if o == nil {
		return 0
	}
	n, err := strconv.Atoi(w.settled(o))
	if err != nil || n < 0 || n > 1000 {
		w.note(w.name, o, Dropped, "not a number that makes sense here")
		return 0
	}
	return n
}

// variableOf finds CLASS_var_NAME or global_var_NAME.
func (w *clusterWriter) variableOf(g *group, name string) *option {
	for _, s := range []*section{w.section, w.setup} {
		for _, prefix := range []string{g.class + "_var_", "global_var_"} {
			if o := s.find(prefix + name); o != nil {
				return o
			}
		}
	}
	return nil
}

func (w *clusterWriter) planCeph() {
	g := w.servers("ceph_osd")
	if g == nil {
		for _, a := range []string{"ceph_mon", "ceph_mds", "ceph_client"} {
			for _, m := range w.members(a) {
				w.note(w.name, w.setupOption(m), Dropped, "no class of nodes is in ceph_osd, so there is no Ceph")
			}
		}
		return
	}
	var b body
	b.attr("type", str("cephfs"))
	b.attr("server", str(g.name))
	replica := w.number(g, "ceph_osd_pool_size")
	if replica == 0 {
		replica = 2 // ElastiCluster's default
	}
	b.noted("replica", integer(max(1, min(replica, g.count))), "on how many servers each file lies")
	w.plan.shares = append(w.plan.shares, shareUse{"/cephfs", "cephfs", b, "All nodes mount it; with ElastiCluster one mounted it by hand."})
	// Nodes that would only watch over Ceph have nothing left to do.
	w.groups = slices.DeleteFunc(w.groups, func(m *group) bool {
		serves := slices.ContainsFunc(m.ansible, func(a string) bool { return a != "ceph_mon" && a != "ceph_mds" })
		if serves || len(m.ansible) == 0 || m == w.frontend {
			return false
		}
		w.note(w.name, m.at, Changed, "these nodes are left out: the servers of a share carry Ceph's monitors and metadata servers themselves")
		return true
	})
}

// shares writes the blocks.
func (w *clusterWriter) shares(b *body) {
	for _, s := range w.plan.shares {
		b.comment("")
		b.comment(s.note)
		b.block("share", s.path).body = s.body
	}
}
