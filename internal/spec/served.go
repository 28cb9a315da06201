package spec

import (
	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/schema"
)

// The parameters by which the roles of a share learn where it is. Which of them
// a role declares says what kind of share it is: with servers several nodes
// hold it together, and see it as clients do; without, one node serves a folder
// of its own. With address the client can use what no node of ours serves.
const (
	paramPath    = "path"
	paramServer  = "server"  // the first server, a node's name
	paramServers = "servers" // all of them
	paramAddress = "address"
	paramKeep    = "keep"
)

// served is a share block that roles carry out.
type served struct {
	path, kind     string
	at             *schema.Located
	server, client *role.Role
}

// servedSchema is what such a share block may contain: its own attributes and
// the parameters of both roles.
func servedSchema(server, client *role.Role) schema.Schema {
	s := shareSchema()
	taken := map[string]bool{paramPath: true, paramServer: true, paramServers: true, "type": true, paramKeep: true}
	for _, def := range []*role.Role{server, client} {
		for _, a := range def.Params.Attrs {
			if taken[a.Name] {
				continue
			}
			taken[a.Name] = true
			a.Required = a.Required && a.Name != paramAddress
			a.Check = shareCheck(a.Name)
			s.Attrs = append(s.Attrs, a)
		}
	}
	return s
}

// distributed reports whether several nodes can hold the share together.
func (s served) distributed() bool { return has(s.server, paramServers) }

// address is where a share is that no node of the cluster serves, or "".
func (s served) address() string { return s.at.Values.String(paramAddress) }

// served gives the groups the roles of a share.
func (r *resolver) served(s served) {
	// What no node of ours serves is not ours to delete.
	share := cluster.Share{Path: s.path, Type: s.kind, Keep: s.at.Values.Bool(paramKeep) || s.address() != ""}
	var on *group
	if s.address() == "" {
		name := s.at.Values.String(paramServer)
		if name == "" {
			name = string(r.spec.Frontend)
		}
		groups := r.named([]string{name}, s.at.At(paramServer))
		if len(groups) == 0 {
			return
		}
		on = groups[0]
		share.Server = on.Name
	}
	if !r.checkServed(s, on) {
		return
	}
	r.spec.Shares = append(r.spec.Shares, share)
	params := s.params(on)
	label := volumeName(s.path)
	for _, g := range r.groups {
		if g == on {
			r.another(g, s.server.Name, label, only(params, s.server), s.at.Range)
		}
		if g != on || s.distributed() {
			r.another(g, s.client.Name, label, only(params, s.client), s.at.Range)
		}
	}
}

// params are those that the block gives, and where the share is.
func (s served) params(on *group) map[string]any {
	out := map[string]any{}
	for name := range s.at.Attrs {
		out[name] = s.at.Values[name]
	}
	out[paramPath] = s.path
	if on == nil {
		return out
	}
	out[paramServer] = string(cluster.NewNodeName(on.Name, 1))
	servers := make([]any, on.Count)
	for i := range servers {
		servers[i] = string(cluster.NewNodeName(on.Name, i+1))
	}
	out[paramServers] = servers
	return out
}

// only leaves the parameters that a role has.
func only(params map[string]any, def *role.Role) map[string]any {
	out := make(map[string]any)
	for _, a := range def.Params.Attrs {
		if p, given := params[a.Name]; given && p != nil {
			out[a.Name] = p
		}
	}
	return out
}
