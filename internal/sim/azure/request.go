package azure

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/ecluster/ecluster/internal/sim"
)

// request is one request, read and taken apart.
type request struct {
	op       *operation // nil: none that the schema has
	method   string
	path     string
	segments []string
	query    url.Values
	header   http.Header
	base     string // http://host, for links in answers
	raw      []byte
	body     tree
	bad      error // of reading the body
	nodes    []string

	// The parts of a path about a resource: its ID without a leading action.
	kind   *kind
	group  string // as it was written
	id     string // of the resource, or of the scope of a listing
	key    string
	name   string
	action string // "deallocate"; "" when there is none

	fault *sim.Fault // to be minded by the operation that it starts
}

const maxBody = 4 << 20

func (c *Cloud) read(r *http.Request) *request {
	q := &request{
		method: r.Method, path: r.URL.Path, segments: split(r.URL.Path), query: r.URL.Query(), header: r.Header,
		base: "http://" + r.Host,
	}
	q.op = c.schema.find(r.Method, q.segments)
	q.raw, q.bad = io.ReadAll(io.LimitReader(r.Body, maxBody))
	if q.bad == nil && len(q.raw) > 0 {
		q.bad = json.Unmarshal(q.raw, &q.body)
		withoutNulls(q.body)
	}
	c.locate(q)
	q.nodes = c.nodesOf(q)
	return q
}

// locate finds out which resource a path is about.
func (c *Cloud) locate(q *request) {
	s := q.segments
	if len(s) < 2 || !strings.EqualFold(s[0], "subscriptions") {
		return
	}
	rest := s[2:]
	prefix := "/subscriptions/" + s[1]
	if len(rest) >= 1 && strings.EqualFold(rest[0], "resourceGroups") {
		if len(rest) == 1 {
			q.kind = c.kinds[lower(groupType)]
			return
		}
		q.group = rest[1]
		prefix += "/resourceGroups/" + q.group
		rest = rest[2:]
		if len(rest) == 0 {
			q.kind, q.id, q.key, q.name = c.kinds[lower(groupType)], prefix, lower(prefix), q.group
			return
		}
	}
	if len(rest) < 3 || !strings.EqualFold(rest[0], "providers") {
		return
	}
	typ, id := rest[1], prefix+"/providers/"+rest[1]
	rest = rest[2:]
	for len(rest) > 0 {
		k := c.kinds[lower(typ+"/"+rest[0])]
		if k == nil {
			break
		}
		q.kind, typ, id = k, k.typ, id+"/"+last(k.typ)
		rest = rest[1:]
		q.id, q.name = "", ""
		if len(rest) > 0 {
			q.name = rest[0]
			id += "/" + rest[0]
			rest = rest[1:]
			q.id, q.key = id, lower(id)
		}
	}
	switch len(rest) {
	case 0:
	case 1:
		q.action = rest[0]
	default:
		q.kind = nil // something below it that is not kept
	}
}

// nodesOf are the nodes of a cluster that a request concerns.
func (c *Cloud) nodesOf(q *request) []string {
	if node := tagsOf(q.body)[tagNode]; node != "" {
		return []string{node}
	}
	if q.name == "" || q.kind == nil || q.kind.typ == groupType {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.resources[q.key]; r != nil && r.tags[tagNode] != "" {
		return []string{r.tags[tagNode]}
	}
	if q.kind.typ != machineType {
		return nil
	}
	if parts := strings.SplitN(q.name, "-", 3); len(parts) == 3 && parts[0] == "ecluster" {
		return []string{parts[2]}
	}
	return []string{q.name}
}

// opName is the operation's, or "" when the schema has none; polls of operations
// are in no SDK's list and have a name of their own.
func (q *request) opName() string {
	switch {
	case q.op != nil:
		return q.op.Name
	case q.polls() != "":
		return "Operations.Poll"
	}
	return ""
}

func (q *request) count() int {
	if q.op != nil && q.op.Name == "VirtualMachinesClient.BeginCreateOrUpdate" {
		return 1
	}
	return 0
}

// polls returns the ID of the operation that a path asks after, or "".
func (q *request) polls() string {
	n := len(q.segments)
	if n < 4 || q.method != http.MethodGet {
		return ""
	}
	switch lower(q.segments[n-2]) {
	case "operations", "operationresults", "operationstatuses":
		return q.segments[n-1]
	}
	return ""
}

// namespace is the resource provider's, "Microsoft.Resources" for groups.
func (q *request) namespace() string {
	for i, s := range q.segments {
		if strings.EqualFold(s, "providers") && i+1 < len(q.segments) {
			return q.segments[i+1]
		}
	}
	return "Microsoft.Resources"
}

func lower(s string) string { return strings.ToLower(s) }

// last is what follows the last slash.
func last(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
