package google

import "strings"

// hooks are what is special about making and deleting one kind of resource.
type hooks struct {
	// prepare checks what a client sent, and fills in what the cloud adds.
	prepare func(c *Cloud, r *request, o object) *apiError
	// ready are the changes when the resource is made; it may be nil.
	ready func(c *Cloud, rec *record) object
	// user returns the path of what still uses the resource, or "".
	user func(c *Cloud, rec *record) string
	// gone cleans up behind the resource; it may be nil.
	gone func(c *Cloud, rec *record)
}

// kinds are the resources that clients make and delete and that need no
// machines.
var kinds = map[string]hooks{
	"networks":         {prepare: prepareNetwork, ready: networkReady, user: networkUser, gone: networkGone},
	"subnetworks":      {prepare: prepareSubnetwork, ready: subnetworkReady, user: subnetworkUser, gone: subnetworkGone},
	"firewalls":        {prepare: prepareFirewall},
	"routers":          {prepare: prepareRouter},
	"addresses":        {prepare: prepareAddress, ready: addressReady, user: firstUser},
	"globalAddresses":  {prepare: prepareAddress, ready: addressReady, user: firstUser},
	"resourcePolicies": {prepare: preparePolicy, ready: policyReady, user: policyUser},
	"disks":            {prepare: prepareDisk, ready: diskReady, user: firstUser},
	"images":           {prepare: prepareImage, ready: imageReady},
}

// insertResource makes a resource that needs no machine.
func insertResource(c *Cloud, r *request) (any, error) {
	kind := r.method.resource()
	coll, hook := collections[kind], kinds[kind]
	o := r.body
	name := text(o, "name")
	if name == "" {
		return nil, required("resource.name")
	}
	if e := checkLabels("resource.labels", o); e != nil {
		return nil, e
	}
	path := coll.path(r.project(), r.where(), name)
	if c.records[coll.name][path] != nil {
		return nil, alreadyExists(path)
	}
	if e := hook.prepare(c, r, o); e != nil {
		return nil, e
	}
	charges := resourceCharges(coll, r.where(), o)
	if e := c.charge(charges); e != nil {
		return nil, e
	}
	rec := c.add(coll, r.project(), r.where(), name, o)
	rec.charges, rec.pending = charges, true
	if c.doc.labelled(coll) {
		rec.set(object{"labelFingerprint": fingerprint(o["labels"])})
	}
	op := c.begin(r, task{
		kind: "insert", target: rec, where: rec.where,
		end: func() *opError {
			rec.pending = false
			if hook.ready != nil {
				rec.set(hook.ready(c, rec))
			}
			return nil
		},
		abort: func() { c.remove(rec) },
	})
	return op.obj, nil
}

// labelled reports whether resources of a collection have labels.
func (d *document) labelled(k collection) bool {
	return d.Schemas[k.schema].Properties["labelFingerprint"] != nil
}

// deleteResource deletes a resource that needs no machine.
func deleteResource(c *Cloud, r *request) (any, error) {
	rec, e := c.named(r)
	if e != nil {
		return nil, e
	}
	hook := kinds[r.method.resource()]
	if rec.pending || rec.leaving {
		return nil, notReady(rec.path)
	}
	if hook.user != nil {
		if by := hook.user(c, rec); by != "" {
			return nil, inUse(rec.coll.kind, rec.path, by)
		}
	}
	rec.leaving = true
	op := c.begin(r, task{
		kind: "delete", target: rec, where: rec.where,
		end: func() *opError {
			c.remove(rec)
			if hook.gone != nil {
				hook.gone(c, rec)
			}
			return nil
		},
		abort: func() { rec.leaving = false },
	})
	return op.obj, nil
}

// patchResource changes the fields that a client sent.
func patchResource(c *Cloud, r *request) (any, error) {
	rec, e := c.named(r)
	if e != nil {
		return nil, e
	}
	if rec.pending || rec.leaving {
		return nil, notReady(rec.path)
	}
	changed := with(rec.obj, r.body)
	if e := kinds[r.method.resource()].prepare(c, r, changed); e != nil {
		return nil, e
	}
	op := c.begin(r, task{kind: r.method.verb(), target: rec, where: rec.where, end: func() *opError {
		rec.obj = changed
		return nil
	}})
	return op.obj, nil
}

// setLabels replaces the labels of a resource that nobody changed meanwhile.
func setLabels(c *Cloud, r *request) (any, error) {
	rec, e := c.resourceNamed(r)
	if e != nil {
		return nil, e
	}
	if text(r.body, "labelFingerprint") != text(rec.obj, "labelFingerprint") {
		return nil, conditionNotMet("Labels fingerprint either invalid or resource labels have changed")
	}
	if e := checkLabels("labels", r.body); e != nil {
		return nil, e
	}
	op := c.begin(r, task{kind: "setLabels", target: rec, where: rec.where, end: func() *opError {
		rec.set(object{"labels": r.body["labels"], "labelFingerprint": fingerprint(r.body["labels"])})
		return nil
	}})
	return op.obj, nil
}

// resourceNamed is named, for methods whose parameter is called "resource".
func (c *Cloud) resourceNamed(r *request) (*record, *apiError) {
	if name, has := r.params["resource"]; has {
		r.params[collections[r.method.resource()].param] = name
	}
	return c.named(r)
}

// firstUser is of resources that know their users.
func firstUser(_ *Cloud, rec *record) string {
	for _, url := range items(rec.obj, "users") {
		if s, is := url.(string); is {
			return strings.TrimPrefix(s, baseURL)
		}
	}
	return ""
}

// addUser and dropUser note that an instance uses a disk or an address.
func (r *record) addUser(url string) {
	r.set(object{"users": append(append([]any{}, items(r.obj, "users")...), url)})
}

func (r *record) dropUser(url string) {
	var left []any
	for _, u := range items(r.obj, "users") {
		if u != url {
			left = append(left, u)
		}
	}
	if left == nil {
		r.set(object{"users": nil})
		return
	}
	r.set(object{"users": left})
}
