package azure

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// put creates or replaces a resource.
func (c *Cloud) put(q *request) *reply {
	ch, f := c.change(q)
	if f != nil {
		return failed(f)
	}
	if q.kind.prepare != nil {
		if f := q.kind.prepare(c, ch); f != nil {
			return failed(f)
		}
	}
	status := q.op.answers(http.StatusCreated, http.StatusAccepted)
	ch.r.state = creating
	if ch.old != nil {
		status, ch.r.state = http.StatusOK, updating
	}
	if q.kind.sync {
		ch.r.state = succeeded
	}
	for _, lost := range ch.lost {
		c.drop(lost)
	}
	ch.r = c.keep(ch.r)
	for _, part := range ch.parts {
		part.state = succeeded
		c.keep(part)
	}
	var op *running
	switch {
	case q.kind.follow != nil:
		op = q.kind.follow(c, ch)
	case !q.kind.sync:
		op = c.begin(q, c.options.OperationTime, func(f *failure) *failure {
			ch.r.state = succeeded
			if f != nil {
				ch.r.state = broken
			}
			return f
		})
	}
	body := c.show(ch.r)
	if op == nil {
		return &reply{status: status, body: body}
	}
	if op.status == broken { // the operation says so, and why
		set(body, creating, "properties", "provisioningState")
	}
	return c.accepted(q, op, &reply{status: status, body: body})
}

// change checks what Azure checks of every resource before its provider does.
func (c *Cloud) change(q *request) (*change, *failure) {
	if f := c.around(q); f != nil {
		return nil, f
	}
	if !q.kind.name.MatchString(q.name) {
		return nil, malformed("InvalidResourceName", "Resource name %s is invalid. The name must have %s.", q.name, q.kind.rule)
	}
	if f := checkTags(q.body); f != nil {
		return nil, f
	}
	old := c.resources[q.key]
	if f := precondition(q, old); f != nil {
		return nil, f
	}
	if old != nil && old.state == deleting {
		return nil, c.beingDeleted(old)
	}
	if f := checkLocation(q, old); f != nil {
		return nil, f
	}
	r := &resource{kind: q.kind, id: q.id, key: q.key, name: q.name, doc: q.body}
	if q.kind.typ != groupType {
		r.group = c.groupKey(q)
	}
	if old != nil {
		again := *old
		again.doc, again.uses = q.body, nil
		r = &again
	}
	return &change{q: q, old: old, r: r}, nil
}

func (c *Cloud) groupKey(q *request) string {
	return lower("/subscriptions/" + Subscription + "/resourceGroups/" + q.group)
}

// around checks that the group and the parent of a resource exist.
func (c *Cloud) around(q *request) *failure {
	if q.group == "" || q.kind.typ == groupType && q.id != "" {
		return nil
	}
	g := c.resources[c.groupKey(q)]
	if g == nil {
		return refuse(http.StatusNotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found.", q.group)
	}
	if g.state == deleting && q.method == http.MethodPut {
		return refuse(http.StatusConflict, "ResourceGroupBeingDeleted", "The resource group '%s' is in deprovisioning state and cannot perform this operation.", q.group)
	}
	if q.kind.parent != "" && q.id != "" && c.resources[parentOf(q.key)] == nil {
		return refuse(http.StatusNotFound, "ParentResourceNotFound",
			"Failed to perform '%s' on resource(s) of type '%s', because the parent resource '%s' could not be found.",
			strings.ToLower(q.method), q.kind.typ, parentOf(q.id))
	}
	return nil
}

func precondition(q *request, old *resource) *failure {
	etag := ""
	if old != nil {
		etag = strconv.Itoa(old.etag)
	}
	none, match := q.header.Get("If-None-Match"), strings.Trim(q.header.Get("If-Match"), `"`)
	if none == "*" && old != nil || match != "" && match != "*" && match != etag || match == "*" && old == nil {
		return refuse(http.StatusPreconditionFailed, "PreconditionFailed", "The condition '%s' was not met for the resource '%s'.", none+match, q.id)
	}
	return nil
}

// beingDeleted is said to those who change what is on its way out.
func (c *Cloud) beingDeleted(r *resource) *failure {
	if r.kind.typ == machineType {
		return refuse(http.StatusConflict, "OperationNotAllowed",
			"Operation 'createOrUpdateVM' is not allowed on VM '%s' since the VM is marked for deletion. You can only retry the Delete operation (or wait for an ongoing one to complete).", r.name)
	}
	return refuse(http.StatusConflict, "AnotherOperationInProgress",
		"Another operation on this or dependent resource is in progress. The resource '%s' is being deleted.", r.id)
}

func (c *Cloud) get(q *request) *reply {
	if f := c.around(q); f != nil {
		return failed(f)
	}
	r := c.resources[q.key]
	if r == nil {
		return failed(c.notFound(q))
	}
	if q.method == http.MethodHead {
		return &reply{status: http.StatusNoContent}
	}
	out := c.show(r)
	if r.vm != nil && expands(q) {
		set(out, r.vm.view(c, r), "properties", "instanceView")
	}
	return ok(out)
}

func expands(q *request) bool { return strings.EqualFold(q.query.Get("$expand"), "instanceView") }

func (c *Cloud) notFound(q *request) *failure {
	if q.kind.typ == groupType {
		return refuse(http.StatusNotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found.", q.name)
	}
	return refuse(http.StatusNotFound, "ResourceNotFound",
		"The Resource '%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
		strings.SplitN(q.id, "/providers/", 2)[1], q.group)
}

// patch changes tags, and nothing else unless the kind says so.
func (c *Cloud) patch(q *request) *reply {
	if f := c.around(q); f != nil {
		return failed(f)
	}
	old := c.resources[q.key]
	if old == nil {
		return failed(c.notFound(q))
	}
	if f := checkTags(q.body); f != nil {
		return failed(f)
	}
	for name := range q.body {
		if name != "tags" {
			f := malformed("NotImplemented", "The simulated Azure changes only tags with PATCH, not '%s'.", name)
			f.Status = http.StatusNotImplemented
			return failed(f)
		}
	}
	r := *old
	r.doc = maps.Clone(old.doc)
	if tags := treeAt(q.body, "tags"); tags != nil {
		r.doc["tags"] = tags
	}
	return ok(c.show(c.keep(&r)))
}

// delete removes a resource; one that isn't there is gone already.
func (c *Cloud) delete(q *request) *reply {
	if f := c.around(q); f != nil {
		return failed(f)
	}
	r := c.resources[q.key]
	switch {
	case r == nil && q.kind.typ == groupType:
		return failed(c.notFound(q))
	case r == nil:
		return &reply{status: q.op.answers(http.StatusNoContent, http.StatusOK)}
	}
	if r.state == deleting && r.gone != nil {
		return c.accepted(q, r.gone, &reply{status: http.StatusAccepted})
	}
	if q.kind.busy != nil {
		if f := q.kind.busy(c, r); f != nil {
			return failed(f)
		}
	}
	if q.kind.sync && q.kind.remove == nil {
		c.drop(r)
		return &reply{status: q.op.answers(http.StatusOK, http.StatusNoContent)}
	}
	before := r.state
	r.state = deleting
	if q.kind.remove != nil {
		r.gone = q.kind.remove(c, q, r)
	} else {
		r.gone = c.begin(q, c.options.OperationTime, func(f *failure) *failure {
			if f == nil && q.kind.busy != nil {
				f = q.kind.busy(c, r) // used by something that came meanwhile
			}
			if f != nil {
				r.state = before
				return f
			}
			c.drop(r)
			return nil
		})
	}
	return c.accepted(q, r.gone, &reply{status: http.StatusAccepted})
}

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

// sound finds duplicate names in a body, which the decoder hides: it takes a
// body that encodes no longer than it was sent to have none.
func sound(q *request) *failure {
	d := json.NewDecoder(strings.NewReader(string(q.raw)))
	if name := duplicate(d); name != "" {
		return malformed("InvalidRequestContent", "The request content was invalid and could not be deserialized: 'The property '%s' occurs twice.'.", name)
	}
	return nil
}

// duplicate returns a name that occurs twice in an object, or "".
func duplicate(d *json.Decoder) string {
	var seen []map[string]bool // a level; nil for lists
	key := false
	for {
		t, err := d.Token()
		if err != nil {
			return ""
		}
		switch t {
		case json.Delim('{'):
			seen, key = append(seen, map[string]bool{}), true
			continue
		case json.Delim('['):
			seen, key = append(seen, nil), false
			continue
		case json.Delim('}'), json.Delim(']'):
			seen = seen[:len(seen)-1]
			key = len(seen) > 0 && seen[len(seen)-1] != nil
			continue
		}
		if len(seen) == 0 || seen[len(seen)-1] == nil {
			continue
		}
		if name, is := t.(string); is && key {
			if seen[len(seen)-1][name] {
				return name
			}
			seen[len(seen)-1][name] = true
			key = false
			continue
		}
		key = true
	}
}
