package google

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

//go:embed compute-v1.json.gz
var discovery []byte

// document is what Google publishes about compute/v1: the judge of every
// request. It does not change once it is read.
type document struct {
	Parameters map[string]*property // of every method
	Resources  map[string]struct {
		Methods map[string]*method
	}
	Schemas map[string]*property

	routes *route
}

// method is one request of the API.
type method struct {
	ID         string // "compute.instances.insert"
	HTTPMethod string
	Path       string // below /compute/v1/, with {parameters}
	Parameters map[string]*property
	Request    *property // only Ref
	Response   *property // only Ref
}

// resource is the collection that a method belongs to: "instances".
func (m *method) resource() string { return strings.Split(m.ID, ".")[1] }

// verb is the last word of the ID: "insert".
func (m *method) verb() string { return m.ID[strings.LastIndexByte(m.ID, '.')+1:] }

// property is a parameter, a field or a schema.
type property struct {
	Type                 string
	Format               string
	Ref                  string `json:"$ref"`
	Pattern              string
	Enum                 []string
	ReadOnly             bool
	Items                *property
	Properties           map[string]*property
	AdditionalProperties *property
	Annotations          struct {
		Required []string // IDs of methods
	}
	// Of parameters only.
	Location string
	Required bool
	Repeated bool
	Minimum  string
	Maximum  string

	pattern *regexp.Regexp // matches all of a value or nothing
}

// load reads the embedded document, once a process.
var load = sync.OnceValues(func() (*document, error) {
	z, err := gzip.NewReader(bytes.NewReader(discovery))
	if err != nil {
		return nil, fmt.Errorf("read the discovery document: %w", err)
	}
	d := &document{routes: &route{}}
	if err := json.NewDecoder(z).Decode(d); err != nil {
		return nil, fmt.Errorf("read the discovery document: %w", err)
	}
	patterns := map[string]*regexp.Regexp{}
	for _, s := range d.Schemas {
		if err := s.compile(patterns); err != nil {
			return nil, err
		}
	}
	for _, r := range d.Resources {
		for _, m := range r.Methods {
			for _, p := range m.Parameters {
				if err := p.compile(patterns); err != nil {
					return nil, err
				}
			}
			d.routes.add(m)
		}
	}
	return d, nil
})

// compile prepares the patterns. Google's have no anchors and are meant for
// the whole value.
func (p *property) compile(known map[string]*regexp.Regexp) error {
	if p == nil {
		return nil
	}
	if p.Pattern != "" {
		re, has := known[p.Pattern]
		if !has {
			var err error
			if re, err = regexp.Compile(`^(?:` + p.Pattern + `)$`); err != nil {
				return fmt.Errorf("read the discovery document: %w", err)
			}
			known[p.Pattern] = re
		}
		p.pattern = re
	}
	for _, child := range p.Properties {
		if err := child.compile(known); err != nil {
			return err
		}
	}
	if err := p.Items.compile(known); err != nil {
		return err
	}
	return p.AdditionalProperties.compile(known)
}

// resolve follows references.
func (d *document) resolve(p *property) *property {
	for p != nil && p.Ref != "" {
		p = d.Schemas[p.Ref]
	}
	return p
}

// route is a node of the tree of paths, one segment a level.
type route struct {
	fixed   map[string]*route
	param   *route
	methods map[string]*method // by HTTP method
}

func (r *route) add(m *method) {
	for segment := range strings.SplitSeq(m.Path, "/") {
		if strings.HasPrefix(segment, "{") {
			if r.param == nil {
				r.param = &route{}
			}
			r = r.param
			continue
		}
		if r.fixed == nil {
			r.fixed = map[string]*route{}
		}
		if r.fixed[segment] == nil {
			r.fixed[segment] = &route{}
		}
		r = r.fixed[segment]
	}
	if r.methods == nil {
		r.methods = map[string]*method{}
	}
	r.methods[m.HTTPMethod] = m
}

// find returns the method of a path below /compute/v1/, with what stands for
// its parameters; nil when there is none.
func (d *document) find(httpMethod, path string) (*method, map[string]string) {
	segments := strings.Split(path, "/")
	m := d.routes.find(httpMethod, segments)
	if m == nil {
		return nil, nil
	}
	params := map[string]string{}
	for i, segment := range strings.Split(m.Path, "/") {
		if name, is := strings.CutPrefix(segment, "{"); is {
			params[strings.TrimSuffix(name, "}")] = segments[i]
		}
	}
	return m, params
}

func (r *route) find(httpMethod string, segments []string) *method {
	if r == nil {
		return nil
	}
	if len(segments) == 0 {
		return r.methods[httpMethod]
	}
	if m := r.fixed[segments[0]].find(httpMethod, segments[1:]); m != nil {
		return m
	}
	if segments[0] == "" {
		return nil
	}
	return r.param.find(httpMethod, segments[1:])
}
