package azure

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// violation is one thing that the schema says against a request body.
type violation struct {
	path   string
	reason string // as Azure would put it
	kind   violationKind
	typ    string // of the object around it
}

type violationKind int

const (
	unknownMember violationKind = iota
	wrongType
	missing
	badValue
)

// judge holds a body against a type of the schema. It also removes what is
// read-only: Azure ignores it.
type judge struct {
	schema *schema
	found  []violation
}

// check judges one body.
func (s *schema) check(body tree, typ string) []violation {
	j := &judge{schema: s}
	j.value(body, typ, "", "")
	slices.SortStableFunc(j.found, func(a, b violation) int { return int(a.kind) - int(b.kind) })
	return j.found
}

func (j *judge) object(v any, typ, path string) {
	fields := j.schema.Types[typ]
	t, is := v.(tree)
	if !is {
		j.wrong(v, typ, path, typ)
		return
	}
	for name, inner := range t {
		f, known := fields[name]
		here := join(path, name)
		if !known {
			j.add(violation{here, fmt.Sprintf("Could not find member '%s' on object of type '%s'.", name, short(typ)), unknownMember, typ})
			continue
		}
		if f.ReadOnly {
			delete(t, name)
			continue
		}
		j.value(inner, f.Type, here, typ)
	}
	for name, f := range fields {
		if _, has := t[name]; f.Required && !has {
			j.add(violation{join(path, name), fmt.Sprintf("Required parameter '%s' is missing (null).", join(path, name)), missing, typ})
		}
	}
}

func (j *judge) value(v any, typ, path, around string) {
	if inner, is := strings.CutPrefix(typ, "[]"); is {
		list, is := v.([]any)
		if !is {
			j.wrong(v, "array", path, around)
		}
		for i, e := range list {
			j.value(e, inner, fmt.Sprintf("%s[%d]", path, i), around)
		}
		return
	}
	if inner, is := strings.CutPrefix(typ, "{}"); is {
		m, is := v.(tree)
		if !is {
			j.wrong(v, "object", path, around)
		}
		for name, e := range m {
			j.value(e, inner, join(path, name), around)
		}
		return
	}
	if values, is := j.schema.Enums[typ]; is {
		j.enum(v, values, typ, path, around)
		return
	}
	if j.schema.Types[typ] != nil {
		j.object(v, typ, path)
		return
	}
	j.scalar(v, typ, path, around)
}

func (j *judge) enum(v any, values []string, typ, path, around string) {
	text, is := v.(string)
	if !is {
		j.wrong(v, "string", path, around)
		return
	}
	if len(values) > 0 && !slices.ContainsFunc(values, func(s string) bool { return strings.EqualFold(s, text) }) {
		j.add(violation{path, fmt.Sprintf("The value '%s' of parameter '%s' is not allowed. Allowed values are: %s.",
			text, path, strings.Join(values, ", ")), badValue, typ})
	}
}

func (j *judge) scalar(v any, typ, path, around string) {
	ok := true
	switch typ {
	case "string":
		_, ok = v.(string)
	case "bool":
		_, ok = v.(bool)
	case "int32", "int64":
		f, is := v.(float64)
		ok = is && f == math.Trunc(f) && (typ == "int64" || math.Abs(f) <= math.MaxInt32)
	case "float32", "float64":
		_, ok = v.(float64)
	case "time":
		text, is := v.(string)
		_, err := time.Parse(time.RFC3339Nano, text)
		ok = is && err == nil
	case "bytes":
		text, is := v.(string)
		_, err := base64.StdEncoding.DecodeString(text)
		ok = is && err == nil
	}
	if !ok {
		j.wrong(v, typ, path, around)
	}
}

// wrong does not repeat the value, which may be a secret.
func (j *judge) wrong(v any, typ, path, around string) {
	j.add(violation{path, fmt.Sprintf("Error converting a value of type %T to type '%s'.", v, short(typ)), wrongType, around})
}

func (j *judge) add(v violation) { j.found = append(j.found, v) }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// short is the name of a type without its package.
func short(typ string) string { return typ[strings.LastIndexByte(typ, '.')+1:] }

// refusal puts violations into the form of the resource provider that found
// them; there is at least one.
func refusal(found []violation, namespace string) *failure {
	first := found[0]
	text := fmt.Sprintf("%s Path '%s', line 1, position 1.", first.reason, first.path)
	parse := first.kind == unknownMember || first.kind == wrongType
	switch {
	case parse && strings.EqualFold(namespace, "Microsoft.Network"):
		return malformed("InvalidRequestFormat", "Cannot parse the request.").with(failure{Code: "InvalidJson", Message: text})
	case parse && strings.EqualFold(namespace, "Microsoft.Compute"):
		return malformed("BadRequest", "%s", text).on(first.path)
	case parse:
		return malformed("InvalidRequestContent", "The request content was invalid and could not be deserialized: '%s'.", text)
	}
	return malformed("InvalidParameter", "%s", first.reason).on(first.path)
}
