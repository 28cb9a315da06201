package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Options say what is converted.
type Options struct {
	Path string                      // the file, or a folder with *.conf
	Env  func(string) (string, bool) // the environment
	// Platforms tells on which platforms a role works; nil or none is all.
	Platforms func(role string) []string
}

// File is a file of the result.
type File struct {
	Name string // without a folder
	Text []byte
	// Private says that it seems to hold a secret, so that nobody else may read it.
	Private bool
}

// Cluster is a cluster of the result.
type Cluster struct {
	Name     string `json:"name"`
	Section  string `json:"section"` // in ElastiCluster's configuration
	Provider string `json:"provider"`
	File     string `json:"file"`
}

// Result is what became of a configuration.
type Result struct {
	Files    []File
	Clusters []Cluster
	Notes    []Note
	Sources  map[string]*hcl.File // what diagnostics point into, without secrets
}

// cloudsFile has the provider blocks of all clusters.
const cloudsFile = "clouds.ecluster.hcl"

// Convert reads ElastiCluster's configuration. Errors are about the whole of it
// where the Result has no clusters, else about those clusters that it lacks. The
// Result is never nil.
func Convert(o Options) (*Result, hcl.Diagnostics) {
	if o.Env == nil {
		o.Env = func(string) (string, bool) { return "", false }
	}
	cfg, diags := open(o.Path)
	r := &Result{Sources: cfg.shown()}
	if diags.HasErrors() {
		return r, diags
	}
	c := &converter{Options: o, cfg: cfg, result: r}
	c.clouds.taken = make(map[string]string)
	c.clusters()
	c.storage()
	c.leftovers()
	if len(c.clouds.body.items) > 0 {
		r.Files = append([]File{{Name: cloudsFile, Text: c.clouds.render(o.Path)}}, r.Files...)
	}
	r.Notes = c.notes.report()
	return r, append(diags, c.diags...)
}

// converter converts one configuration.
type converter struct {
	Options
	cfg    *config
	result *Result
	notes  notes
	clouds clouds
	diags  hcl.Diagnostics
	bad    map[*option]bool // reported already as what can't be read
}

// clusters converts each [cluster/NAME].
func (c *converter) clusters() {
	var names []string
	for _, name := range c.cfg.names(kindCluster) {
		s := c.cfg.section(kindCluster, name)
		label := labelOf(name, "cluster", false, append(names, "clouds"))
		names = append(names, label)
		before := len(c.diags)
		cl := &clusterWriter{converter: c, section: s, template: name, name: label}
		text, provider := cl.convert()
		if c.diags[before:].HasErrors() {
			continue
		}
		file := label + ".ecluster.hcl"
		c.result.Files = append(c.result.Files, File{Name: file, Text: text})
		c.result.Files = append(c.result.Files, cl.files...)
		c.result.Clusters = append(c.result.Clusters, Cluster{Name: label, Section: s.name, Provider: provider, File: file})
	}
	if len(names) == 0 {
		c.diags = append(c.diags, fail(nil, "No cluster", "%s has no section [cluster/NAME], so there is nothing to convert.", c.Path)...)
	}
}

// value is the value of an option with names put in; environment variables are
// still references. An option that shows a secret has none.
func (c *converter) value(o *option) string {
	if c.cfg.shows(o) {
		c.note("", o, Secret, "a secret is in its value, which is written nowhere; give it by env(\"NAME\")")
		return ""
	}
	return c.interpolated(o)
}

func (c *converter) interpolated(o *option) string {
	o.use()
	v, err := interpolate(o, c.cfg.defaults())
	if err == nil {
		return v
	}
	if c.bad == nil {
		c.bad = make(map[*option]bool)
	}
	if !c.bad[o] {
		c.bad[o] = true
		c.diags = append(c.diags, fail(&o.at, "Value that can't be read", "In [%s], %s: %s.", o.in.name, o.key, err)...)
	}
	return ""
}

// settled is value with environment variables put in, for what must be known now.
func (c *converter) settled(o *option) string {
	return strings.TrimSpace(settled(c.value(o), c.Env))
}

// expression is value as HCL; environment variables are read whenever the spec is.
// It is nil where a secret is in the value.
func (c *converter) expression(o *option) hclwrite.Tokens {
	v := c.value(o)
	if v == "" && c.cfg.shows(o) {
		return nil
	}
	return text(v)
}

// note tells what became of an option; cluster is "" when it concerns all.
func (c *converter) note(cluster string, o *option, kind Kind, reason string, args ...any) {
	o.use()
	key := o.key
	if o.origin != nil {
		key = o.origin.key
	}
	c.notes.add(Note{
		File: o.at.Filename, Line: o.at.Start.Line, Section: o.in.name, Option: key,
		Kind: kind, Reason: fmt.Sprintf(reason, args...), cluster: cluster,
	})
}

// storage notes the section [storage]: it is about ElastiCluster's records.
func (c *converter) storage() {
	for _, s := range c.cfg.sections {
		if kind, _, _ := s.split(); kind != kindStorage {
			continue
		}
		for _, o := range s.options {
			switch o.key {
			case "storage_path":
				c.note("", o, Changed, "the folder of the records is ecluster's -s, or ECLUSTER_HOME; clusters that run are not taken over: finish them with ElastiCluster")
			case "storage_type":
				c.note("", o, Dropped, "records are JSON")
			}
		}
	}
}

// leftovers notes whatever nothing above has looked at, so that no option is
// lost in silence.
func (c *converter) leftovers() {
	for _, s := range c.cfg.sections {
		kind, name, group := s.split()
		known := slices.Contains([]string{kindCloud, kindLogin, kindSetup, kindCluster, kindStorage}, kind)
		for _, o := range s.options {
			switch {
			case o.used, o.origin != nil:
			case s.name == defaultSection:
				c.note("", o, Dropped, "no section that was converted knows this option")
			case !known:
				c.note("", o, Dropped, "ElastiCluster knows no section of this kind")
			case group != "" && c.cfg.section(kindCluster, name) == nil:
				c.note("", o, Dropped, "there is no [cluster/%s]", name)
			case kind == kindCluster && c.failed(name):
				c.note("", o, Todo, "this cluster was not converted, see the errors")
			case group != "":
				c.note("", o, Dropped, "nothing here reads it: [cluster/%s] has no %s_nodes, or the option belongs to another cloud", name, group)
			case kind == kindStorage:
				c.note("", o, Dropped, "ElastiCluster documents no such option")
			case !c.referred(kind, name):
				c.note("", o, Unneeded, "no cluster that was converted uses this section")
			case c.cfg.secret(o):
				c.note("", o, Secret, "nothing in ecluster reads it; it is not written anywhere")
			default:
				c.note("", o, Dropped, "ElastiCluster documents no such option here, or it belongs to another cloud")
			}
		}
	}
}

func (c *converter) failed(name string) bool {
	return !slices.ContainsFunc(c.result.Clusters, func(cl Cluster) bool { return cl.Section == kindCluster+"/"+name })
}

// referred reports whether a cluster that was converted names a section.
func (c *converter) referred(kind, name string) bool {
	if kind == kindCluster {
		return true
	}
	for _, cl := range c.result.Clusters {
		if o := c.cfg.named(cl.Section).find(kind); o != nil && c.settled(o) == name {
			return true
		}
	}
	return false
}
