package aws

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// problem is one thing that the schema says against a request.
type problem struct {
	kind problemKind
	path string // of the parameter, as the request names it: "NetworkInterface.1.SubnetId"
	text string // what is wrong with it
}

type problemKind int

const (
	unknownParameter problemKind = iota
	missingParameter
	wrongValue
	wrongFormat
)

func (p problem) String() string { return p.path + ": " + p.text }

// decoder turns a request into the tree of its values and gathers what the
// schema says against it.
type decoder struct {
	model *model
	// member says that lists travel as Name.member.N, as the Query protocol
	// proper has it; EC2's has Name.N.
	member   bool
	problems []problem
}

func (d *decoder) complain(kind problemKind, path, format string, args ...any) {
	d.problems = append(d.problems, problem{kind, path, fmt.Sprintf(format, args...)})
}

// node is a parameter of a query, split at its dots.
type node struct {
	value    *string
	children map[string]*node
}

// query decodes the parameters of an operation with this input.
func (d *decoder) query(form url.Values, input *reference) object {
	root := &node{children: map[string]*node{}}
	for key, values := range form {
		if key == "Action" || key == "Version" {
			continue
		}
		if len(values) > 1 {
			d.complain(wrongFormat, key, "given %d times", len(values))
		}
		at := root
		for part := range strings.SplitSeq(key, ".") {
			if at.children == nil {
				at.children = map[string]*node{}
			}
			next := at.children[part]
			if next == nil {
				next = &node{}
				at.children[part] = next
			}
			at = next
		}
		at.value = &values[0]
	}
	if input == nil {
		input = &reference{}
	}
	o, _ := d.fromQuery(root, d.shape(input), "").(object)
	slices.SortFunc(d.problems, func(a, b problem) int { return strings.Compare(a.path, b.path) })
	return o
}

func (d *decoder) shape(r *reference) *shape {
	if s := d.model.Shapes[r.Shape]; s != nil {
		return s
	}
	return &shape{Type: typeStructure}
}

func (d *decoder) fromQuery(n *node, s *shape, path string) any {
	switch s.Type {
	case typeStructure:
		return d.structFromQuery(n, s, path)
	case typeList:
		return d.listFromQuery(n, s, path)
	}
	if len(n.children) > 0 {
		for name := range n.children {
			d.complain(unknownParameter, join(path, name), "not recognized: %s is a %s", path, s.Type)
		}
		return nil
	}
	return d.scalar(*n.value, s, path)
}

func (d *decoder) structFromQuery(n *node, s *shape, path string) any {
	if n.value != nil {
		d.complain(unknownParameter, path, "not recognized as a value: it is a structure")
		return nil
	}
	o := object{}
	names := map[string]string{}
	for member, r := range s.Members {
		name := member
		if !d.member {
			name = r.queryName(member)
		}
		names[name] = member
	}
	for name, child := range n.children {
		member, known := names[name]
		if !known {
			d.complain(unknownParameter, join(path, name), "not recognized")
			continue
		}
		if v := d.fromQuery(child, d.shape(s.Members[member]), join(path, name)); v != nil {
			o[member] = v
		}
	}
	for _, member := range s.Required {
		name := member
		if !d.member {
			name = s.Members[member].queryName(member)
		}
		if child := n.children[name]; child == nil || child.value != nil && *child.value == "" {
			d.complain(missingParameter, join(path, name), "required")
		}
	}
	return o
}

func (d *decoder) listFromQuery(n *node, s *shape, path string) any {
	if n.value != nil {
		if d.member && *n.value == "" { // the Query protocol's empty list
			return list{}
		}
		d.complain(unknownParameter, path, "not recognized as a value: it is a list, %s.1", path)
		return nil
	}
	if d.member {
		inner := n.children["member"]
		if inner == nil || len(n.children) > 1 {
			d.complain(unknownParameter, path, "a list is written %s.member.1", path)
			return nil
		}
		n, path = inner, path+".member"
	}
	l := list{}
	for i := 1; i <= len(n.children); i++ {
		child := n.children[strconv.Itoa(i)]
		if child == nil {
			d.complain(wrongFormat, path, "the indices of a list are 1, 2, 3 without gaps")
			return nil
		}
		if v := d.fromQuery(child, d.shape(s.Member), join(path, strconv.Itoa(i))); v != nil {
			l = append(l, v)
		}
	}
	d.bounds(float64(len(l)), s, path, "members")
	return l
}

// json decodes the body of a request of the JSON protocol.
func (d *decoder) json(body []byte, input *reference) object {
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		d.complain(wrongFormat, "", "no JSON: %v", err)
		return nil
	}
	o, _ := d.fromJSON(v, d.shape(input), "").(object)
	slices.SortFunc(d.problems, func(a, b problem) int { return strings.Compare(a.path, b.path) })
	return o
}

func (d *decoder) fromJSON(v any, s *shape, path string) any {
	switch v := v.(type) {
	case map[string]any:
		if s.Type == typeStructure {
			return d.structFromJSON(v, s, path)
		}
	case []any:
		if s.Type == typeList {
			l := list{}
			for i, item := range v {
				if x := d.fromJSON(item, d.shape(s.Member), join(path, strconv.Itoa(i+1))); x != nil {
					l = append(l, x)
				}
			}
			d.bounds(float64(len(l)), s, path, "members")
			return l
		}
	case nil:
		return nil
	case string:
		if s.Type == typeString {
			return d.scalar(v, s, path)
		}
	case json.Number:
		if s.Type == typeInteger || s.Type == typeLong || s.Type == typeDouble || s.Type == typeFloat {
			return d.scalar(v.String(), s, path)
		}
	case bool:
		if s.Type == typeBoolean {
			return v
		}
	}
	d.complain(wrongFormat, path, "%T is no %s", v, s.Type)
	return nil
}

func (d *decoder) structFromJSON(v map[string]any, s *shape, path string) any {
	o := object{}
	for name, value := range v {
		r, known := s.Members[name]
		if !known {
			d.complain(unknownParameter, join(path, name), "not recognized")
			continue
		}
		if x := d.fromJSON(value, d.shape(r), join(path, name)); x != nil {
			o[name] = x
		}
	}
	for _, name := range s.Required {
		if v[name] == nil {
			d.complain(missingParameter, join(path, name), "required")
		}
	}
	return o
}

// scalar converts a value and holds it against its shape.
func (d *decoder) scalar(text string, s *shape, path string) any {
	switch s.Type {
	case typeInteger, typeLong:
		bits := 32
		if s.Type == typeLong {
			bits = 64
		}
		n, err := strconv.ParseInt(text, 10, bits)
		if err != nil {
			d.complain(wrongValue, path, "%q is no integer of %d bits", text, bits)
			return nil
		}
		d.bounds(float64(n), s, path, "")
		return int(n)
	case typeDouble, typeFloat:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			d.complain(wrongValue, path, "%q is no number", text)
			return nil
		}
		d.bounds(f, s, path, "")
		return f
	case typeBoolean:
		if text != "true" && text != "false" {
			d.complain(wrongValue, path, "%q is neither true nor false", text)
			return nil
		}
		return text == "true"
	case typeTimestamp:
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			d.complain(wrongValue, path, "%q is no time in ISO 8601", text)
			return nil
		}
		return t
	}
	if s.Enum != nil && !slices.Contains(s.Enum, text) {
		d.complain(wrongValue, path, "%q is none of %s", text, strings.Join(s.Enum, ", "))
	}
	d.bounds(float64(utf8.RuneCountInString(text)), s, path, "characters")
	if s.Pattern != "" {
		if re, err := regexp.Compile("^(?:" + s.Pattern + ")$"); err == nil && !re.MatchString(text) {
			d.complain(wrongValue, path, "%q does not match %s", text, s.Pattern)
		}
	}
	return text
}

func (d *decoder) bounds(n float64, s *shape, path, unit string) {
	if unit != "" {
		unit = " " + unit
	}
	if s.Min != nil && n < *s.Min {
		d.complain(wrongValue, path, "%v%s, at least %v", n, unit, *s.Min)
	}
	if s.Max != nil && n > *s.Max {
		d.complain(wrongValue, path, "%v%s, at most %v", n, unit, *s.Max)
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
