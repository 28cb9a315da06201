package azure

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// The tags by which requests and leftovers are told apart.
const (
	tagNode    = "ecluster-node"
	tagCluster = "ecluster-cluster"
)

// Provisioning states.
const (
	creating  = "Creating"
	updating  = "Updating"
	deleting  = "Deleting"
	succeeded = "Succeeded"
	broken    = "Failed"
)

// resource is one thing that exists.
type resource struct {
	kind  *kind
	id    string // as Azure writes it
	key   string // id in small letters
	name  string
	group string // key of the resource group; "" for groups
	doc   tree   // what the client set, and defaults; never written to once it is here, but replaced
	tags  map[string]string
	state string
	etag  int
	made  time.Time
	shown time.Time // from when listings have it
	uses  []use
	vm    *machine // of virtual machines
	image *image   // of managed images and disks: what is on them
	gone  *running // the operation that deletes it
	wish  string   // hash of the request that made it, to tell the same one again
}

// use is a reference from one resource to another.
type use struct {
	key string // the other
	via string // the ID of the part of this one that refers to it
}

func indexKeys(r *resource) []string {
	return []string{lower(r.kind.typ), lower(r.kind.typ) + "|" + scope(r)}
}

// scope is what listings of a kind are limited to: the group, or for parts of
// another resource that one.
func scope(r *resource) string {
	if r.kind.parent != "" {
		return parentOf(r.key)
	}
	return r.group
}

// parentOf is the key of what a key is a part of.
func parentOf(key string) string {
	i := strings.LastIndexByte(key, '/')
	return key[:strings.LastIndexByte(key[:i], '/')]
}

// keep stores a resource, or the new form of one, and returns what is stored:
// a resource is at one place for all of its life. c.mu is held.
func (c *Cloud) keep(r *resource) *resource {
	old := c.resources[r.key]
	r.tags = tagsOf(r.doc)
	r.etag++
	if old == nil {
		r.made = c.options.Now()
		r.shown = r.made.Add(c.options.CreateLag)
		delete(c.ghosts, r.key)
		for _, k := range indexKeys(r) {
			if i, has := slices.BinarySearch(c.index[k], r.key); !has {
				c.index[k] = slices.Insert(c.index[k], i, r.key)
			}
		}
	} else {
		c.release(old)
		*old = *r
		r = old
	}
	c.resources[r.key] = r
	for _, u := range r.uses {
		if c.users[u.key] == nil {
			c.users[u.key] = map[string]string{}
		}
		c.users[u.key][r.key] = u.via
	}
	return r
}

// release ends all references of a resource.
func (c *Cloud) release(r *resource) {
	for _, u := range r.uses {
		delete(c.users[u.key], r.key)
		if len(c.users[u.key]) == 0 {
			delete(c.users, u.key)
		}
	}
}

// drop removes a resource; listings may show it for a while. Parts of it go
// with it. c.mu is held.
func (c *Cloud) drop(r *resource) {
	if c.resources[r.key] != r {
		return
	}
	for _, typ := range r.kind.parts {
		for _, key := range slices.Clone(c.index[lower(typ)+"|"+r.key]) {
			if part := c.resources[key]; part != nil {
				c.drop(part)
			}
		}
	}
	if r.vm != nil {
		c.giveBack(r.vm)
	}
	c.release(r)
	delete(c.resources, r.key)
	r.state = deleting
	c.ghosts[r.key] = r
	c.later(c.options.DeleteLag, func() {
		if c.ghosts[r.key] != r {
			return
		}
		delete(c.ghosts, r.key)
		for _, k := range indexKeys(r) {
			if i, has := slices.BinarySearch(c.index[k], r.key); has {
				c.index[k] = slices.Delete(c.index[k], i, i+1)
			}
			if len(c.index[k]) == 0 {
				delete(c.index, k)
			}
		}
	})
}

// listed returns what a listing shows of a key, or nil.
func (c *Cloud) listed(key string) *resource {
	if r := c.resources[key]; r != nil {
		if r.shown.After(c.options.Now()) {
			return nil
		}
		return r
	}
	return c.ghosts[key]
}

// of returns all resources of a type in a scope ("" is everywhere), by key.
func (c *Cloud) of(typ, scope string) []*resource {
	k := lower(typ)
	if scope != "" {
		k += "|" + scope
	}
	var out []*resource
	for _, key := range c.index[k] {
		if r := c.resources[key]; r != nil {
			out = append(out, r)
		}
	}
	return out
}

// find returns the resource with an ID that a client wrote, or nil.
func (c *Cloud) find(id string) *resource { return c.resources[lower(id)] }

// show is what Azure answers about a resource.
func (c *Cloud) show(r *resource) tree {
	out := clone(r.doc)
	out["id"], out["name"], out["type"] = r.id, r.name, r.kind.typ
	if strings.HasPrefix(r.kind.typ, "Microsoft.Network/") {
		out["etag"] = `W/"` + fakeUUID(r.key, strconv.Itoa(r.etag)) + `"`
	}
	if !r.kind.stateless {
		set(out, r.state, "properties", "provisioningState")
	}
	if r.kind.show != nil {
		r.kind.show(c, r, out)
	}
	return out
}

// Inventory implements sim.Cloud.
func (c *Cloud) Inventory() []sim.Resource {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []sim.Resource
	for _, r := range c.resources {
		item := sim.Resource{
			Kind: r.kind.word, Name: r.name, Cluster: r.tags[tagCluster], Node: r.tags[tagNode], State: r.state,
			Detail: last(r.group),
		}
		if r.vm != nil {
			item.State = r.vm.state(r)
			item.Detail = r.vm.detail(r)
		}
		if g := c.resources[r.group]; item.Cluster == "" && g != nil {
			item.Cluster = g.tags[tagCluster]
		}
		if r.kind.parent != "" {
			item.Name = last(parentOf(r.id)) + "/" + r.name
		}
		out = append(out, item)
	}
	slices.SortFunc(out, func(a, b sim.Resource) int {
		return strings.Compare(a.Kind+"\x00"+a.Name+"\x00"+a.Detail, b.Kind+"\x00"+b.Name+"\x00"+b.Detail)
	})
	return out
}
