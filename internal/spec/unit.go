package spec

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/internal/schema"
)

// unit is one spec: the files that share their variables, locals and
// providers.
type unit struct {
	opts      Options
	sources   map[string]*source
	start     hcl.Range // where the first file begins
	dir       string    // where its relative paths begin
	variables map[string]*variable
	varNames  []string // in order
	locals    map[string]*hcl.Attribute
	locNames  []string // in order
	providers []*provider
	clusters  []*hcl.Block
	scope     *scope
	notes     hcl.Diagnostics // warnings about the values given from outside, for whoever resolves
}

// loadUnit reads the files of one spec. What is wrong in one block does not
// hide the others.
func (f *File) loadUnit(set []candidate) (*unit, hcl.Diagnostics) {
	u := &unit{
		opts: f.opts, sources: f.sources, dir: f.opts.Dir,
		variables: make(map[string]*variable), locals: make(map[string]*hcl.Attribute),
	}
	u.scope = newScope(u)
	var diags hcl.Diagnostics
	for i, c := range set {
		s, ds := readSource(c)
		f.sources[c.shown] = s
		diags = append(diags, ds...)
		if i == 0 {
			u.start = hcl.Range{Filename: c.shown, Start: hcl.InitialPos, End: hcl.InitialPos}
			if s.dir != "" {
				u.dir = s.dir
			}
		}
		if !ds.HasErrors() {
			diags = append(diags, u.add(s.file.Body)...)
		}
	}
	for _, d := range u.readGiven() {
		if d.Severity == hcl.DiagWarning {
			u.notes = append(u.notes, d)
		} else {
			diags = append(diags, d)
		}
	}
	return u, diags
}

// dirOf is where the relative paths of the spec begin.
func (u *unit) dirOf() string { return u.dir }

// add takes the blocks of one file.
func (u *unit) add(body hcl.Body) hcl.Diagnostics {
	content, diags := schema.Content(body, fileSchema().Body())
	for _, block := range content.Blocks {
		switch block.Type {
		case "variable":
			diags = append(diags, u.addVariable(block)...)
		case "locals":
			diags = append(diags, u.addLocals(block)...)
		case "provider":
			diags = append(diags, u.addProvider(block)...)
		case "cluster":
			diags = append(diags, u.addCluster(block)...)
		}
	}
	return diags
}

func (u *unit) addLocals(block *hcl.Block) hcl.Diagnostics {
	attrs, diags := block.Body.JustAttributes()
	for _, a := range inOrder(attrs) {
		if first, has := u.locals[a.Name]; has {
			diags = append(diags, twice(a.NameRange, "local", a.Name, first.NameRange)...)
			continue
		}
		u.locals[a.Name] = a
		u.locNames = append(u.locNames, a.Name)
	}
	return diags
}

func (u *unit) addCluster(block *hcl.Block) hcl.Diagnostics {
	for _, c := range u.clusters {
		if c.Labels[0] == block.Labels[0] {
			return twice(block.DefRange, "cluster", block.Labels[0], c.DefRange)
		}
	}
	u.clusters = append(u.clusters, block)
	return nil
}

// twice reports the second of two things of one name.
func twice(at hcl.Range, kind, name string, first hcl.Range) hcl.Diagnostics {
	return failAt(at, "Duplicate "+kind, "There is a %s %q already, at %s. Rename or remove one of them.",
		kind, name, schema.Position(first))
}
