package google

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// selection is a parsed `fields` parameter: which keys of an object are
// wanted, and what of each. A nil selection wants everything.
type selection map[string]selection

// selectFields leaves of an answer what the request asks for.
func selectFields(d *document, r *request, v any) (any, error) {
	fields := r.query.Get("fields")
	if fields == "" {
		return v, nil
	}
	s, rest := parseFields(fields)
	if rest != "" {
		return nil, badSelection(fields)
	}
	if bad := d.unknownField(r.method.Response, s); bad != "" {
		return nil, badSelection(bad)
	}
	return s.of(v), nil
}

func badSelection(field string) *apiError {
	message := "Invalid field selection " + field
	return &apiError{status: http.StatusBadRequest, reason: "invalidParameter", message: message, problems: []string{message}}
}

// parseFields reads "a,b/c,d(e,f)" up to a closing parenthesis.
func parseFields(text string) (s selection, rest string) {
	s = selection{}
	for {
		n := strings.IndexAny(text, ",/()")
		name := text
		if n >= 0 {
			name = text[:n]
		}
		if name == "" {
			return s, text + "?" // never a valid rest
		}
		if n < 0 {
			s.want(name, nil)
			return s, ""
		}
		sep := text[n]
		text = text[n+1:]
		switch sep {
		case '/':
			// A path goes on to the next comma or closing parenthesis.
			end := pathEnd(text)
			inner, bad := parseFields(text[:end])
			if bad != "" {
				return s, bad
			}
			s.want(name, inner)
			text = text[end:]
		case '(':
			inner, after := parseFields(text)
			if !strings.HasPrefix(after, ")") {
				return s, "?"
			}
			s.want(name, inner)
			text = after[1:]
		case ',':
			s.want(name, nil)
			continue
		case ')':
			s.want(name, nil)
			return s, ")" + text
		}
		switch {
		case text == "":
			return s, ""
		case text[0] == ',':
			text = text[1:]
		default:
			return s, text
		}
	}
}

// pathEnd is where the path that text begins with is over.
func pathEnd(text string) int {
	depth := 0
	for i, c := range text {
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return i
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

func (s selection) want(name string, inner selection) {
	before, has := s[name]
	switch {
	case has && (before == nil || inner == nil):
		s[name] = nil // all of it is wanted anyway
	case has:
		for key, more := range inner {
			before.want(key, more)
		}
	default:
		s[name] = inner
	}
}

// unknownField returns the first field that the schema lacks, or "".
func (d *document) unknownField(p *property, s selection) string {
	p = d.resolve(p)
	for p != nil && p.Items != nil {
		p = d.resolve(p.Items)
	}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if p == nil {
			return name
		}
		next := p.Properties[name]
		if next == nil {
			next = p.AdditionalProperties
		}
		if next == nil && name == "*" {
			continue
		}
		if next == nil {
			return name
		}
		if bad := d.unknownField(next, s[name]); s[name] != nil && bad != "" {
			return fmt.Sprintf("%s/%s", name, bad)
		}
	}
	return ""
}

func (s selection) of(v any) any {
	if s == nil {
		return v
	}
	switch v := v.(type) {
	case object:
		out := object{}
		for key, value := range v {
			inner, has := s[key]
			if !has {
				inner, has = s["*"]
			}
			if has {
				out[key] = inner.of(value)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = s.of(one)
		}
		return out
	}
	return v
}
