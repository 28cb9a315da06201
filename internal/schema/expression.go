package schema

import (
	"encoding/json"
	"fmt"
)

// expressionKey marks an Expression within JSON.
const expressionKey = "$expr"

// Expression is a sensitive value. It prints as "***" and marshals as the HCL
// expression that yields it, {"$expr": "env(\"TOKEN\")"}, never as the value.
type Expression struct {
	// Source is an expression that needs nothing but functions and variables.
	Source string
	value  any
}

// NewExpression returns the expression and the plain value that it yields now.
func NewExpression(source string, value any) Expression {
	return Expression{Source: source, value: value}
}

// Reveal returns the value; call it where it is used, not before.
func (e Expression) Reveal() any { return e.value }

// String hides the value.
func (Expression) String() string { return "***" }

// GoString hides the value from %#v.
func (Expression) GoString() string { return "***" }

// Format hides the value from every other verb.
func (Expression) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("***")) }

// MarshalJSON gives the source.
func (e Expression) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{expressionKey: e.Source})
}

// Reveal returns a copy of data in which each Expression is replaced by its
// value, and each {"$expr": …}, which is an Expression that was stored as
// JSON, by what eval makes of its source. What it returns is secret.
func Reveal(data map[string]any, eval func(source string) (any, error)) (Values, error) {
	out := make(Values, len(data))
	for k, v := range data {
		r, err := reveal(v, eval)
		if err != nil {
			return nil, fmt.Errorf("evaluate %s: %w", k, err)
		}
		out[k] = r
	}
	return out, nil
}

func reveal(v any, eval func(string) (any, error)) (any, error) {
	switch v := v.(type) {
	case Expression:
		return v.Reveal(), nil
	case map[string]any:
		if source, ok := storedExpression(v); ok {
			return eval(source)
		}
		m, err := Reveal(v, eval)
		return map[string]any(m), err
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			r, err := reveal(e, eval)
			if err != nil {
				return nil, err
			}
			out[i] = r
		}
		return out, nil
	default:
		return v, nil
	}
}

func storedExpression(v any) (source string, ok bool) {
	m, _ := v.(map[string]any)
	if len(m) != 1 {
		return "", false
	}
	source, ok = m[expressionKey].(string)
	return source, ok
}
