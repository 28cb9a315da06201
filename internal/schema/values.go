package schema

import (
	"github.com/ecluster/ecluster/internal/cluster"
)

// String returns the string under name, or "" when there is none.
func (v Values) String(name string) string {
	s, _ := v[name].(string)
	return s
}

// Bool returns the bool under name, or false.
func (v Values) Bool(name string) bool {
	b, _ := v[name].(bool)
	return b
}

// Float returns the number under name, or 0.
func (v Values) Float(name string) float64 {
	switch n := v[name].(type) {
	case float64:
		return n
	case int:
		return float64(n)
	}
	return 0
}

// Int returns the number under name as an int, or 0.
func (v Values) Int(name string) int { return int(v.Float(name)) }

// Bytes returns the amount under name ("2GB"), or 0.
func (v Values) Bytes(name string) cluster.Bytes {
	b, err := cluster.ParseBytes(v.String(name))
	if err != nil {
		return 0
	}
	return b
}

// Strings returns the list of strings under name; anything else in it is left out.
func (v Values) Strings(name string) []string {
	list, _ := v[name].([]any)
	out := make([]string, 0, len(list))
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// Map returns the map under name, or nil.
func (v Values) Map(name string) map[string]any {
	m, _ := v[name].(map[string]any)
	return m
}
