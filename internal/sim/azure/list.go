package azure

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

const defaultPage = 100

// list shows the resources of a kind in a group, in the subscription, or of a
// parent.
func (c *Cloud) list(q *request) *reply {
	if f := c.around(q); f != nil {
		return failed(f)
	}
	k := lower(q.kind.typ)
	switch {
	case q.kind.parent != "":
		if c.resources[q.key] == nil {
			return failed(refuse(http.StatusNotFound, "ResourceNotFound", "The Resource '%s' was not found.", q.key))
		}
		k += "|" + q.key
	case q.group != "":
		k += "|" + c.groupKey(q)
	}
	filter, f := readFilter(q)
	if f != nil {
		return failed(f)
	}
	show := c.show
	if q.kind.typ == machineType {
		if show, f = c.machineListing(q); f != nil {
			return failed(f)
		}
	}
	return c.page(q, c.index[k], filter, show)
}

// page shows part of a sorted list of keys, and where the rest is.
func (c *Cloud) page(q *request, keys []string, filter func(*resource) bool, show func(*resource) tree) *reply {
	size := defaultPage
	if c.options.PageSize > 0 {
		size = c.options.PageSize
	}
	if top, err := strconv.Atoi(q.query.Get("$top")); err == nil && top > 0 && top < size {
		size = top
	}
	after, err := base64.RawURLEncoding.DecodeString(q.query.Get("$skiptoken"))
	if err != nil {
		return failed(malformed("InvalidSkipToken", "The skip token '%s' is invalid.", q.query.Get("$skiptoken")))
	}
	from := 0
	if len(after) > 0 {
		i, has := slices.BinarySearch(keys, string(after))
		from = i
		if has {
			from = i + 1
		}
	}
	values := []any{}
	body := tree{}
	for i, key := range keys[from:] {
		r := c.listed(key)
		if r == nil || !filter(r) {
			continue
		}
		values = append(values, show(r))
		if len(values) == size && from+i+1 < len(keys) {
			body["nextLink"] = next(q, key)
			break
		}
	}
	body["value"] = values
	return ok(body)
}

func next(q *request, key string) string {
	query := url.Values{}
	maps.Copy(query, q.query)
	query.Set("$skiptoken", base64.RawURLEncoding.EncodeToString([]byte(key)))
	return q.base + q.path + "?" + query.Encode()
}
