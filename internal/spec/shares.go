package spec

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

// shareVolume is the type of a share that the provider mounts.
const shareVolume = "volume"

const (
	serverSuffix = "-server"
	clientSuffix = "-client"
)

// shares expands the share blocks into roles and mounts. Outer ones come before
// those within them, whatever their order in the spec: a mount hides what was
// mounted below it before.
func (r *resolver) shares() {
	first := make(map[string]*schema.Located)
	var good []*schema.Located
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
		good = append(good, b)
	}
	depth := func(b *schema.Located) int { return strings.Count(b.Labels[0], "/") }
	slices.SortStableFunc(good, func(a, b *schema.Located) int { return depth(a) - depth(b) })
	for _, b := range good {
		r.share(b.Labels[0], b)
	}
}

func (r *resolver) share(path string, b *schema.Located) {
	kind, ok := r.shareType(b)
	if !ok {
		return
	}
	if kind == shareVolume {
		l, ds := r.decodeShare(b, kind, shareSchema())
		if ds.HasErrors() {
			return
		}
		r.volume(cluster.Share{Path: path, Type: kind, Keep: l.Values.Bool("keep")}, l)
		return
	}
	server, ok := r.lookup(kind+serverSuffix, b.Range)
	client, also := r.lookup(kind+clientSuffix, b.Range)
	if !ok || !also {
		return
	}
	l, ds := r.decodeShare(b, kind, servedSchema(server, client))
	if ds.HasErrors() {
		return
	}
	r.served(served{path: path, kind: kind, at: l, server: server, client: client})
}

// decodeShare reads a share block. An option that other types have gets a
// better answer than that it is unknown.
func (r *resolver) decodeShare(b *schema.Located, kind string, want schema.Schema) (*schema.Located, hcl.Diagnostics) {
	named := func(name string) func(schema.Attr) bool {
		return func(a schema.Attr) bool { return a.Name == name }
	}
	attrs, _ := b.Body.JustAttributes() // what is wrong with it otherwise is found below
	var foreign hcl.Diagnostics
	for _, option := range shareOptions() {
		a, given := attrs[option]
		if !given || slices.ContainsFunc(want.Attrs, named(option)) {
			continue
		}
		hint := "No type has it."
		if types := r.typesWith(option); len(types) > 0 {
			hint = "Remove it, or choose another type: " + strings.Join(types, ", ") + "."
		}
		foreign = append(foreign, failAt(a.Range, "Option of another type", "A share of type %q has no %s. %s", kind, option, hint)...)
	}
	if len(foreign) > 0 {
		r.diags = append(r.diags, foreign...)
		return nil, foreign
	}
	l, ds := want.DecodeIn(b.Body, b.Range, r.unit.scope)
	r.diags = append(r.diags, ds...)
	return l, ds
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
// T-client; the name service is no file system.
func (r *resolver) shareTypes() []string { return shareTypes(r.unit.opts.Roles) }

func shareTypes(roles Roles) []string {
	names := roles.Names()
	out := []string{shareVolume}
	for _, n := range names {
		if t, ok := strings.CutSuffix(n, serverSuffix); ok && n != roleNamesServer && slices.Contains(names, t+clientSuffix) {
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
