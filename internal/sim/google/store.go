package google

import (
	"crypto/rand"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// collection is one kind of resource.
type collection struct {
	name   string // "instances"
	kind   string // "compute#instance"
	param  string // of paths: "instance"
	schema string // "Instance"
	scoped bool   // it stands in a zone, a region or "global"
	quota  string // the limit of how many there may be in a project
}

// collections are what exists in the cloud, by the name in their methods' IDs.
var collections = map[string]collection{
	"instances":        {name: "instances", kind: "instance", param: "instance", schema: "Instance", scoped: true},
	"disks":            {name: "disks", kind: "disk", param: "disk", schema: "Disk", scoped: true},
	"addresses":        {name: "addresses", kind: "address", param: "address", schema: "Address", scoped: true},
	"globalAddresses":  {name: "addresses", kind: "address", param: "address", schema: "Address", scoped: true, quota: "STATIC_ADDRESSES"},
	"networks":         {name: "networks", kind: "network", param: "network", schema: "Network", scoped: true, quota: "NETWORKS"},
	"subnetworks":      {name: "subnetworks", kind: "subnetwork", param: "subnetwork", schema: "Subnetwork", scoped: true, quota: "SUBNETWORKS"},
	"firewalls":        {name: "firewalls", kind: "firewall", param: "firewall", schema: "Firewall", scoped: true, quota: "FIREWALLS"},
	"routers":          {name: "routers", kind: "router", param: "router", schema: "Router", scoped: true, quota: "ROUTERS"},
	"resourcePolicies": {name: "resourcePolicies", kind: "resourcePolicy", param: "resourcePolicy", schema: "ResourcePolicy", scoped: true, quota: "RESOURCE_POLICIES"},
	"images":           {name: "images", kind: "image", param: "image", schema: "Image", scoped: true, quota: "IMAGES"},
	"snapshots":        {name: "snapshots", kind: "snapshot", param: "snapshot", schema: "Snapshot", scoped: true, quota: "SNAPSHOTS"},
	"machineTypes":     {name: "machineTypes", kind: "machineType", param: "machineType", schema: "MachineType", scoped: true},
	"acceleratorTypes": {name: "acceleratorTypes", kind: "acceleratorType", param: "acceleratorType", schema: "AcceleratorType", scoped: true},
	"diskTypes":        {name: "diskTypes", kind: "diskType", param: "diskType", schema: "DiskType", scoped: true},
	"zoneOperations":   {name: "operations", kind: "operation", param: "operation", schema: "Operation", scoped: true},
	"regionOperations": {name: "operations", kind: "operation", param: "operation", schema: "Operation", scoped: true},
	"globalOperations": {name: "operations", kind: "operation", param: "operation", schema: "Operation", scoped: true},
	"zones":            {name: "zones", kind: "zone", param: "zone", schema: "Zone"},
	"regions":          {name: "regions", kind: "region", param: "region", schema: "Region"},
}

// path is what the cloud calls a resource: "projects/p/zones/z/disks/d".
func (k collection) path(project, where, name string) string {
	if !k.scoped {
		return "projects/" + project + "/" + k.name + "/" + name
	}
	return "projects/" + project + "/" + where + "/" + k.name + "/" + name
}

// record is one resource. Its fields are guarded by Cloud.mu; obj is replaced,
// never changed.
type record struct {
	coll    collection
	path    string
	project string
	where   string
	name    string
	obj     object

	shown   time.Time // listings show it from then on
	pending bool      // the operation that makes it goes on
	leaving bool      // the one that deletes it does
	builtin bool      // every account has it, or it comes with something else
	charges []charge  // on the quota, for as long as it exists

	vm *vm        // of instances
	op *operation // of operations
}

// url is the selfLink.
func (r *record) url() string { return baseURL + r.path }

// set changes keys of the resource; nil removes one.
func (r *record) set(changes object) { r.obj = with(r.obj, changes) }

// add makes a resource of what a client sent, or of what the cloud has from
// the beginning. c.mu is held.
func (c *Cloud) add(coll collection, project, where, name string, o object) *record {
	r := &record{coll: coll, path: coll.path(project, where, name), project: project, where: where, name: name, shown: c.o.Now().Add(c.o.CreateLag)}
	o["name"] = name
	o["kind"] = "compute#" + coll.kind
	o["id"] = newID()
	o["selfLink"] = r.url()
	setDefault(o, "creationTimestamp", c.stamp())
	place, url, _ := strings.Cut(where, "/")
	if coll.scoped && url != "" {
		key := strings.TrimSuffix(place, "s")
		o[key] = baseURL + "projects/" + project + "/" + where
		if coll.kind == "machineType" {
			o[key] = url // the odd one
		}
	}
	r.obj = o
	if c.records[coll.name] == nil {
		c.records[coll.name] = map[string]*record{}
	}
	c.records[coll.name][r.path] = r
	delete(c.ghosts, r.path)
	return r
}

// remove takes a resource away; listings show it for a while. c.mu is held.
func (c *Cloud) remove(r *record) {
	if c.records[r.coll.name][r.path] != r {
		return
	}
	delete(c.records[r.coll.name], r.path)
	c.release(r.charges)
	r.charges = nil
	if c.o.DeleteLag > 0 {
		c.ghosts[r.path] = r
		c.later(c.o.DeleteLag, func() {
			if c.ghosts[r.path] == r {
				delete(c.ghosts, r.path)
			}
		})
	}
}

// find returns a resource by its name or its number, or nil. c.mu is held.
func (c *Cloud) find(kind, project, where, name string) *record {
	coll := collections[kind]
	if r := c.records[coll.name][coll.path(project, where, name)]; r != nil || name == "" || name[0] < '0' || name[0] > '9' {
		return r
	}
	for _, r := range c.records[coll.name] {
		if text(r.obj, "id") == name && r.where == where && r.project == project {
			return r
		}
	}
	return nil
}

// named returns the resource that the path of a request names.
func (c *Cloud) named(r *request) (*record, *apiError) {
	kind := r.method.resource()
	coll := collections[kind]
	name := r.params[coll.param]
	where := r.where()
	if !coll.scoped {
		where = ""
	}
	rec := c.find(kind, r.project(), where, name)
	if rec == nil {
		return nil, notFound(coll.path(r.project(), where, name))
	}
	return rec, nil
}

// refer returns the resource that a URL in a body means, whole or partial, or
// nil. Without a scope in it, it is looked for in where.
func (c *Cloud) refer(kind, where, url string) *record {
	coll := collections[kind]
	project := Project
	rest := url
	for _, host := range []string{baseURL, "https://compute.googleapis.com/compute/v1/"} {
		rest = strings.TrimPrefix(rest, host)
	}
	parts := strings.Split(strings.TrimPrefix(rest, "/"), "/")
	if len(parts) > 2 && parts[0] == "projects" {
		project, parts = parts[1], parts[2:]
	}
	name := parts[len(parts)-1]
	switch {
	case len(parts) == 1:
	case len(parts) >= 3 && parts[len(parts)-2] == coll.name:
		where = strings.Join(parts[:len(parts)-2], "/")
	default:
		return nil
	}
	if project == ProjectNumber {
		project = Project
	}
	return c.records[coll.name][coll.path(project, where, name)]
}

// checkPlace refuses requests to zones and regions that don't exist.
func (c *Cloud) checkPlace(r *request) *apiError {
	for _, kind := range []string{"zone", "region"} {
		name := r.params[kind]
		if name == "" || r.method.resource() == kind+"s" {
			continue
		}
		if c.find(kind+"s", Project, "", name) == nil {
			return &apiError{
				status: http.StatusBadRequest, reason: "invalid",
				message: "Invalid value for field '" + kind + "': '" + name + "'. Unknown " + kind + ".",
			}
		}
	}
	return nil
}

// stamp is the time as the cloud writes it.
func (c *Cloud) stamp() string { return c.o.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// newID is a number that no other resource has.
func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return strconv.FormatUint(binary.BigEndian.Uint64(b[:])>>1|1<<60, 10)
}
