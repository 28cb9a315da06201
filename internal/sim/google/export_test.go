package google

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// CheckAnswer says what the schema has against an answer of the cloud.
func CheckAnswer(method, path string, status int, data []byte) []string {
	doc, err := load()
	if err != nil {
		return []string{err.Error()}
	}
	m, _ := doc.find(method, strings.TrimPrefix(path, prefix))
	if m == nil || status != 200 {
		return nil
	}
	var v any
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return []string{err.Error()}
	}
	var problems []string
	doc.checkAnswer(m.Response, v, m.Response.Ref, &problems)
	return problems
}

func (d *document) checkAnswer(p *property, v any, at string, problems *[]string) {
	p = d.resolve(p)
	switch v := v.(type) {
	case object:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			field := p.Properties[key]
			if field == nil {
				field = p.AdditionalProperties
			}
			if field == nil {
				*problems = append(*problems, fmt.Sprintf("%s has no field %s", at, key))
				continue
			}
			d.checkAnswer(field, v[key], at+"."+key, problems)
		}
	case []any:
		if p.Items == nil {
			*problems = append(*problems, at+" is no list")
			return
		}
		for _, one := range v {
			d.checkAnswer(p.Items, one, at+"[]", problems)
		}
	default:
		_, isNumber := v.(json.Number)
		kind, ok := p.fits(v)
		if !ok || isNumber && p.Type == "string" {
			*problems = append(*problems, fmt.Sprintf("%s: %v is no %s", at, v, kind))
		}
		if s, is := v.(string); is {
			if e := p.permits(at, s); e != nil {
				*problems = append(*problems, e.message)
			}
		}
	}
}
