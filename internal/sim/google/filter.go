package google

import (
	"fmt"
	"regexp"
	"strings"
)

// A filter has one of two languages, which must not be mixed: AIP-160
// (field = value, AND, OR, NOT, parentheses, wildcards) and the older
// one (field eq regular-expression).

// predicate says whether a resource is wanted.
type predicate func(o object) bool

// parseFilter reads a filter for resources of a schema. An empty one wants
// everything.
func (d *document) parseFilter(schema, filter string) (predicate, *apiError) {
	if strings.TrimSpace(filter) == "" {
		return func(object) bool { return true }, nil
	}
	p := &filterParser{doc: d, schema: d.Schemas[schema], rest: filter, regexField: map[string]bool{}}
	want, err := p.sequence()
	if err == nil && p.rest != "" {
		err = fmt.Errorf("unexpected %q", p.rest)
	}
	if err == nil && len(p.regexField) > 0 && (p.plain || len(p.regexField) > 1) {
		err = fmt.Errorf("regular expressions can't be combined with other fields or operators")
	}
	if err != nil {
		e := invalid("filter", filter, "Invalid list filter expression.")
		e.problems = append(e.problems, err.Error())
		return nil, e
	}
	return want, nil
}

type filterParser struct {
	doc        *document
	schema     *property
	rest       string
	plain      bool            // an AIP-160 operator was seen
	regexField map[string]bool // fields with eq or ne
}

// sequence is: terms, with AND or nothing between them; OR binds tighter.
func (p *filterParser) sequence() (predicate, error) {
	all, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	for {
		p.space()
		p.word("AND")
		if p.rest == "" || p.rest[0] == ')' {
			return all, nil
		}
		before := all
		next, err := p.alternatives()
		if err != nil {
			return nil, err
		}
		all = func(o object) bool { return before(o) && next(o) }
	}
}

func (p *filterParser) alternatives() (predicate, error) {
	one, err := p.term()
	if err != nil {
		return nil, err
	}
	for p.word("OR") {
		before := one
		next, err := p.term()
		if err != nil {
			return nil, err
		}
		one = func(o object) bool { return before(o) || next(o) }
	}
	return one, nil
}

func (p *filterParser) term() (predicate, error) {
	p.space()
	if p.word("NOT") || strings.HasPrefix(p.rest, "-") {
		p.rest = strings.TrimPrefix(p.rest, "-")
		not, err := p.term()
		if err != nil {
			return nil, err
		}
		return func(o object) bool { return !not(o) }, nil
	}
	if strings.HasPrefix(p.rest, "(") {
		p.rest = p.rest[1:]
		inner, err := p.sequence()
		if err != nil {
			return nil, err
		}
		p.space()
		if !strings.HasPrefix(p.rest, ")") {
			return nil, fmt.Errorf("a parenthesis is not closed")
		}
		p.rest = p.rest[1:]
		return inner, nil
	}
	return p.comparison()
}

func (p *filterParser) comparison() (predicate, error) {
	n := strings.IndexAny(p.rest, " \t=!<>:()")
	if n <= 0 {
		return nil, fmt.Errorf("no field in %q", p.rest)
	}
	field := strings.ReplaceAll(p.rest[:n], `"`, "")
	p.rest = p.rest[n:]
	path := strings.Split(field, ".")
	if !p.known(path) {
		return nil, fmt.Errorf("the resource has no field %q", field)
	}
	p.space()
	for _, regex := range []string{"eq", "ne"} {
		if !p.word(regex) {
			continue
		}
		p.regexField[field] = true
		value, err := p.value(true)
		if err != nil {
			return nil, err
		}
		re, err := regexp.Compile("^(?:" + value + ")$")
		if err != nil {
			return nil, err
		}
		return func(o object) bool {
			return anyOf(o, path, func(v string) bool { return re.MatchString(v) }) == (regex == "eq")
		}, nil
	}
	for _, op := range []string{"!=", ">=", "<=", "=", ">", "<", ":"} {
		if rest, is := strings.CutPrefix(p.rest, op); is {
			p.rest, p.plain = rest, true
			p.space()
			value, err := p.value(false)
			if err != nil {
				return nil, err
			}
			return compare(path, op, value), nil
		}
	}
	return nil, fmt.Errorf("no operator after %q", field)
}

// known follows a path through the schema.
func (p *filterParser) known(path []string) bool {
	at := p.schema
	for _, key := range path {
		at = p.doc.resolve(at)
		for at != nil && at.Items != nil {
			at = p.doc.resolve(at.Items)
		}
		if at == nil {
			return false
		}
		if next := at.Properties[key]; next != nil {
			at = next
		} else if at = at.AdditionalProperties; at == nil {
			return false
		}
	}
	return true
}

func (p *filterParser) space() { p.rest = strings.TrimLeft(p.rest, " \t\n") }

// word takes a word if it comes next.
func (p *filterParser) word(w string) bool {
	p.space()
	rest, is := strings.CutPrefix(p.rest, w)
	if !is || rest != "" && !strings.ContainsAny(rest[:1], " \t\n()\"'") {
		return false
	}
	p.rest = rest
	p.space()
	return true
}

// value takes a quoted or a bare value; in a bare regular expression
// parentheses may come in pairs.
func (p *filterParser) value(regex bool) (string, error) {
	if p.rest == "" {
		return "", fmt.Errorf("no value at the end")
	}
	if quote := p.rest[0]; quote == '"' || quote == '\'' {
		value, rest, closed := strings.Cut(p.rest[1:], string(quote))
		if !closed {
			return "", fmt.Errorf("a quotation is not closed")
		}
		p.rest = rest
		return value, nil
	}
	depth, n := 0, 0
scan:
	for n < len(p.rest) {
		switch c := p.rest[n]; {
		case c == ' ' || c == '\t' || c == '\n':
			break scan
		case c == '(' && regex:
			depth++
		case c == ')':
			if depth--; depth < 0 {
				break scan
			}
		}
		n++
	}
	if n == 0 {
		return "", fmt.Errorf("no value before %q", p.rest)
	}
	value := p.rest[:n]
	p.rest = p.rest[n:]
	return value, nil
}
