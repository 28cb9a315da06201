package role

import (
	"errors"
	"io/fs"

	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Library finds roles. It is safe for concurrent use; each role is parsed once.
type Library struct {
	layers []fs.FS
}

// NewLibrary returns the roles of all layers; each has role folders at its
// root, and earlier layers win.
func NewLibrary(layers ...fs.FS) *Library { return &Library{layers: layers} }

// Names returns the names of all roles, sorted.
func (l *Library) Names() []string { return nil }

// Lookup returns a role, or why there is none or what is wrong with it.
func (l *Library) Lookup(name string) (*Role, hcl.Diagnostics) {
	return nil, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "no role " + name}}
}

// Files returns the sources that diagnostics of Lookup point into.
func (l *Library) Files() map[string]*hcl.File { return nil }

// Resolve adds the roles that others require and puts all in order.
func (l *Library) Resolve(uses []cluster.RoleUse) ([]cluster.RoleUse, error) {
	return nil, errors.ErrUnsupported
}
