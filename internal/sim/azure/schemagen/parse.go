package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// schema is what is written; internal/sim/azure reads it.
type schema struct {
	Modules map[string]string           `json:"modules"` // versions
	Ops     []operation                 `json:"ops"`
	Types   map[string]map[string]field `json:"types"` // by JSON name of the property
	Enums   map[string][]string         `json:"enums"`
}

type operation struct {
	Name    string   `json:"n"`
	Method  string   `json:"m"`
	Path    string   `json:"p"`
	Version string   `json:"v"`
	Body    string   `json:"b,omitempty"`
	Query   []string `json:"q,omitempty"`
	Status  []string `json:"s"` // answers that are no refusal: "OK", "Created"
}

type field struct {
	Type     string `json:"t"`
	Required bool   `json:"r,omitempty"`
	ReadOnly bool   `json:"ro,omitempty"`
}

// pkg is one parsed package of the SDK.
type pkg struct {
	name   string
	files  []*ast.File
	consts map[string]string
	enums  map[string][]string
	// structs holds types by name; jsonNames what MarshalJSON calls the fields.
	structs   map[string]*ast.StructType
	jsonNames map[string]map[string]string
	// public is the exported name of what makes a request, by "Client.request".
	public map[string]string
	// status are the answers that the SDK takes for a success, likewise.
	status map[string][]string
}

func parse(dir string) (*pkg, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	p := &pkg{
		consts: map[string]string{}, enums: map[string][]string{}, structs: map[string]*ast.StructType{},
		jsonNames: map[string]map[string]string{}, public: map[string]string{}, status: map[string][]string{},
	}
	set := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || filepath.Base(name) == "build.go" {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.name = f.Name.Name
		p.files = append(p.files, f)
	}
	for _, f := range p.files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				p.declare(d)
			case *ast.FuncDecl:
				p.function(d)
			}
		}
	}
	return p, nil
}

func (p *pkg) declare(d *ast.GenDecl) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if t, is := s.Type.(*ast.StructType); is {
				p.structs[s.Name.Name] = t
			}
		case *ast.ValueSpec:
			for i, v := range s.Values {
				text, is := literal(v)
				if !is {
					continue
				}
				p.consts[s.Names[i].Name] = text
				if t, is := s.Type.(*ast.Ident); is {
					p.enums[t.Name] = append(p.enums[t.Name], text)
				}
			}
		}
	}
}

var publicName = regexp.MustCompile(`^\w*Client\.[A-Z]\w*$`)

// function reads the JSON names of a type, or the public name of a request.
func (p *pkg) function(d *ast.FuncDecl) {
	receiver := receiverOf(d)
	if receiver == "" {
		return
	}
	if d.Name.Name == "MarshalJSON" {
		names := map[string]string{}
		ast.Inspect(d, func(n ast.Node) bool {
			if c, is := n.(*ast.CallExpr); is && len(c.Args) >= 3 && strings.HasPrefix(callee(c), "populate") {
				if text, is := literal(c.Args[1]); is {
					if sel, is := c.Args[2].(*ast.SelectorExpr); is {
						names[sel.Sel.Name] = text
					}
				}
			}
			return true
		})
		p.jsonNames[receiver] = names
		return
	}
	public, request := "", ""
	var status []string
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if text, is := literal(n); is && publicName.MatchString(text) {
				public = text
			}
		case *ast.CallExpr:
			switch name := callee(n); {
			case strings.HasSuffix(name, "CreateRequest"):
				request = name
			case name == "HasStatusCode":
				for _, arg := range n.Args {
					if sel, is := arg.(*ast.SelectorExpr); is {
						status = append(status, strings.TrimPrefix(sel.Sel.Name, "Status"))
					}
				}
			}
		}
		return true
	})
	if request != "" && len(status) > 0 {
		p.status[receiver+"."+request] = status
	}
	if public != "" && request != "" {
		p.public[receiver+"."+request] = public
	}
}

// addTo adds the operations of clients with all that their bodies need.
func (p *pkg) addTo(s *schema, clients []string) {
	for _, f := range p.files {
		for _, d := range f.Decls {
			fn, is := d.(*ast.FuncDecl)
			if !is || !strings.HasSuffix(fn.Name.Name, "CreateRequest") {
				continue
			}
			client := receiverOf(fn)
			public := p.public[client+"."+fn.Name.Name]
			if public == "" || len(clients) > 0 && !slices.Contains(clients, client) {
				continue
			}
			op := p.operation(fn)
			op.Name, op.Status = public, p.status[client+"."+fn.Name.Name]
			if op.Path == "" || strings.Contains(op.Path, "?") || op.Version == "" || strings.Contains(op.Path, "{resourceId}") {
				continue
			}
			s.Ops = append(s.Ops, op)
			if op.Body != "" {
				p.addType(s, strings.TrimPrefix(op.Body, p.name+"."))
			}
		}
	}
}

func (p *pkg) operation(fn *ast.FuncDecl) operation {
	var op operation
	params := map[string]string{}
	for _, f := range fn.Type.Params.List {
		for _, n := range f.Names {
			params[n.Name] = p.typeOf(f.Type)
		}
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if id, is := n.Lhs[0].(*ast.Ident); is && id.Name == "urlPath" && op.Path == "" {
				op.Path, _ = literal(n.Rhs[0])
			}
		case *ast.SelectorExpr:
			if method, is := strings.CutPrefix(n.Sel.Name, "Method"); is && op.Method == "" {
				op.Method = strings.ToUpper(method)
			}
		case *ast.CallExpr:
			p.call(n, params, &op)
		}
		return true
	})
	return op
}

// call reads a query parameter or the body from one call in a request's maker.
func (p *pkg) call(c *ast.CallExpr, params map[string]string, op *operation) {
	switch {
	case callee(c) == "Set" && len(c.Args) == 2:
		key, is := literal(c.Args[0])
		if !is {
			return
		}
		if key != "api-version" {
			op.Query = append(op.Query, key)
			return
		}
		if text, is := literal(c.Args[1]); is {
			op.Version = text
		} else if id, is := c.Args[1].(*ast.Ident); is {
			op.Version = p.consts[id.Name]
		}
	case callee(c) == "MarshalAsJSON":
		if id, is := c.Args[1].(*ast.Ident); is {
			op.Body = params[id.Name]
		}
	}
}

// sizeNames is an enumeration that its own documentation calls deprecated and
// incomplete: the sizes are those that ResourceSKUs lists.
const sizeNames = "VirtualMachineSizeTypes"

// addType adds a struct or an enumeration, and what its fields are made of.
func (p *pkg) addType(s *schema, name string) {
	full := p.name + "." + name
	if values, is := p.enums[name]; is {
		if name == sizeNames {
			values = nil
		}
		s.Enums[full] = values
		return
	}
	t, is := p.structs[name]
	if !is || s.Types[full] != nil {
		return
	}
	fields := map[string]field{}
	s.Types[full] = fields
	for _, f := range t.Fields.List {
		for _, n := range f.Names {
			jsonName := p.jsonNames[name][n.Name]
			if jsonName == "" {
				continue
			}
			doc := f.Doc.Text()
			kind := p.typeOf(f.Type)
			fields[jsonName] = field{
				Type:     kind,
				Required: strings.HasPrefix(doc, "REQUIRED"),
				ReadOnly: strings.HasPrefix(doc, "READ-ONLY"),
			}
			inner := strings.TrimLeft(kind, "[]{}")
			if rest, is := strings.CutPrefix(inner, p.name+"."); is {
				p.addType(s, rest)
			}
		}
	}
}

// typeOf writes a type as the schema does: []T, {}T for a map, any, time,
// bytes, a basic type, or package.Name.
func (p *pkg) typeOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return p.typeOf(e.X)
	case *ast.ArrayType:
		if inner := p.typeOf(e.Elt); inner != "byte" {
			return "[]" + inner
		}
		return "bytes"
	case *ast.MapType:
		return "{}" + p.typeOf(e.Value)
	case *ast.SelectorExpr:
		return strings.ToLower(e.Sel.Name) // time.Time
	case *ast.Ident:
		if ast.IsExported(e.Name) {
			return p.name + "." + e.Name
		}
		return e.Name
	}
	return "any"
}

func receiverOf(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	t := d.Recv.List[0].Type
	if s, is := t.(*ast.StarExpr); is {
		t = s.X
	}
	if id, is := t.(*ast.Ident); is {
		return id.Name
	}
	return ""
}

func callee(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	l, is := e.(*ast.BasicLit)
	if !is || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}
