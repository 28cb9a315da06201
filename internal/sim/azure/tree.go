package azure

import (
	"maps"
	"strings"
)

// tree is one JSON object, as a client sent it or as it is shown.
type tree = map[string]any

// at returns what stands at a path of property names, or nil.
func at(t tree, path ...string) any {
	var v any = t
	for _, name := range path {
		m, is := v.(tree)
		if !is {
			return nil
		}
		v = m[name]
	}
	return v
}

func textAt(t tree, path ...string) string {
	s, _ := at(t, path...).(string)
	return s
}

func treeAt(t tree, path ...string) tree {
	m, _ := at(t, path...).(tree)
	return m
}

func boolAt(t tree, path ...string) bool {
	b, _ := at(t, path...).(bool)
	return b
}

func intAt(t tree, path ...string) int {
	f, _ := at(t, path...).(float64)
	return int(f)
}

// treesAt returns the objects of a list.
func treesAt(t tree, path ...string) []tree {
	list, _ := at(t, path...).([]any)
	out := make([]tree, 0, len(list))
	for _, v := range list {
		if m, is := v.(tree); is {
			out = append(out, m)
		}
	}
	return out
}

// set writes v at a path and makes the objects on its way.
func set(t tree, v any, path ...string) {
	for _, name := range path[:len(path)-1] {
		next, is := t[name].(tree)
		if !is {
			next = tree{}
			t[name] = next
		}
		t = next
	}
	t[path[len(path)-1]] = v
}

// setDefault writes v at a path unless something is there, or v is nothing.
func setDefault(t tree, v any, path ...string) {
	if v != nil && at(t, path...) == nil {
		set(t, v, path...)
	}
}

// clone copies a tree deeply, so that the copy may be written to.
func clone(t tree) tree {
	out := maps.Clone(t)
	for k, v := range out {
		out[k] = cloneValue(v)
	}
	return out
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case tree:
		return clone(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = cloneValue(v[i])
		}
		return out
	}
	return v
}

// withoutNulls removes what a client set to null: for Azure it is not there.
func withoutNulls(v any) any {
	switch v := v.(type) {
	case tree:
		for k, inner := range v {
			if inner == nil {
				delete(v, k)
				continue
			}
			v[k] = withoutNulls(inner)
		}
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	}
	return v
}

// tagsOf returns the tags of a resource; their names are compared without
// regard to case, as Azure does.
func tagsOf(t tree) map[string]string {
	out := map[string]string{}
	for k, v := range treeAt(t, "tags") {
		if s, is := v.(string); is {
			out[strings.ToLower(k)] = s
		}
	}
	return out
}
