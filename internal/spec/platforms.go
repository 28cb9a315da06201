package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/catalog"
	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

// platforms reports the roles of a group that don't work on its image, where
// the image is one that is known by name. What else an image may be, only its
// nodes can tell.
func (r *resolver) platforms(g *group, roles []cluster.RoleUse) {
	alias := cmp.Or(g.Image, r.spec.Image)
	images, err := catalog.LoadImages()
	image, known := images[alias]
	if err != nil || !known {
		return
	}
	at := r.block.At("image")
	if g.Image != "" {
		at = g.at.At("image")
	}
	var wrong []string
	shared := []string{} // platforms of all that don't work
	for _, u := range roles {
		def, ok := r.lookup(u.Name, g.at.Range)
		if !ok || def.WorksOn(image.Platform) {
			continue
		}
		if wrong = append(wrong, fmt.Sprintf("%q (only on %s)", u.Key(), strings.Join(def.Platforms, ", "))); len(wrong) == 1 {
			shared = slices.Clone(def.Platforms)
		}
		shared = slices.DeleteFunc(shared, func(p string) bool { return !def.WorksOn(p) })
	}
	if len(wrong) == 0 {
		return
	}
	hint := "Put them on groups of different images."
	if len(shared) > 0 {
		hint = "Choose another image. " + schema.DidYouMean("", shared)
	}
	r.fail(at, "Roles that don't work on this image", "The nodes of %q would run %s, where these roles don't work: %s. %s",
		g.Name, image.Platform, strings.Join(wrong, ", "), hint)
}
