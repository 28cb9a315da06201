package schema

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// DecodeMap checks data that stands in no file (parameters that sugar made,
// settings from the state) just as Decode checks a body: the result has every
// default filled in. The error joins one error a mistake. An Expression, also
// a stored one, stays an Expression.
func (s Schema) DecodeMap(data map[string]any) (Values, error) {
	out := make(Values, len(s.Attrs))
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(data)) {
		if !slices.Contains(s.names(), name) {
			errs = append(errs, fmt.Errorf("there is no %q here. %s", name, DidYouMean(name, s.names())))
		}
	}
	for _, a := range s.Attrs {
		p, err := a.acceptPlain(data[a.Name])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", a.Name, err))
			continue
		}
		if p != nil {
			out[a.Name] = p
		}
		a.fill(out)
		if _, has := out[a.Name]; !has && a.Required {
			errs = append(errs, fmt.Errorf("%s: must be given", a.Name))
		}
	}
	for _, b := range s.Blocks {
		p, err := b.acceptPlain(data[b.Name])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", b.Name, err))
		} else if p != nil {
			out[b.Name] = p
		}
	}
	return out, errors.Join(errs...)
}

func (a Attr) acceptPlain(p any) (any, error) {
	if _, stored := storedExpression(p); stored && a.Sensitive {
		return p, nil
	}
	v, err := FromPlain(p)
	if err != nil {
		return nil, err
	}
	out, err := a.accept(v)
	if e, ok := p.(Expression); ok && err == nil {
		return NewExpression(e.Source, out), nil
	}
	return out, err
}

func (b Block) acceptPlain(p any) (any, error) {
	switch p := p.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		if b.Many {
			return b.acceptPlain([]any{p})
		}
		return b.acceptMap(p)
	case []any:
		if !b.Many {
			return nil, errors.New("it can stand only once")
		}
		out := make([]any, len(p))
		for i, e := range p {
			m, ok := e.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("item %d is a %T, not a block", i+1, e)
			}
			v, err := b.acceptMap(m)
			if err != nil {
				return nil, fmt.Errorf("item %d: %w", i+1, err)
			}
			out[i] = v
		}
		return out, nil
	default:
		return nil, fmt.Errorf("it is a %T, not a block", p)
	}
}

func (b Block) acceptMap(p map[string]any) (map[string]any, error) {
	inner := maps.Clone(p)
	delete(inner, "labels")
	v, err := b.Schema.DecodeMap(inner)
	if labels, has := p["labels"]; has {
		v["labels"] = labels
	}
	return v, err
}
