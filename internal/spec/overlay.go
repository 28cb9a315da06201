package spec

import (
	"os"
	"path/filepath"
	"slices"
)

// overlay puts the user's own roles before the built-in ones: those of the
// folder roles beside the spec, then those of ecluster's home. A folder without
// roles is somebody else's and is left out.
func (f *File) overlay(beside string) {
	o := &f.opts
	if o.Overlay == nil {
		return
	}
	for _, above := range []string{beside, o.Home} {
		if above == "" {
			continue
		}
		dir, err := filepath.Abs(filepath.Join(above, "roles"))
		if err == nil && hasRoles(dir) && !slices.Contains(o.roleDirs, dir) {
			o.roleDirs = append(o.roleDirs, dir)
		}
	}
	if len(o.roleDirs) > 0 {
		o.Roles = o.Overlay(o.roleDirs)
	}
}

func hasRoles(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		_, err := os.Stat(filepath.Join(dir, e.Name(), "role.hcl"))
		return err == nil
	})
}
