package aws

import (
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

func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func yesNo(b bool) []string { return []string{strconv.FormatBool(b)} }

func stamp(t time.Time) []string { return []string{t.UTC().Format("2006-01-02T15:04:05.000Z")} }
