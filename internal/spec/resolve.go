package spec

import (
	"cmp"
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/schema"
)

// resolver turns one cluster block into a cluster.Spec.
type resolver struct {
	unit     *unit
	provider *provider
	block    *schema.Located
	groups   []*group
	spec     *cluster.Spec
	diags    hcl.Diagnostics
	looked   map[string]lookedUp // roles, by name
}

// group is a node group on its way: the domain type, where it stands, and what
// roles it has so far.
type group struct {
	cluster.Group
	at   *schema.Located
	uses []*use
}

type lookedUp struct {
	role  *role.Role
	diags hcl.Diagnostics
}

// Resolve returns the named cluster with every default filled in and all sugar
// expanded. It is nil when the diagnostics hold an error.
func (f *File) Resolve(name string) (*cluster.Spec, hcl.Diagnostics) {
	u, block, diags := f.find(name)
	if diags.HasErrors() {
		return nil, diags
	}
	if len(f.units) > 1 {
		if diags = u.checkGiven(); diags.HasErrors() {
			return nil, diags
		}
	}
	s, ds := u.resolve(block, f.opts.Rename)
	diags = tidy(append(append(diags, u.notes...), ds...))
	if diags.HasErrors() {
		return nil, diags
	}
	return s, diags
}

// ResolveAll resolves every cluster, and also checks the variables, locals and
// providers that none of them uses.
func (f *File) ResolveAll() ([]*cluster.Spec, hcl.Diagnostics) {
	var out []*cluster.Spec
	var diags hcl.Diagnostics
	for _, u := range f.units {
		diags = append(append(diags, u.notes...), u.scope.all()...)
		for _, p := range u.providers {
			_, ds := p.settings(u.scope)
			diags = append(diags, ds...)
		}
		for _, block := range u.clusters {
			s, ds := u.resolve(block, "")
			diags = append(diags, ds...)
			if !ds.HasErrors() {
				out = append(out, s)
			}
		}
	}
	return out, tidy(diags)
}

func (u *unit) resolve(block *hcl.Block, rename cluster.Name) (*cluster.Spec, hcl.Diagnostics) {
	r := &resolver{unit: u, spec: &cluster.Spec{}, looked: make(map[string]lookedUp)}
	name := block.Labels[0]
	if err := cluster.CheckLabel(name); err != nil {
		r.fail(labelRange(block), "Bad name of a cluster", "%s.", upper(err.Error()))
	}
	r.spec.Name = cmp.Or(rename, cluster.Name(name))
	r.spec.RoleDirs = u.opts.roleDirs

	var ds hcl.Diagnostics
	if r.provider, ds = u.clusterProvider(block); ds.HasErrors() {
		return nil, append(r.diags, ds...)
	}
	r.spec.Provider, ds = r.provider.settings(u.scope)
	r.diags = append(r.diags, ds...)
	r.block, ds = ClusterSchema(r.provider.plugin.Group).DecodeIn(block.Body, block.DefRange, u.scope)
	r.diags = append(r.diags, ds...)

	r.basics()
	r.readGroups()
	r.frontend()
	r.size()
	if r.diags.HasErrors() && len(r.groups) == 0 {
		return nil, r.diags
	}
	r.base()
	r.scheduler()
	r.shares()
	r.scratch()
	r.written()
	r.install()
	return r.spec, r.diags
}

func (r *resolver) fail(at hcl.Range, summary, detail string, args ...any) {
	r.diags = append(r.diags, failAt(at, summary, detail, args...)...)
}

func (r *resolver) warn(at hcl.Range, summary, detail string, args ...any) {
	r.diags = append(r.diags, warnAt(at, summary, detail, args...)...)
}

// basics takes over what needs no further thought.
func (r *resolver) basics() {
	v := r.block.Values
	r.spec.Image = v.String("image")
	r.spec.BatchSize = v.Int("batch_size")
	r.spec.Frontend = cluster.GroupName(v.String("frontend"))

	login := r.optional("login", loginSchema())
	r.spec.Login = cluster.Login{User: login.String("user"), UID: login.Int("uid"), Sudo: login.Bool("sudo")}
	r.spec.Network.SSHFrom = r.optional("network", networkSchema()).Strings("ssh_from")
	limits := r.optional("limits", limitsSchema())
	r.spec.Limits = cluster.Limits{MaxNodes: limits.Int("max_nodes"), TTL: r.unit.opts.Defaults.TTL}
	r.spec.Limits.AskAbovePrice, _ = limits["ask_above_price"].(float64)
	if ttl := limits.String("ttl"); ttl != "" {
		r.spec.Limits.TTL, _ = time.ParseDuration(ttl) // its schema has checked it; "none" is zero
	}
	if from := r.unit.opts.Defaults.SSHFrom; len(from) > 0 && !r.wrote("network", "ssh_from") {
		r.spec.Network.SSHFrom = from
	}
}

// wrote reports whether the spec has an attribute of a block, instead of its default.
func (r *resolver) wrote(block, attr string) bool {
	b := r.block.Block(block)
	return b != nil && b.Attrs[attr] != (hcl.Range{})
}

// optional returns the values of a block, or its defaults when there is none.
func (r *resolver) optional(name string, s schema.Schema) schema.Values {
	if b := r.block.Block(name); b != nil {
		return b.Values
	}
	return s.Defaults()
}

// lookup finds a role; at is where it is asked for.
func (r *resolver) lookup(name string, at hcl.Range) (*role.Role, bool) {
	l, done := r.looked[name]
	if !done {
		l.role, l.diags = r.unit.opts.Roles.Lookup(name)
		r.looked[name] = l
	}
	for _, d := range l.diags {
		if d.Subject == nil { // there is no such role: that is a mistake of the spec's line
			c := *d
			c.Subject = at.Ptr()
			d = &c
		}
		r.diags = append(r.diags, d)
	}
	return l.role, !l.diags.HasErrors() && l.role != nil
}

// labelRange is where the first label of a block stands.
func labelRange(b *hcl.Block) hcl.Range {
	if len(b.LabelRanges) > 0 {
		return b.LabelRanges[0]
	}
	return b.DefRange
}

func plural(n int, one string) string {
	if n == 1 {
		return fmt.Sprintf("%d %s", n, one)
	}
	return fmt.Sprintf("%d %ss", n, one)
}
