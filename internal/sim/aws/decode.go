package aws

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
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
		if child.value != nil && *child.value == "" && slices.Contains(s.Required, member) {
			continue // it is missing
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
