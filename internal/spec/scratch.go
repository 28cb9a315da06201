package spec

import (
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/schema"
)

const roleScratch = "scratch"

// scratchSchema is the content of a scratch block; all of it are parameters of
// the role.
func scratchSchema() schema.Schema {
	list := cty.List(cty.String)
	return schema.Schema{
		Doc: "Local disks as a folder for temporary data.",
		Attrs: []schema.Attr{
			{Name: "path", Type: cty.String, Check: checkMountPoint, Doc: "Where it is. Default: /scratch."},
			{Name: "disks", Type: list, Check: checkDisks, Doc: "Names of disks, or \"auto\" for all unused ones, which is the default."},
			{Name: "filesystem", Type: cty.String, OneOf: []string{"xfs", "ext4"}, Doc: "What they are formatted with. Default: xfs."},
			{Name: "stripe", Type: cty.Bool, Doc: "Put several disks together as one. Default: true."},
			{Name: "mount_options", Type: list, Doc: "Options of the mount. Default: noatime."},
			{Name: "mode", Type: cty.String, Check: checkMode, Doc: "Permissions of the folder. Default: 1777."},
		},
	}
}

// scratch expands the scratch blocks: a group's own stands in for the
// cluster's, which is for the groups that run jobs.
func (r *resolver) scratch() {
	common := r.block.Block(roleScratch)
	for _, g := range r.groups {
		b := g.at.Block(roleScratch)
		if b == nil && r.computes(g) {
			b = common
		}
		if b == nil {
			continue
		}
		params := map[string]any{}
		for name := range b.Attrs {
			params[name] = b.Values[name]
		}
		if !r.checkScratch(b) {
			return
		}
		r.add(g, roleScratch, params, b.Range)
	}
}

// computes reports whether jobs run on a group; without a scheduler that is
// every one but the frontend, unless there is no other.
func (r *resolver) computes(g *group) bool {
	if r.spec.Scheduler != nil {
		return slices.Contains(r.spec.Scheduler.Workers, g.Name)
	}
	return g.Name != r.spec.Frontend || len(r.groups) == 1
}

// checkScratch refuses a folder that a share hides.
func (r *resolver) checkScratch(b *schema.Located) bool {
	path := b.Values.String("path")
	if path == "" {
		path = "/" + roleScratch
	}
	for _, s := range r.spec.Shares {
		if s.Path == path {
			r.fail(b.At("path"), "Scratch on a share", "%s is a share of all nodes; scratch is for each node's own disks. Choose another path.", path)
			return false
		}
	}
	return true
}
