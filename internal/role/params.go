package role

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

// params are the parameters of one use as steps and templates see them: every
// declared one is there.
type params map[string]any

// params completes and checks the parameters of a use.
func (r *Role) params(u cluster.RoleUse) (params, error) {
	revealed, err := schema.Reveal(u.Params, func(string) (any, error) {
		return nil, errors.New("it is sensitive and was not evaluated yet")
	})
	if err != nil {
		return nil, fmt.Errorf("use role %s: %w", u.Key(), err)
	}
	values, err := r.Params.DecodeMap(revealed)
	if err != nil {
		return nil, fmt.Errorf("use role %s: %w", u.Key(), err)
	}
	out := make(params, len(r.Params.Attrs))
	for _, a := range r.Params.Attrs {
		v := values[a.Name]
		if e, hidden := v.(schema.Expression); hidden {
			v = e.Reveal()
		}
		if v, err = r.fillInner(a, v); err != nil {
			return nil, fmt.Errorf("use role %s: parameter %s: %w", u.Key(), a.Name, err)
		}
		out[a.Name] = complete(v, a.Type)
	}
	return out, nil
}

// fillInner puts the defaults that stand within the type of a parameter,
// optional(number, 1), into its value.
func (r *Role) fillInner(a schema.Attr, v any) (any, error) {
	inner := r.inner[a.Name]
	if inner == nil || v == nil {
		return v, nil
	}
	value, err := schema.FromPlain(v)
	if err != nil {
		return nil, err
	}
	if value, err = convert.Convert(inner.Apply(value), a.Type); err != nil {
		return nil, err
	}
	return schema.ToPlain(value)
}

// complete gives v, and every attribute of the objects in it, a value: nil
// becomes the empty value of the type, which roles take for "the default".
func complete(v any, ty cty.Type) any {
	if v == nil {
		v = zero(ty)
	}
	switch v := v.(type) {
	case map[string]any:
		if ty.IsObjectType() {
			for name, at := range ty.AttributeTypes() {
				v[name] = complete(v[name], at)
			}
			break
		}
		for name, e := range v {
			v[name] = complete(e, elementType(ty))
		}
	case []any:
		for i, e := range v {
			v[i] = complete(e, elementType(ty))
		}
	}
	return v
}

func elementType(ty cty.Type) cty.Type {
	if ty.IsCollectionType() {
		return ty.ElementType()
	}
	return cty.DynamicPseudoType
}

// zero is the empty value of a type.
func zero(ty cty.Type) any {
	switch {
	case ty == cty.Bool:
		return false
	case ty == cty.Number:
		return float64(0)
	case ty.IsListType(), ty.IsSetType(), ty.IsTupleType():
		return []any{}
	case ty.IsMapType(), ty.IsObjectType():
		return map[string]any{}
	default:
		return ""
	}
}

// text is a value as it stands in an environment variable.
func text(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case float64:
		return number(v), nil
	case []any:
		if lines, ok := stringLines(v); ok {
			return lines, nil
		}
	}
	data, err := json.Marshal(v)
	return string(data), err
}

// stringLines joins a list of strings by newlines; false when it has anything
// else in it.
func stringLines(list []any) (string, bool) {
	lines := make([]string, len(list))
	for i, e := range list {
		s, ok := e.(string)
		if !ok {
			return "", false
		}
		lines[i] = s
	}
	return strings.Join(lines, "\n"), true
}

// number prints whole numbers without an exponent.
func number(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// env is a file of shell assignments that a step reads before its script.
type env struct {
	b   strings.Builder
	err error
}

// exportLimit is the length from which a value is a shell variable only: the
// kernel refuses to start programs with a variable of 128 KiB, and nobody but
// the step's own script needs such a value.
const exportLimit = 64 << 10

func (e *env) set(name, value string) {
	if strings.ContainsRune(value, 0) {
		e.err = errors.Join(e.err, fmt.Errorf("set %s: a value can't contain a NUL byte", name))
		return
	}
	if len(value) < exportLimit {
		e.b.WriteString("export ")
	}
	e.b.WriteString(name + "=" + shellQuote(value) + "\n")
}

func (e *env) setParams(p params, names []string) {
	for _, name := range names {
		value, err := text(p[name])
		if err != nil {
			e.err = errors.Join(e.err, fmt.Errorf("set parameter %s: %w", name, err))
		}
		e.set("EC_PARAM_"+strings.ToUpper(name), value)
	}
}

// shellQuote makes one word of s for a POSIX shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
