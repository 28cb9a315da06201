package migrate

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// The kinds of sections.
const (
	kindCloud   = "cloud"
	kindLogin   = "login"
	kindSetup   = "setup"
	kindCluster = "cluster"
	kindStorage = "storage"
)

// config is all that was read, as one.
type config struct {
	sections []*section
	files    map[string]string // the texts, by name
	tainted  map[*option]bool  // what secrets are made of
	whole    map[*option]bool  // those of them that are a secret already
}

// open reads all files of a configuration.
func open(path string) (*config, hcl.Diagnostics) {
	c := &config{files: make(map[string]string), tainted: make(map[*option]bool), whole: make(map[*option]bool)}
	names, diags := find(path)
	for _, name := range names {
		text, ds := load(name)
		c.files[name] = text
		diags = append(diags, ds...)
		diags = append(diags, read(name, text, &c.sections)...)
	}
	c.inherit()
	c.rename()
	c.taint()
	return c, diags
}

// section returns [kind/name], or nil.
func (c *config) section(kind, name string) *section { return c.named(kind + "/" + name) }

func (c *config) named(name string) *section {
	for _, s := range c.sections {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (c *config) defaults() *section { return c.named(defaultSection) }

// split takes the name of a section apart: kind, name, and the group of nodes
// in [cluster/NAME/GROUP].
func (s *section) split() (kind, name, group string) {
	kind, name, _ = strings.Cut(s.name, "/")
	if kind == kindCluster {
		name, group, _ = strings.Cut(name, "/")
	}
	return kind, name, group
}

// names are those of the sections of one kind, in their order.
func (c *config) names(kind string) []string {
	var out []string
	for _, s := range c.sections {
		if k, name, group := s.split(); k == kind && name != "" && group == "" {
			out = append(out, name)
		}
	}
	return out
}

// inherit gives every section the options of [DEFAULT] that it lacks.
func (c *config) inherit() {
	from := c.defaults()
	if from == nil {
		return
	}
	for _, s := range c.sections {
		for _, o := range from.options {
			if s != from && s.find(o.key) == nil {
				copied := *o
				copied.origin = o
				s.set(&copied)
			}
		}
	}
}

var oldMinimum = regexp.MustCompile(`^([A-Za-z0-9_-]+)_min_nodes$`)

// rename gives options that ElastiCluster renamed their new names.
func (c *config) rename() {
	for _, s := range c.sections {
		kind, _, _ := s.split()
		for _, o := range s.options {
			switch {
			case kind == kindCluster && o.key == "setup_provider":
				o.key = "setup"
			case kind == kindCloud && o.key == "tenant_name":
				o.key = "project_name"
			case kind == kindSetup && o.key == "ssh_pipelining":
				o.key = "ansible_ssh_pipelining"
			case kind == kindCluster && oldMinimum.MatchString(o.key):
				o.key = strings.TrimSuffix(o.key, "_min_nodes") + "_nodes_min"
			}
		}
	}
}

var secretKey = regexp.MustCompile(`(?i)(passw|passphrase|secret|token|apikey|api_key|private_key|access_?key|account_key|credential)|(^|_)(key|pass|pwd)$`)

// inURL finds a URL with a password that is written out.
var inURL = regexp.MustCompile(`://[^/\s:@]*:[^/\s@$][^/\s@]*@`)

// secret reports whether the value of an option may be shown to nobody.
func (c *config) secret(o *option) bool { return c.tainted[o.root()] || isSecret(o) || c.shows(o) }

func isSecret(o *option) bool {
	if kind, _, _ := o.in.split(); kind == kindLogin {
		return false // these are names of files
	}
	return secretKey.MatchString(o.key) && !isBoolean(o.raw)
}

// shows reports whether a whole secret is in the value of an option, whatever the
// option is called.
func (c *config) shows(o *option) bool {
	seen := make(map[*option]bool)
	var look func(o *option) bool
	look = func(o *option) bool {
		if seen[o] {
			return false
		}
		seen[o] = true
		return c.whole[o.root()] || inURL.MatchString(o.raw) ||
			slices.ContainsFunc(c.refersTo(o), func(other *option) bool { return isSecret(other) || look(other) })
	}
	return look(o)
}

// taint finds the options that secrets are put together from.
func (c *config) taint() {
	var mark func(o *option, whole bool)
	mark = func(o *option, whole bool) {
		if c.tainted[o.root()] && (!whole || c.whole[o.root()]) {
			return
		}
		c.tainted[o.root()] = true
		c.whole[o.root()] = c.whole[o.root()] || whole
		for _, other := range c.refersTo(o) {
			mark(other, whole && o.raw == "%("+other.key+")s")
		}
	}
	for _, s := range c.sections {
		for _, o := range s.options {
			if isSecret(o) {
				mark(o, true)
			}
		}
	}
}

// refersTo are the options that the value of another one names.
func (c *config) refersTo(o *option) []*option {
	var out []*option
	for _, name := range referred(o.raw) {
		for _, s := range []*section{o.in, c.defaults()} {
			if s == nil {
				continue
			}
			if other := s.find(name); other != nil {
				out = append(out, other)
				break
			}
		}
	}
	return out
}
