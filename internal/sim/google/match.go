package google

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// compare is the predicate of one comparison of AIP-160.
func compare(path []string, op, value string) predicate {
	switch op {
	case "=":
		return func(o object) bool {
			return anyOf(o, path, func(v string) bool { return wildcard(value, v) })
		}
	case "!=":
		return func(o object) bool {
			return !anyOf(o, path, func(v string) bool { return wildcard(value, v) })
		}
	case ":":
		return func(o object) bool {
			return anyOf(o, path, func(v string) bool { return wildcard(value, v) || strings.Contains(v, value) })
		}
	}
	return func(o object) bool {
		return anyOf(o, path, func(v string) bool { return ordered(op, v, value) })
	}
}

func wildcard(pattern, v string) bool {
	if !strings.Contains(pattern, "*") {
		return pattern == v
	}
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(v, parts[0]) {
		return false
	}
	v = v[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(v, part)
		if i < 0 {
			return false
		}
		v = v[i+len(part):]
	}
	return strings.HasSuffix(v, parts[len(parts)-1])
}

func ordered(op, a, b string) bool {
	sign := strings.Compare(a, b)
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		switch {
		case x < y:
			sign = -1
		case x > y:
			sign = 1
		default:
			sign = 0
		}
	}
	switch op {
	case "<":
		return sign < 0
	case "<=":
		return sign <= 0
	case ">":
		return sign > 0
	}
	return sign >= 0
}

// anyOf reports whether one of the values at a path is right; lists are
// looked through.
func anyOf(v any, path []string, right func(v string) bool) bool {
	if l, is := v.([]any); is {
		for _, one := range l {
			if anyOf(one, path, right) {
				return true
			}
		}
		return false
	}
	if len(path) > 0 {
		o, is := v.(object)
		if !is {
			return false
		}
		next, has := o[path[0]]
		return has && anyOf(next, path[1:], right)
	}
	switch v := v.(type) {
	case string:
		return right(v)
	case json.Number:
		return right(v.String())
	case nil:
		return false
	}
	return right(fmt.Sprint(v))
}
