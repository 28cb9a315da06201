package spec

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

// Options say where a spec is looked for and what it may refer to.
type Options struct {
	Path      string                      // -c: a file or a folder; it alone is read when given
	Dir       string                      // the current folder
	Home      string                      // $ECLUSTER_HOME
	Vars      []string                    // --var: "name=value", later ones win
	VarFiles  []string                    // --var-file: paths, later ones win
	Rename    cluster.Name                // what Resolve calls the cluster; its own name where empty
	Env       func(string) (string, bool) // the environment; nil is an empty one
	Embedded  fs.FS                       // the specs that are built in; each file is one of its own
	Providers map[string]providers.Plugin // by kind
	Roles     Roles                       // all roles that there are
	// Overlay returns the roles with those of the user's folders before them,
	// earlier ones first. Where it is nil the user's folders are not looked at.
	Overlay func(dirs []string) Roles
	// Defaults are the user's own, for what a spec leaves open.
	Defaults Defaults

	roleDirs []string // the user's role folders behind Roles, found by Load
}

// Defaults are what the user wants where a spec says nothing; zero fields
// leave it at what everybody gets.
type Defaults struct {
	TTL     time.Duration // limits.ttl
	SSHFrom []string      // network.ssh_from
}

// File is a spec that was read: one file, or the files of one folder.
type File struct {
	opts    Options
	where   string
	sources map[string]*source
	units   []*unit
}

// Roles are the roles that a spec may use; *role.Library is what there is.
type Roles interface {
	Names() []string
	Lookup(name string) (*role.Role, hcl.Diagnostics)
	Resolve(uses []cluster.RoleUse) ([]cluster.RoleUse, error)
	Files() map[string]*hcl.File // what diagnostics of Lookup point into
}

// ClusterSummary names a cluster of a spec without resolving it.
type ClusterSummary struct {
	Name     string    `json:"name"`
	Provider string    `json:"provider"` // the kind; empty when the spec does not tell
	From     string    `json:"from"`     // the file, as it is shown
	Range    hcl.Range `json:"-"`
}

// Load finds and reads the spec and checks what can be checked without
// choosing a cluster. The File is never nil, so that Sources serves the
// snippets of the diagnostics.
func Load(o Options) (*File, hcl.Diagnostics) {
	if o.Env == nil {
		o.Env = func(string) (string, bool) { return "", false }
	}
	f := &File{opts: o, sources: make(map[string]*source)}
	found, diags := locate(o)
	f.where = found.where
	f.overlay(found.dir)
	if diags.HasErrors() {
		return f, diags
	}
	for _, set := range found.sets {
		u, ds := f.loadUnit(set)
		diags = append(diags, ds...)
		f.units = append(f.units, u)
	}
	if len(f.units) == 1 {
		diags = append(diags, f.units[0].checkGiven()...)
	}
	if !diags.HasErrors() && len(f.Clusters()) == 0 {
		diags = append(diags, f.noCluster())
	}
	return f, tidy(diags)
}

func (f *File) noCluster() *hcl.Diagnostic {
	d := &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "No cluster in the spec",
		Detail: fmt.Sprintf("%s describes no cluster. Add a block: cluster \"mine\" { … }; ecluster init writes one to begin with.", f.where),
	}
	if len(f.units) > 0 {
		d.Subject = f.units[0].start.Ptr()
	}
	return d
}

// Where says in words where the spec came from.
func (f *File) Where() string { return f.where }

// Sources returns the files by the names that diagnostics use.
func (f *File) Sources() map[string]*hcl.File {
	out := make(map[string]*hcl.File, len(f.sources))
	if f.opts.Roles != nil {
		maps.Copy(out, f.opts.Roles.Files())
	}
	for name, s := range f.sources {
		out[name] = s.file
	}
	return out
}

// Clusters lists the clusters of the spec in the order of its files.
func (f *File) Clusters() []ClusterSummary {
	var out []ClusterSummary
	for _, u := range f.units {
		for _, c := range u.clusters {
			s := ClusterSummary{Name: c.Labels[0], Range: c.DefRange, From: c.DefRange.Filename}
			if p, _ := u.clusterProvider(c); p != nil {
				s.Provider = p.kind
			}
			out = append(out, s)
		}
	}
	return out
}

// find returns the block of the named cluster.
func (f *File) find(name string) (*unit, *hcl.Block, hcl.Diagnostics) {
	var names []string
	for _, u := range f.units {
		for _, c := range u.clusters {
			if c.Labels[0] == name {
				return u, c, nil
			}
			names = append(names, c.Labels[0])
		}
	}
	slices.Sort(names)
	detail := fmt.Sprintf("Looked in %s. ", f.where)
	if len(names) > 0 {
		detail += fmt.Sprintf("The clusters there are %s. ", strings.Join(names, ", "))
		if near := schema.Nearest(name, names); near != "" {
			detail += fmt.Sprintf("Did you mean %q? ", near)
		}
	}
	detail += "Another spec is named with -c."
	return nil, nil, hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: fmt.Sprintf("There is no cluster %q", name), Detail: detail,
	}}
}
