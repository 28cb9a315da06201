package azure

import (
	"maps"
	"net/http"
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
