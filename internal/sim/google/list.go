package google

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// pageLimit is the most that a listing returns at once.
const pageLimit = 500

// listed is one resource that a listing may show, with its place in the order.
type listed struct {
	where string
	key   string
	obj   object
}

// list answers for one zone, one region or the whole project.
func list(c *Cloud, r *request) (any, error) {
	coll := collections[r.method.resource()]
	where := r.where()
	if !coll.scoped {
		where = ""
	}
	if e := c.checkPlace(r); e != nil {
		return nil, e
	}
	page, next, e := c.page(r, coll, func(rec *record) bool { return rec.where == where })
	if e != nil {
		return nil, e
	}
	all := make([]any, len(page))
	for i, l := range page {
		all[i] = l.obj
	}
	out := object{"kind": "compute#" + coll.kind + "List", "id": strings.TrimSuffix(coll.path(r.project(), where, ""), "/")}
	out["selfLink"] = baseURL + text(out, "id")
	if len(all) > 0 {
		out["items"] = all
	}
	if next != "" {
		out["nextPageToken"] = next
	}
	return out, nil
}

// aggregatedList answers for all zones and regions.
func aggregatedList(c *Cloud, r *request) (any, error) {
	coll := collections[r.method.resource()]
	page, next, e := c.page(r, coll, func(*record) bool { return true })
	if e != nil {
		return nil, e
	}
	scopes := object{}
	for _, where := range c.places(coll) {
		scopes[where] = object{"warning": object{
			"code": "NO_RESULTS_ON_PAGE", "message": "There are no results for scope '" + where + "' on this page.",
			"data": []any{object{"key": "scope", "value": where}},
		}}
	}
	found := map[string][]any{}
	for _, l := range page {
		found[l.where] = append(found[l.where], l.obj)
	}
	for where, all := range found {
		scopes[where] = object{coll.name: all}
	}
	out := object{"kind": "compute#" + coll.kind + "AggregatedList", "id": "projects/" + r.project() + "/aggregated/" + coll.name, "items": scopes}
	out["selfLink"] = baseURL + text(out, "id")
	if next != "" {
		out["nextPageToken"] = next
	}
	return out, nil
}

// places are the scopes that a collection has resources in.
func (c *Cloud) places(coll collection) []string {
	var zonal, regional, global bool
	switch coll.name {
	case "instances", "machineTypes", "acceleratorTypes":
		zonal = true
	case "disks", "diskTypes":
		zonal, regional = true, true
	case "addresses":
		regional, global = true, true
	case "operations":
		zonal, regional, global = true, true, true
	default:
		regional = true
	}
	var out []string
	for _, region := range regionTable() {
		if regional {
			out = append(out, "regions/"+region.name)
		}
		for _, zone := range region.zones {
			if zonal {
				out = append(out, "zones/"+zone)
			}
		}
	}
	if global {
		out = append(out, "global")
	}
	return out
}

// page returns the resources of one page and the token of the next.
func (c *Cloud) page(r *request, coll collection, in func(*record) bool) ([]listed, string, *apiError) {
	want, e := c.doc.parseFilter(coll.schema, r.query.Get("filter"))
	if e != nil {
		return nil, "", e
	}
	most, e := c.pageSize(r)
	if e != nil {
		return nil, "", e
	}
	after, err := base64.URLEncoding.DecodeString(r.query.Get("pageToken"))
	if err != nil {
		return nil, "", invalid("pageToken", r.query.Get("pageToken"), "Must be a token of an earlier answer.")
	}
	newest := false
	switch order := r.query.Get("orderBy"); order {
	case "", "name", "name asc":
	case "creationTimestamp desc":
		newest = true
	default:
		return nil, "", invalid("orderBy", order, "Only sorting by 'name' or 'creationTimestamp desc' is supported.")
	}
	all := c.shown(r.project(), coll, func(rec *record) bool { return in(rec) && want(rec.obj) }, newest)
	start := 0
	if len(after) > 0 {
		start, _ = slices.BinarySearchFunc(all, string(after), func(l listed, key string) int {
			order := strings.Compare(l.key, key)
			if newest {
				order = -order
			}
			if order == 0 {
				return -1 // begin behind it
			}
			return order
		})
	}
	all = all[start:]
	if len(all) <= most {
		return all, "", nil
	}
	return all[:most], base64.URLEncoding.EncodeToString([]byte(all[most-1].key)), nil
}

func (c *Cloud) pageSize(r *request) (int, *apiError) {
	most := pageLimit
	if c.o.PageSize > 0 {
		most = c.o.PageSize
	}
	asked := r.query.Get("maxResults")
	if asked == "" {
		return most, nil
	}
	n, err := strconv.Atoi(asked)
	if err != nil || n > pageLimit {
		return 0, invalid("maxResults", asked, "Must be less than or equal to 500")
	}
	if n > 0 {
		most = min(most, n)
	}
	return most, nil
}

// shown returns what listings show of a collection, in order: not yet what was
// just made, still what was just deleted.
func (c *Cloud) shown(project string, coll collection, want func(*record) bool, newest bool) []listed {
	now := c.o.Now()
	var out []listed
	add := func(rec *record) {
		if rec.project != project || rec.shown.After(now) || !want(rec) {
			return
		}
		key := rec.where + "/" + rec.name
		if newest {
			key = text(rec.obj, "creationTimestamp") + text(rec.obj, "insertTime") + "/" + key
		}
		out = append(out, listed{where: rec.where, key: key, obj: c.view(rec)})
	}
	for _, rec := range c.records[coll.name] {
		add(rec)
	}
	for _, rec := range c.ghosts {
		if rec.coll.name == coll.name {
			add(rec)
		}
	}
	slices.SortFunc(out, func(a, b listed) int {
		if newest {
			return strings.Compare(b.key, a.key)
		}
		return strings.Compare(a.key, b.key)
	})
	return out
}
