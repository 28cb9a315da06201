package role

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"

	"github.com/ecluster/ecluster/internal/schema"
)

// Library finds roles. It is safe for concurrent use; each role is parsed
// once, when it is first asked for.
type Library struct {
	layers []fs.FS

	mu     sync.Mutex
	parser *hclparse.Parser
	roles  map[string]parsed
	shared map[string]archive // by the names of the roles, see Assemble

	agentDigest string
	compressors sync.Pool // see packer
}

type parsed struct {
	role  *Role
	diags hcl.Diagnostics
}

// Layers are the user's folders, the first before the others, and what is
// built in below them.
func Layers(dirs []string, embedded fs.FS) []fs.FS {
	layers := make([]fs.FS, 0, len(dirs)+1)
	for _, dir := range dirs {
		layers = append(layers, os.DirFS(dir))
	}
	return append(layers, embedded)
}

// NewLibrary returns the roles of all layers; each has role folders at its
// root, and earlier layers win.
func NewLibrary(layers ...fs.FS) *Library {
	return &Library{
		layers: layers, parser: hclparse.NewParser(),
		roles: make(map[string]parsed), shared: make(map[string]archive), agentDigest: agentDigest(),
	}
}

// Names returns the names of all roles, sorted.
func (l *Library) Names() []string {
	names := map[string]bool{}
	for _, layer := range l.layers {
		entries, err := fs.ReadDir(layer, ".")
		if err != nil {
			continue // a folder of the user's that is not there has no roles
		}
		for _, e := range entries {
			if _, err := fs.Stat(layer, path.Join(e.Name(), "role.hcl")); err == nil {
				names[e.Name()] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Lookup returns a role, or nil and why: there is none of that name (a
// diagnostic without a subject, for the caller to place), or it has mistakes
// (diagnostics that point into its role.hcl).
func (l *Library) Lookup(name string) (*Role, hcl.Diagnostics) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p, ok := l.roles[name]; ok {
		return p.role, p.diags
	}
	role, diags := l.load(name)
	l.roles[name] = parsed{role, diags}
	return role, diags
}

// Files returns the sources that the diagnostics of Lookup point into, by file name.
func (l *Library) Files() map[string]*hcl.File {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.parser.Files())
}

func (l *Library) load(name string) (*Role, hcl.Diagnostics) {
	full := path.Join(name, "role.hcl")
	for _, layer := range l.layers {
		if !fs.ValidPath(full) {
			break
		}
		source, err := fs.ReadFile(layer, full)
		if err != nil {
			continue
		}
		folder, err := fs.Sub(layer, name)
		if err != nil {
			continue
		}
		file, diags := l.parser.ParseHCL(source, full)
		if diags.HasErrors() {
			return nil, diags
		}
		role, more := parse(name, folder, source, file.Body)
		return role, append(diags, more...)
	}
	return nil, hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Unknown role",
		Detail: fmt.Sprintf("There is no role %q. %s", name, schema.DidYouMean(name, l.Names())),
	}}
}

// find is Lookup with an error for callers that have no source to point at.
func (l *Library) find(name string) (*Role, error) {
	role, diags := l.Lookup(name)
	if role == nil {
		return nil, fmt.Errorf("load role %s: %w", name, diags)
	}
	return role, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
