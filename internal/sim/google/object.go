package google

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strconv"
	"strings"
)

// object is a JSON object. One that is stored never changes: who changes a
// resource stores a new one, so that answers can be written without a lock.
type object = map[string]any

// dig returns what stands at a path of keys, or nil.
func dig(v any, path ...string) any {
	for _, key := range path {
		o, is := v.(object)
		if !is {
			return nil
		}
		v = o[key]
	}
	return v
}

// text returns the string at a path of keys, or "".
func text(v any, path ...string) string {
	s, _ := dig(v, path...).(string)
	return s
}

// items returns the list at a path of keys, or none.
func items(v any, path ...string) []any {
	l, _ := dig(v, path...).([]any)
	return l
}

// truth returns the boolean at a path of keys, and whether one is there.
func truth(v any, path ...string) (value, has bool) {
	value, has = dig(v, path...).(bool)
	return value, has
}

// number returns the number at a path of keys, however JSON wrote it.
func number(v any, path ...string) (int64, bool) {
	switch n := dig(v, path...).(type) {
	case string:
		i, err := strconv.ParseInt(n, 10, 64)
		return i, err == nil
	case json.Number:
		i, err := n.Int64()
		return i, err == nil
	case int:
		return int64(n), true
	case int64:
		return n, true
	case float64:
		return int64(n), true
	}
	return 0, false
}

// with returns a copy of o with some keys changed; a nil value removes one.
func with(o object, changes object) object {
	out := maps.Clone(o)
	for key, value := range changes {
		if value == nil {
			delete(out, key)
		} else {
			out[key] = value
		}
	}
	return out
}

// setDefault gives a key a value unless it has one.
func setDefault(o object, key string, value any) {
	if _, has := o[key]; !has {
		o[key] = value
	}
}

// child returns the object at key, making it if there is none.
func child(o object, key string) object {
	c, is := o[key].(object)
	if !is {
		c = object{}
		o[key] = c
	}
	return c
}

// fingerprint is what the cloud shows so that two who change the same thing
// notice each other.
func fingerprint(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return base64.RawURLEncoding.EncodeToString(sum[:8]) + "="
}

// last is the last segment of a URL or path.
func last(url string) string { return url[strings.LastIndexByte(url, '/')+1:] }

// short is a selfLink without what all have in common.
func short(url string) string { return strings.TrimPrefix(url, baseURL) }
