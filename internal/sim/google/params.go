package google

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
)

// checkParams holds the path and the query of a request against the schema,
// in the order in which the cloud does: names, types, then values.
func (d *document) checkParams(m *method, path map[string]string, query url.Values) *apiError {
	for _, name := range slices.Sorted(maps.Keys(query)) {
		p, has := m.Parameters[name]
		if !has || p.Location != "query" {
			if p, has = d.Parameters[name]; !has {
				message := fmt.Sprintf("Invalid JSON payload received. Unknown name %q: Cannot bind query parameter. Field '%s' could not be found in request message.", name, name)
				return malformed(message, []any{object{"description": message}}, message)
			}
		}
		if len(query[name]) > 1 && !p.Repeated {
			message := fmt.Sprintf("Invalid value at '%s': Proto field is not repeating, cannot start list.", snake(name))
			return malformed(message, []any{object{"field": snake(name), "description": message}}, message)
		}
		for _, value := range query[name] {
			if e := checkParam(name, p, value); e != nil {
				return e
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Parameters)) {
		p := m.Parameters[name]
		if p.Location == "path" {
			if e := checkParam(name, p, path[name]); e != nil {
				return e
			}
		} else if p.Required && !query.Has(name) {
			return required(name)
		}
	}
	return nil
}

func checkParam(name string, p *property, value string) *apiError {
	var v any = value
	switch p.Type {
	case "boolean":
		if value == "true" || value == "false" {
			v = value == "true"
		}
	case "integer", "number":
		v = json.Number(value)
	}
	if kind, ok := p.fits(v); !ok {
		message := fmt.Sprintf("Invalid value at '%s' (%s), %q", snake(name), kind, value)
		return malformed(message, []any{object{"field": snake(name), "description": message}}, message)
	}
	if e := p.permits(name, value); e != nil {
		return e
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if least, e := strconv.ParseInt(p.Minimum, 10, 64); err == nil && e == nil && n < least {
		return invalid(name, value, "Must be greater than or equal to "+p.Minimum)
	}
	if most, e := strconv.ParseInt(p.Maximum, 10, 64); err == nil && e == nil && n > most {
		return invalid(name, value, "Must be less than or equal to "+p.Maximum)
	}
	return nil
}
