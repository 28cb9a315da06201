package spec

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/schema"
)

const (
	roleBase        = "base"
	roleNamesServer = "names-server"
	roleNamesClient = "names-client"
	roleScript      = "script"
)

// use is a role of a group before its defaults are filled in.
type use struct {
	name    string
	label   string
	params  map[string]any
	at      hcl.Range
	written bool // in a role block, not by sugar
}

// base goes everywhere, first.
func (r *resolver) base() {
	params := map[string]any{}
	if tz := r.block.Values.String("timezone"); tz != "" {
		params["timezone"] = tz
	}
	for _, g := range r.groups {
		r.add(g, roleBase, params, r.block.Range)
		if r.provider.plugin.NamesResolve {
			continue
		}
		names := roleNamesClient
		if g.Name == r.spec.Frontend {
			names = roleNamesServer
		}
		r.add(g, names, nil, r.block.Range)
	}
}

// add gives a group a role that sugar asks for. Asking twice merges.
func (r *resolver) add(g *group, name string, params map[string]any, at hcl.Range) {
	for _, u := range g.uses {
		if u.name == name {
			maps.Copy(u.params, params)
			return
		}
	}
	u := &use{name: name, params: make(map[string]any, len(params)), at: at}
	maps.Copy(u.params, params)
	g.uses = append(g.uses, u)
}

// another gives a group one more use of a role that sugar needs once for each
// share. The first has no label unless the role is repeatable.
func (r *resolver) another(g *group, name, label string, params map[string]any, at hcl.Range) {
	def, ok := r.lookup(name, at)
	if !ok {
		return
	}
	used := slices.ContainsFunc(g.uses, func(u *use) bool { return u.name == name })
	if used && !def.Repeatable {
		r.fail(at, "Second share of this kind", "The role %q can serve one share only. Remove one of them.", name)
		return
	}
	if !def.Repeatable {
		label = ""
	}
	g.uses = append(g.uses, &use{name: name, label: label, params: maps.Clone(params), at: at})
}

// written reads the role blocks: the cluster's, then each group's own.
func (r *resolver) written() {
	for _, b := range r.block.Blocks["role"] {
		r.readRole(b, r.groups)
	}
	for _, g := range r.groups {
		for _, b := range g.at.Blocks["role"] {
			r.readRole(b, []*group{g})
		}
	}
}

func (r *resolver) readRole(b schema.Located, on []*group) {
	name := b.Labels[0]
	def, ok := r.lookup(name, b.Range)
	if !ok {
		return
	}
	l, ds := blockSchema(def).DecodeIn(b.Body, b.Range, r.unit.scope)
	r.diags = append(r.diags, ds...)
	if ds.HasErrors() {
		return
	}
	if _, narrowed := l.Attrs["on"]; narrowed {
		wanted := r.named(l.Values.Strings("on"), l.At("on"))
		for _, g := range wanted {
			if !slices.Contains(on, g) {
				r.fail(l.At("on"), "Wrong node group", "This role stands within another group; %q can't get it here. Move it out of the group.", g.Name)
			}
		}
		on = wanted
	}
	u := use{name: name, params: make(map[string]any), at: b.Range, written: true}
	for _, a := range def.Params.Attrs {
		if _, given := l.Attrs[a.Name]; given && l.Values[a.Name] != nil {
			u.params[a.Name] = l.Values[a.Name]
		}
	}
	if name == roleScript && !r.readScript(l, &u) {
		return
	}
	if !l.Values.Bool("when") {
		return
	}
	for _, g := range on {
		r.place(g, u, def)
	}
}

// blockSchema is what a role block may contain: on and when, and the role's
// parameters. A script may name a file instead of holding the text.
func blockSchema(def *role.Role) schema.Schema {
	s := roleSchema()
	for _, a := range def.Params.Attrs {
		if a.Name == "on" || a.Name == "when" {
			continue
		}
		switch def.Name {
		case roleScript:
			a.Required = false
		case roleUsers:
			a.Check = checkAccounts(a.Name)
		}
		s.Attrs = append(s.Attrs, a)
	}
	if def.Name == roleScript {
		s.Attrs = append(s.Attrs, schema.Attr{Name: "run", Type: cty.String, Doc: "The file that is run, beside the spec."})
	}
	return s
}

// readScript reads the file that run names.
func (r *resolver) readScript(l *schema.Located, u *use) bool {
	run, text := l.Values.String("run"), l.Values.String("script")
	if (run == "") == (text == "") {
		r.fail(l.Range, "Script without a text", "Name the file that is to be run: run = \"after.sh\"; or give its text, script = \"…\", not both.")
		return false
	}
	if run != "" {
		p := paths{env: r.unit.opts.Env, dir: r.unit.dirOf}
		var err error
		if text, err = p.read(run); err != nil {
			r.fail(l.At("run"), "Can't read the script", "%s. Paths begin at the folder of the spec.", upper(err.Error()))
			return false
		}
	}
	u.params["script"] = text
	if l.Values.String("name") == "" {
		u.params["name"] = "script"
		if run != "" {
			u.params["name"] = strings.TrimSuffix(filepath.Base(run), filepath.Ext(run))
		}
	}
	return true
}

// place gives a group a role that the spec writes. Where sugar has put the
// same role already, what is written wins and keeps sugar's place.
func (r *resolver) place(g *group, u use, def *role.Role) {
	u.params = maps.Clone(u.params)
	name, _ := u.params["name"].(string)
	u.label = name
	for _, other := range g.uses {
		switch {
		case other.name != u.name:
		case !other.written:
			maps.Copy(other.params, u.params)
			other.at, other.written = u.at, true
			return
		case !def.Repeatable:
			r.fail(u.at, "Role given twice", "The group %q has the role %q already, from %s. Remove one of them.",
				g.Name, u.name, schema.Position(other.at))
			return
		}
	}
	for n := 2; slices.ContainsFunc(g.uses, func(o *use) bool { return o.name == u.name && o.label == u.label }); n++ {
		u.label = strings.TrimPrefix(fmt.Sprintf("%s-%d", name, n), "-")
	}
	g.uses = append(g.uses, &u)
}

// install fills in the defaults of all parameters, adds the roles that others
// require, puts them in order, and finishes the groups.
func (r *resolver) install() {
	for _, g := range r.groups {
		uses, ok := r.finish(g)
		if !ok {
			continue
		}
		all, err := r.unit.opts.Roles.Resolve(uses)
		if err != nil {
			r.fail(g.at.Range, "Roles that don't go together", "In the group %q: %v.", g.Name, err)
			continue
		}
		g.Roles = all
		r.platforms(g, all)
		for _, u := range all {
			if def, ok := r.lookup(u.Name, g.at.Range); ok {
				g.Needs.Devices = union(g.Needs.Devices, def.Needs.Devices)
				g.Needs.Mounts = union(g.Needs.Mounts, def.Needs.Mounts)
			}
		}
		r.spec.Groups = append(r.spec.Groups, g.Group)
	}
}

func (r *resolver) finish(g *group) ([]cluster.RoleUse, bool) {
	good := true
	var out []cluster.RoleUse
	for _, u := range g.uses {
		def, ok := r.lookup(u.name, u.at)
		if !ok {
			good = false
			continue
		}
		params, err := def.Params.DecodeMap(u.params)
		if err != nil {
			good = false
			r.fail(u.at, fmt.Sprintf("Wrong parameters of role %q", u.name), "%s.", upper(err.Error()))
			continue
		}
		r.admitUntested(def, u.at)
		out = append(out, cluster.RoleUse{Name: u.name, Label: u.label, Params: orNil(params)})
	}
	return out, good
}

// admitUntested says once, however many groups have it, that nobody has seen a
// role work.
func (r *resolver) admitUntested(def *role.Role, at hcl.Range) {
	if def.Untested == "" {
		return
	}
	summary := fmt.Sprintf("Role %q is untested", def.Name)
	if !slices.ContainsFunc(r.diags, func(d *hcl.Diagnostic) bool { return d.Summary == summary && *d.Subject == at }) {
		r.warn(at, summary, "%s.", upper(def.Untested))
	}
}

// orNil makes an empty map nil, as it is once it has been through the state:
// what is wanted and what is recorded must compare equal.
func orNil(m map[string]any) map[string]any {
	if len(m) == 0 {
		return nil
	}
	return m
}

func union[T comparable](a, b []T) []T {
	for _, e := range b {
		if !slices.Contains(a, e) {
			a = append(a, e)
		}
	}
	return a
}
