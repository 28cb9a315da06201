package schema

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// ToPlain turns an HCL value into the data that Values holds. A null is nil,
// and null attributes of an object are left out. Marks are dropped. It fails
// for unknown values, which have no data.
func ToPlain(v cty.Value) (any, error) {
	v, _ = v.Unmark()
	switch ty := v.Type(); {
	case !v.IsKnown():
		return nil, errors.New("the value is not known")
	case v.IsNull():
		return nil, nil
	case ty == cty.String:
		return v.AsString(), nil
	case ty == cty.Bool:
		return v.True(), nil
	case ty == cty.Number:
		f, _ := v.AsBigFloat().Float64()
		return f, nil
	case ty.IsListType(), ty.IsSetType(), ty.IsTupleType():
		out := make([]any, 0, v.LengthInt())
		for _, e := range v.Elements() {
			p, err := ToPlain(e)
			if err != nil {
				return nil, err
			}
			out = append(out, p)
		}
		return out, nil
	case ty.IsMapType(), ty.IsObjectType():
		out := make(map[string]any, v.LengthInt())
		for k, e := range v.Elements() {
			p, err := ToPlain(e)
			if err != nil {
				return nil, err
			}
			if name, _ := k.Unmark(); p != nil {
				out[name.AsString()] = p
			}
		}
		return out, nil
	default:
		return nil, fmt.Errorf("a value of type %s can't be kept as data", ty.FriendlyName())
	}
}

// FromPlain turns data into an HCL value: lists become tuples and maps become
// objects, which convert to any fitting type. An Expression gives its value.
func FromPlain(p any) (cty.Value, error) {
	switch p := p.(type) {
	case nil:
		return cty.NullVal(cty.DynamicPseudoType), nil
	case Expression:
		return FromPlain(p.Reveal())
	case string:
		return cty.StringVal(p), nil
	case bool:
		return cty.BoolVal(p), nil
	case int:
		return cty.NumberIntVal(int64(p)), nil
	case int64:
		return cty.NumberIntVal(p), nil
	case float64:
		return cty.NumberFloatVal(p), nil
	case []string:
		return tuple(p)
	case []any:
		return tuple(p)
	case map[string]string:
		return object(p)
	case map[string]any:
		return object(p)
	case Values:
		return object(p)
	default:
		return cty.NilVal, fmt.Errorf("data of Go type %T has no HCL value", p)
	}
}

func tuple[T any](list []T) (cty.Value, error) {
	out := make([]cty.Value, len(list))
	for i, e := range list {
		v, err := FromPlain(e)
		if err != nil {
			return cty.NilVal, err
		}
		out[i] = v
	}
	return cty.TupleVal(out), nil
}

func object[T any](m map[string]T) (cty.Value, error) {
	out := make(map[string]cty.Value, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v, err := FromPlain(m[k])
		if err != nil {
			return cty.NilVal, err
		}
		out[k] = v
	}
	return cty.ObjectVal(out), nil
}
