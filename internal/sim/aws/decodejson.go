package aws

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

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
