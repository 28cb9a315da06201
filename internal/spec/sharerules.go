package spec

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/schema"
)

// shareOptions are parameters that some types of shares have and others can't.
func shareOptions() []string {
	return []string{paramAddress, "quota", "disks", "size", "replica", "disperse"}
}

// typesWith are the types of shares that have an option.
func (r *resolver) typesWith(option string) []string {
	var out []string
	for _, kind := range r.shareTypes()[1:] {
		for _, suffix := range []string{serverSuffix, clientSuffix} {
			def, _ := r.unit.opts.Roles.Lookup(kind + suffix)
			if def != nil && has(def, option) && !slices.Contains(out, kind) {
				out = append(out, kind)
			}
		}
	}
	return out
}

// shareCheck is what a parameter of a share is checked for beyond its type: a
// role.hcl can't say it. nil where there is nothing to check.
func shareCheck(param string) func(any) error {
	switch param {
	case paramAddress:
		return checkShareAddress
	case "quota", "size":
		return checkSize
	case "disks":
		return checkDisks
	case "replica", "disperse":
		return schema.Whole(1, 64)
	}
	return nil
}

// checkShareAddress checks where a managed file system is mounted from.
func checkShareAddress(v any) error {
	s := fmt.Sprint(v)
	if !regexp.MustCompile(`^([A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):/?[A-Za-z0-9._/-]+$`).MatchString(s) {
		return fmt.Errorf("%q is no address of a file system; write host:/export, as in \"fs-0123.efs.example:/\"", s)
	}
	return nil
}

// checkSize checks an amount of storage, in the form that the tools on the
// nodes take.
func checkSize(v any) error {
	if s := fmt.Sprint(v); !regexp.MustCompile(`^[1-9][0-9]{0,5}[MGT]$`).MatchString(s) {
		return fmt.Errorf("%q is no size; write a whole number of M, G or T, as in \"10G\"", s)
	}
	return nil
}

// checkMountPoint is checkSharePath for an attribute.
func checkMountPoint(v any) error { return checkSharePath(fmt.Sprint(v)) }

// checkMode checks permissions.
func checkMode(v any) error {
	if s := fmt.Sprint(v); !regexp.MustCompile(`^[0-7]{3,4}$`).MatchString(s) {
		return fmt.Errorf("%q are no permissions; write three or four octal digits, as in \"1777\"", s)
	}
	return nil
}

// checkDisks checks names of local disks.
func checkDisks(v any) error {
	list, _ := v.([]any)
	seen := map[string]bool{}
	for _, e := range list {
		s := fmt.Sprint(e)
		switch name := strings.TrimPrefix(s, "/dev/"); {
		case s == "auto" && len(list) > 1:
			return fmt.Errorf("\"auto\" takes all unused disks and stands alone; remove the others")
		case s == "auto":
		case !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]*$`).MatchString(name) || strings.Contains(name, ".."):
			return fmt.Errorf("%q is neither \"auto\" nor the name of a disk, such as \"nvme0n1\" or \"/dev/sdb\"", s)
		case seen[name]:
			return fmt.Errorf("%q stands there twice", s)
		default:
			seen[name] = true
		}
	}
	return nil
}

// checkServed reports what is wrong with a share as a whole; on is nil when no
// node serves it.
func (r *resolver) checkServed(s served, on *group) bool {
	before := len(r.diags)
	if on == nil {
		r.checkManaged(s)
	} else {
		r.checkServers(s, on)
		r.checkCopies(s, on)
		r.checkNested(s)
	}
	return !r.diags[before:].HasErrors()
}

// checkManaged checks a share that no node of the cluster serves.
func (r *resolver) checkManaged(s served) {
	for name := range s.at.Attrs {
		switch {
		case name == paramServer:
			r.fail(s.at.At(name), "Two servers", "The share is at %s; no node of the cluster serves it. Remove server, or address.", s.address())
		case has(s.server, name) && !has(s.client, name):
			r.fail(s.at.At(name), "Nothing to serve", "%q is for a server of the cluster's own, and the share is at %s. Remove one of them.", name, s.address())
		}
	}
}

func (r *resolver) checkServers(s served, on *group) {
	at := s.at.At(paramServer)
	switch {
	case on.Count == 0:
		r.fail(at, "Share without a server", "The node group %q has no nodes to serve %s. Write count = 1 or more.", on.Name, s.path)
	case on.Count > 1 && !s.distributed():
		r.fail(at, "Too many servers", "One node serves a share of type %q, but %q has %d. %s", s.kind, on.Name, on.Count, r.distributedHint())
	case on.Spot:
		r.warn(at, "Share on spot machines", "The cloud may take back the nodes of %q at any time, and the data of %s with them.", on.Name, s.path)
	}
	if s.at.Values.Bool(paramKeep) && !has(s.server, paramKeep) {
		r.fail(s.at.At(paramKeep), "Data that can't be kept",
			"The data of a share of type %q lie on the cluster's own nodes and go with them. Remove keep, and copy what matters before you stop; or write the address of a file system that outlives the cluster.", s.kind)
	}
}

// distributedHint names the types that several nodes can serve.
func (r *resolver) distributedHint() string {
	kinds := r.typesWith(paramServers)
	if len(kinds) == 0 {
		return "Write count = 1."
	}
	return "Write count = 1, or choose a type that several nodes hold together: " + strings.Join(kinds, ", ") + "."
}

// checkCopies checks the number of copies against the number of servers.
func (r *resolver) checkCopies(s served, on *group) {
	v, n := s.at.Values, on.Count
	replica, disperse := v.Int("replica"), v.Int("disperse")
	if replica > n {
		r.fail(s.at.At("replica"), "More copies than servers", "replica = %d needs as many nodes, but %q has %d. Lower replica, or raise count.", replica, on.Name, n)
		return
	}
	if s.kind != "glusterfs" { // the others spread copies as they like
		return
	}
	switch {
	case disperse > 0 && replica > 1:
		r.fail(s.at.At("disperse"), "Copies and pieces", "Data are either copied (replica) or dispersed (disperse). Remove one of them.")
	case disperse == 1 || disperse == 2 || disperse > n:
		r.fail(s.at.At("disperse"), "Wrong number of pieces", "disperse = %d needs as many nodes, and three at least; %q has %d.", disperse, on.Name, n)
	case disperse > 0 && n%disperse != 0:
		r.fail(s.at.At("disperse"), "Servers that don't divide", "%d nodes of %q can't be divided into sets of disperse = %d. Make count a multiple of it.", n, on.Name, disperse)
	case disperse == 0 && replica > 0 && n%replica != 0:
		r.fail(s.at.At("replica"), "Servers that don't divide", "%d nodes of %q can't be divided into sets of replica = %d. Make count a multiple of it.", n, on.Name, replica)
	case disperse == 0 && replica == 0 && n > 3 && n%3 != 0 && n%2 != 0:
		r.fail(s.at.At(paramServer), "Copies not said", "%d nodes of %q divide into no sets of three or two copies. Write replica (1: no copies), or another count.", n, on.Name)
	}
}

// checkNested refuses to serve a folder that is itself a part of another share.
func (r *resolver) checkNested(s served) {
	if s.distributed() {
		return
	}
	for p := path.Dir(s.path); p != "/"; p = path.Dir(p) {
		if i := slices.IndexFunc(r.spec.Shares, func(o cluster.Share) bool { return o.Path == p }); i >= 0 {
			r.fail(s.at.Range, "Share within a share",
				"%s lies in %s, which is a share already: a node can't serve a folder that it has from another. Choose a path outside it.", s.path, p)
			return
		}
	}
}

// has reports whether a role declares a parameter.
func has(def *role.Role, param string) bool {
	return slices.ContainsFunc(def.Params.Attrs, func(a schema.Attr) bool { return a.Name == param })
}
