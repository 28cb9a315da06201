package spec

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/schema"
)

// shareVolume is the type of a share that the provider mounts.
const shareVolume = "volume"

const (
	serverSuffix = "-server"
	clientSuffix = "-client"
)

// shares expands the share blocks into roles and mounts.
func (r *resolver) shares() {
	first := make(map[string]*schema.Located)
	for i := range r.block.Blocks["share"] {
		b := &r.block.Blocks["share"][i]
		path := b.Labels[0]
		if err := checkSharePath(path); err != nil {
			r.fail(b.Range, "Bad mount point", "%s.", upper(err.Error()))
			continue
		}
		if other := first[path]; other != nil {
			r.diags = append(r.diags, twice(b.Range, "share", path, other.Range)...)
			continue
		}
		first[path] = b
		r.share(path, b)
	}
}

func (r *resolver) share(path string, b *schema.Located) {
	kind, ok := r.shareType(b)
	if !ok {
		return
	}
	want := shareSchema()
	var server *role.Role
	if kind != shareVolume {
		if server, ok = r.lookup(kind+serverSuffix, b.Range); !ok {
			return
		}
		want = shareWith(want, server)
	}
	l, ds := want.DecodeIn(b.Body, b.Range, r.unit.scope)
	if r.diags = append(r.diags, ds...); ds.HasErrors() {
		return
	}
	s := cluster.Share{Path: path, Type: kind, Keep: l.Values.Bool("keep")}
	if kind == shareVolume {
		r.volume(s, l)
	} else {
		r.served(s, l, server)
	}
}

// shareType reads the type alone, because it decides what else may stand in
// the block.
func (r *resolver) shareType(b *schema.Located) (string, bool) {
	attrs, _ := b.Body.JustAttributes() // what is wrong with the others is found later
	kind := shareVolume
	if a, has := attrs["type"]; has {
		v, ds := r.unit.scope.evaluate(a.Expr)
		if ds.HasErrors() {
			r.diags = append(r.diags, ds...)
			return "", false
		}
		p, _ := schema.ToPlain(v)
		kind, _ = p.(string)
		b.Attrs = map[string]hcl.Range{"type": a.Expr.Range()}
	}
	if valid := r.shareTypes(); !slices.Contains(valid, kind) {
		r.fail(b.At("type"), "Unknown type of share", "There is no share of type %q. %s", kind, schema.DidYouMean(kind, valid))
		return "", false
	}
	if kind == shareVolume && !r.provider.plugin.SharedVolumes {
		r.fail(b.At("type"), "No shared volumes here", "The provider %q can't mount one volume on several nodes. Write another type. %s",
			r.provider.kind, schema.DidYouMean("", r.shareTypes()[1:]))
		return "", false
	}
	return kind, true
}

// shareTypes are volume and every T for which there are roles T-server and
// T-client.
func (r *resolver) shareTypes() []string {
	names := r.unit.opts.Roles.Names()
	out := []string{shareVolume}
	for _, n := range names {
		if t, ok := strings.CutSuffix(n, serverSuffix); ok && slices.Contains(names, t+clientSuffix) {
			out = append(out, t)
		}
	}
	return out
}

func (r *resolver) volume(s cluster.Share, l *schema.Located) {
	if _, given := l.Attrs["server"]; given {
		r.fail(l.At("server"), "Volume with a server", "The provider mounts a volume; no node serves it. Remove server.")
		return
	}
	mount := cluster.Mount{Volume: volumeName(s.Path), Path: s.Path, Keep: s.Keep}
	for _, other := range r.groups[0].Needs.Mounts {
		if other.Volume == mount.Volume {
			r.fail(l.Range, "Two shares of one name", "%s and %s would be the same volume %q. Rename one of them.", other.Path, s.Path, mount.Volume)
			return
		}
	}
	r.spec.Shares = append(r.spec.Shares, s)
	for _, g := range r.groups {
		g.Needs.Mounts = append(g.Needs.Mounts, mount)
		r.another(g, "share-volume", mount.Volume, map[string]any{"path": s.Path, "volume": mount.Volume}, l.Range)
	}
}

// volumeName makes a name of a path: "/data/raw" is "data-raw".
func volumeName(path string) string {
	return strings.ToLower(strings.NewReplacer("/", "-", "_", "-", ".", "-").Replace(strings.Trim(path, "/")))
}

func (r *resolver) served(s cluster.Share, l *schema.Located, server *role.Role) {
	s.Server = r.spec.Frontend
	if name := l.Values.String("server"); name != "" {
		s.Server = cluster.GroupName(name)
	}
	on := r.named([]string{string(s.Server)}, l.At("server"))
	client, ok := r.lookup(s.Type+clientSuffix, l.Range)
	if !ok || len(on) == 0 {
		return
	}
	r.spec.Shares = append(r.spec.Shares, s)
	params := maps.Clone(map[string]any(l.Values))
	params["path"] = s.Path
	params["server"] = string(cluster.NewNodeName(s.Server, 1))
	label := volumeName(s.Path)
	for _, g := range r.groups {
		if g == on[0] {
			r.another(g, server.Name, label, only(params, server), l.Range)
		} else {
			r.another(g, client.Name, label, only(params, client), l.Range)
		}
	}
}

// shareWith adds the parameters of the server's role to a share block.
func shareWith(s schema.Schema, server *role.Role) schema.Schema {
	for _, a := range server.Params.Attrs {
		if !slices.Contains([]string{"path", "server", "type", "keep"}, a.Name) {
			s.Attrs = append(s.Attrs, a)
		}
	}
	return s
}

// only leaves the parameters that a role has.
func only(params map[string]any, def *role.Role) map[string]any {
	out := make(map[string]any)
	for _, a := range def.Params.Attrs {
		if p, has := params[a.Name]; has {
			out[a.Name] = p
		}
	}
	return out
}
