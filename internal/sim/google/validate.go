package google

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// permits holds a value of the right type against pattern and enum.
func (p *property) permits(field, value string) *apiError {
	if p.pattern != nil && !p.pattern.MatchString(value) {
		return invalid(field, value, fmt.Sprintf("Must be a match of regex '%s'", p.Pattern))
	}
	if len(p.Enum) > 0 && !slices.Contains(p.Enum, value) {
		return invalid(field, value, "Must be one of ["+strings.Join(p.Enum, ", ")+"]")
	}
	return nil
}

// bodyCheck is the walk through one request's body.
type bodyCheck struct {
	doc    *document
	method string
	// update says that clients are meant to send a resource back as they got it.
	update     bool
	violations []any
	problems   []string
	value      *apiError // the first value that is wrong
}

// checkBody holds the body of a request against the schema. It returns the
// body without what the client has no say in, and what the log must know
// although the cloud overlooks it.
func (d *document) checkBody(m *method, data []byte) (body object, problems []string, refused *apiError) {
	if m.Request == nil {
		if len(data) > 0 && m.HTTPMethod == "GET" {
			return nil, nil, malformed("Request has a body, which this method does not take.", nil, "a body where the schema has none")
		}
		return nil, nil, nil
	}
	var v any = object{}
	if len(data) > 0 {
		dec := json.NewDecoder(strings.NewReader(string(data)))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil {
			message := "Invalid JSON payload received. " + err.Error()
			return nil, nil, malformed(message, []any{object{"description": message}}, message)
		}
	}
	c := &bodyCheck{doc: d, method: m.ID, update: slices.Contains([]string{"patch", "update"}, m.verb()) || strings.HasPrefix(m.verb(), "set")}
	v = c.walk(m.Request, v, "resource", "resource")
	if len(c.violations) > 0 {
		var lines []string
		for _, violation := range c.violations {
			lines = append(lines, text(violation, "description"))
		}
		return nil, nil, malformed(strings.Join(lines, "\n"), c.violations, lines...)
	}
	if c.value != nil {
		return nil, nil, c.value
	}
	body, _ = v.(object)
	return body, c.problems, nil
}

// walk checks v, which the two fronts of the API name differently: front is
// its path in snake case, back as the client wrote it.
func (c *bodyCheck) walk(p *property, v any, front, back string) any {
	p = c.doc.resolve(p)
	switch {
	case v == nil || p == nil:
		return nil
	case p.Type == "object" || p.Properties != nil:
		o, is := v.(object)
		if !is {
			c.mistyped(front, "Proto field is not a message", v)
			return nil
		}
		return c.walkObject(p, o, front, back)
	case p.Type == "array":
		l, is := v.([]any)
		if !is {
			c.mistyped(front, "Proto field is repeating", v)
			return nil
		}
		out := make([]any, len(l))
		for i, value := range l {
			at := fmt.Sprintf("[%d]", i)
			out[i] = c.walk(p.Items, value, front+at, back+at)
		}
		return out
	}
	if kind, ok := p.fits(v); !ok {
		c.mistyped(front, kind, v)
		return nil
	}
	if s, is := v.(string); is && c.value == nil {
		c.value = p.permits(back, s)
	}
	return v
}

func (c *bodyCheck) walkObject(p *property, o object, front, back string) object {
	out := make(object, len(o))
	for _, key := range slices.Sorted(maps.Keys(o)) {
		field := p.Properties[key]
		if field == nil {
			field = p.AdditionalProperties
		}
		if field == nil {
			message := fmt.Sprintf("Invalid JSON payload received. Unknown name %q at '%s': Cannot find field.", key, front)
			c.violations = append(c.violations, object{"field": front, "description": message})
			continue
		}
		before := c.value
		v := c.walk(field, o[key], front+"."+snake(key), back+"."+key)
		// kind is in every resource, and clients copy it.
		if field.ReadOnly && key != "kind" {
			c.value = before
			if !c.update {
				c.problems = append(c.problems, fmt.Sprintf("%s.%s is for the cloud to set", back, key))
			}
			continue
		}
		if v != nil {
			out[key] = v
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.Properties)) {
		if _, has := out[key]; !has && c.value == nil && slices.Contains(p.Properties[key].Annotations.Required, c.method) {
			c.value = required(back + "." + key)
		}
	}
	return out
}

func (c *bodyCheck) mistyped(front, kind string, v any) {
	shown, err := json.Marshal(v)
	if err != nil {
		shown = []byte("?")
	}
	message := fmt.Sprintf("Invalid value at '%s' (%s), %s", front, kind, shown)
	c.violations = append(c.violations, object{"field": front, "description": message})
}

// fits reports whether v is of the scalar type of p, and what that type is in
// the words of the API's front end. It takes what JSON of protocol buffers
// takes: numbers may be texts.
func (p *property) fits(v any) (kind string, ok bool) {
	s, isText := v.(string)
	n, isNumber := v.(json.Number)
	if isNumber {
		s = n.String()
	}
	switch {
	case p.Type == "any":
		return "", true
	case p.Type == "boolean":
		_, ok = v.(bool)
		return "TYPE_BOOL", ok
	case p.Format == "int32":
		return "TYPE_INT32", (isText || isNumber) && integral(s, math.MinInt32, math.MaxInt32)
	case p.Format == "uint32":
		return "TYPE_UINT32", (isText || isNumber) && integral(s, 0, math.MaxUint32)
	case p.Format == "int64":
		_, err := strconv.ParseInt(s, 10, 64)
		return "TYPE_INT64", (isText || isNumber) && err == nil
	case p.Format == "uint64":
		_, err := strconv.ParseUint(s, 10, 64)
		return "TYPE_UINT64", (isText || isNumber) && err == nil
	case p.Type == "number" || p.Type == "integer":
		_, err := strconv.ParseFloat(s, 64)
		return "TYPE_DOUBLE", (isText || isNumber) && err == nil
	case p.Format == "byte":
		// Both alphabets are good, with and without padding.
		_, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "=")))
		return "TYPE_BYTES", isText && err == nil
	case p.Format == "google-datetime":
		_, err := time.Parse(time.RFC3339, s)
		return "type.googleapis.com/google.protobuf.Timestamp", isText && err == nil
	}
	return "TYPE_STRING", isText
}

func integral(s string, least, most int64) bool {
	f, err := strconv.ParseFloat(s, 64) // "1.0" and "1e3" are whole numbers too
	return err == nil && f == math.Trunc(f) && f >= float64(least) && f <= float64(most)
}

// snake is the name of a field in the API's front end.
func snake(name string) string {
	var b strings.Builder
	var before rune
	for _, r := range name {
		if unicode.IsUpper(r) && b.Len() > 0 && !unicode.IsUpper(before) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return b.String()
}
