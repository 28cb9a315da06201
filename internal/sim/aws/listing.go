package aws

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

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
