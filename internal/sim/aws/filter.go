package aws

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// attributes are what the things of one kind can be filtered by.
type attributes[T any] map[string]func(T) []string

// filtered keeps the items that all filters of a request match.
func filtered[T any](c *call, items []T, tags func(T) map[string]string, attrs attributes[T]) ([]T, *failure) {
	filters := c.in.objs("Filters")
	for _, f := range filters {
		name := f.str("Name")
		switch {
		case name == "":
			return nil, missing("Filter.1.Name")
		case len(f.strs("Values")) == 0:
			return nil, violates("InvalidParameterValue", "The filter '%s' has no value", name)
		case len(f.strs("Values")) > 200:
			return nil, violates("FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200")
		case tags != nil && (strings.HasPrefix(name, "tag:") || name == "tag-key"):
		case attrs[name] == nil:
			return nil, violates("InvalidParameterValue", "The filter '%s' is invalid", name)
		}
	}
	if len(filters) == 0 {
		return items, nil
	}
	var out []T
	for _, item := range items {
		if matchesAll(item, filters, tags, attrs) {
			out = append(out, item)
		}
	}
	return out, nil
}

func matchesAll[T any](item T, filters []object, tags func(T) map[string]string, attrs attributes[T]) bool {
	for _, f := range filters {
		name := f.str("Name")
		var have []string
		switch key, isTag := strings.CutPrefix(name, "tag:"); {
		case isTag:
			if value, ok := tags(item)[key]; ok {
				have = []string{value}
			}
		case name == "tag-key":
			for key := range tags(item) {
				have = append(have, key)
			}
		default:
			have = attrs[name](item)
		}
		if !matchesAny(have, f.strs("Values")) {
			return false
		}
	}
	return true
}

func matchesAny(have, patterns []string) bool {
	for _, p := range patterns {
		for _, h := range have {
			if wildcard(p, h) {
				return true
			}
		}
	}
	return false
}

// wildcard matches as EC2's filters do: * is any text, ? any character, and a
// backslash takes their meaning from them.
func wildcard(pattern, text string) bool {
	if !strings.ContainsAny(pattern, `*?\`) {
		return pattern == text
	}
	for pattern != "" {
		switch pattern[0] {
		case '*':
			for i := 0; i <= len(text); i++ {
				if wildcard(pattern[1:], text[i:]) {
					return true
				}
			}
			return false
		case '?':
			if text == "" {
				return false
			}
			pattern, text = pattern[1:], text[1:]
		default:
			if pattern[0] == '\\' && len(pattern) > 1 {
				pattern = pattern[1:]
			}
			if text == "" || text[0] != pattern[0] {
				return false
			}
			pattern, text = pattern[1:], text[1:]
		}
	}
	return text == ""
}

// listing is how one kind of things is described.
type listing[T resource] struct {
	keep     func(T) bool // what is listed at all; nil is everything
	ids      string       // the parameter with ids
	notFound string       // the code for one that does not exist
	prefix   string       // of an id
	malform  string       // the code for what is no id
	attrs    attributes[T]
	min, max int  // of MaxResults
	whole    bool // it comes in one page
}

// describe returns the things that a request asks for, one page of them, and
// the token of the next page, or nil.
func describe[T resource](r *region, c *call, t *table[T], l listing[T]) ([]T, any, *failure) {
	ids := c.in.strs(l.ids)
	var items []T
	if len(ids) > 0 {
		for _, id := range ids {
			if !isID(id, l.prefix) {
				return nil, nil, violates(l.malform, "Invalid id: \"%s\"", id)
			}
			item, ok := t.byID[id]
			if !ok || !r.shown(item.base()) {
				return nil, nil, refuse(l.notFound, "The %s ID '%s' does not exist", item0[T](l.prefix), id)
			}
			items = append(items, item)
		}
	} else {
		for _, item := range t.all() {
			if r.shown(item.base()) && (l.keep == nil || l.keep(item)) {
				items = append(items, item)
			}
		}
	}
	items, refusal := filtered(c, items, func(item T) map[string]string { return item.base().tags }, l.attrs)
	if refusal != nil {
		return nil, nil, refusal
	}
	if l.whole {
		return items, nil, nil
	}
	return paged(r, c, items, func(item T) int { return item.base().seq }, l.min, l.max, len(ids) > 0)
}

// item0 is what EC2 calls a thing with ids of this prefix.
func item0[T resource](prefix string) string {
	names := map[string]string{"i": "instance", "sg": "security group", "vol": "volume", "ami": "image id", "eni": "networkInterface"}
	if name := names[prefix]; name != "" {
		return name
	}
	return prefix
}

// paged cuts one page out of items that are sorted by their position.
func paged[T any](r *region, c *call, items []T, position func(T) int, low, high int, byID bool) ([]T, any, *failure) {
	size, after := r.c.o.PageSize, -1
	if n := c.in.int("MaxResults", 0); c.in.has("MaxResults") {
		if n < low || n > high {
			return nil, nil, violates("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. Expecting a value between %d and %d.", n, low, high)
		}
		if byID {
			return nil, nil, badCombination("The parameter MaxResults cannot be used with a list of IDs")
		}
		if size == 0 || n < size {
			size = n
		}
	}
	if token := c.in.str("NextToken"); token != "" {
		text, err := base64.RawURLEncoding.DecodeString(token)
		op, pos, ok := strings.Cut(string(text), "/")
		n, errNumber := strconv.Atoi(pos)
		if err != nil || errNumber != nil || !ok || op != c.op {
			return nil, nil, violates("InvalidPaginationToken", "The pagination token is invalid: %s", token)
		}
		after = n
	}
	var page []T
	for _, item := range items {
		if position(item) <= after {
			continue
		}
		if size > 0 && len(page) == size {
			return page, base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s/%d", c.op, position(page[size-1]))), nil
		}
		page = append(page, item)
	}
	return page, nil, nil
}

// isID says whether a text has the form of an id: "i-" and 8 or 17 digits.
func isID(text, prefix string) bool {
	digits, ok := strings.CutPrefix(text, prefix+"-")
	if !ok || len(digits) != 8 && len(digits) != 17 {
		return false
	}
	return strings.Trim(digits, "0123456789abcdef") == ""
}

// text helpers of attributes

func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func yesNo(b bool) []string { return []string{strconv.FormatBool(b)} }

func stamp(t time.Time) []string { return []string{t.UTC().Format("2006-01-02T15:04:05.000Z")} }
