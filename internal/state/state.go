package state

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Version is the schema version that this program writes.
const Version = 1

// State is everything that is remembered of one cluster. It is plain data; a
// Session makes changes to it safe and durable.
type State struct {
	Version int          `json:"version"`
	Serial  uint64       `json:"serial"`  // grows by one with each write
	Lineage string       `json:"lineage"` // tells two states of the same name apart, for ever
	Tool    string       `json:"tool"`    // the ecluster that wrote it last
	ID      cluster.ID   `json:"id"`
	Name    cluster.Name `json:"name"`
	Created time.Time    `json:"created"`
	Changed time.Time    `json:"changed"`
	Status  Status       `json:"status"`
	// Spec is the spec as start last accepted it. It is replaced whole, never
	// changed in place: clones of a state share it.
	Spec     cluster.Spec `json:"spec"`
	SpecFrom string       `json:"spec_from,omitempty"` // the file or folder it came from
	SpecHash string       `json:"spec_hash,omitempty"` // HashSpec of Spec
	// Wanted is the user's own word (resize) on the size of a group; read it
	// through WantedCount.
	Wanted  map[cluster.GroupName]Wanted       `json:"wanted,omitempty"`
	Nodes   map[cluster.NodeName]*cluster.Node `json:"nodes"`
	Intents []Intent                           `json:"intents,omitempty"`
	// BornAs is the name under which the cluster was made, where it was imported
	// under another; read it through OwnName.
	BornAs cluster.Name `json:"born_as,omitempty"`
	// NoKeys says that the record was imported without the keys of the cluster.
	NoKeys bool `json:"no_keys,omitempty"`
	// Prepared says that what the nodes share was made.
	Prepared bool `json:"prepared"`
	// Realm is where it was made: which account, project or engine.
	Realm Realm `json:"realm,omitzero"`
	// Expires is when the machines go by themselves (limits.ttl), where the
	// provider can see to that; zero is never.
	Expires time.Time `json:"expires,omitzero"`
	// Bill has what its nodes' meters don't say of its cost.
	Bill Bill `json:"bill,omitzero"`
	// Admitted are the networks that the firewall lets in, as it was last told.
	Admitted []string `json:"admitted,omitempty"`
	// Notes are facts worth remembering: "slurm.cgroup", "node.os".
	Notes map[string]string `json:"notes,omitempty"`
}

// Realm names the account, project or engine that has a cluster's machines.
// It is empty where the provider has only one.
type Realm struct {
	ID    string `json:"id"`
	Words string `json:"words"` // for people
}

// Status says which commands may go on with a cluster.
type Status string

// The statuses of a cluster.
const (
	Active   Status = "active"
	Stopping Status = "stopping" // stop was asked for: only stop may go on
	// Pause was asked for, is done, was taken back: only pause, resume and stop
	// may go on.
	Pausing  Status = "pausing"
	Paused   Status = "paused"
	Resuming Status = "resuming"
)

// Resting reports whether the machines of the cluster are stopped, or about to
// be, or about to run again.
func (s Status) Resting() bool { return s == Pausing || s == Paused || s == Resuming }

// Wanted is a size that the user asked for. It holds until the count in the
// spec is no longer SpecCount.
type Wanted struct {
	Count     int `json:"count"`
	SpecCount int `json:"spec_count"`
}

// New returns the state of a cluster that does not exist yet, with a fresh ID
// and lineage. Nothing is written: the first Commit of a Session does that.
func New(name cluster.Name, spec cluster.Spec, o Origin) *State {
	return &State{
		Version:  Version,
		Lineage:  randomText(o.Rand, 20),
		Tool:     o.Tool,
		ID:       NewID(o.Rand),
		Name:     name,
		Created:  o.Now,
		Changed:  o.Now,
		Status:   Active,
		Spec:     spec,
		SpecHash: HashSpec(&spec),
		Wanted:   map[cluster.GroupName]Wanted{},
		Nodes:    map[cluster.NodeName]*cluster.Node{},
		Notes:    map[string]string{},
	}
}

// OwnName is what the cluster calls itself: its nodes and the cloud's tags know
// that name, whatever the record is called.
func (s *State) OwnName() cluster.Name { return cmp.Or(s.BornAs, s.Name) }

// WantedCount is how many nodes the group should have: the user's word while
// it holds, else the count in the spec, and 0 for a group that is in neither.
func (s *State) WantedCount(group cluster.GroupName) int {
	return CountFor(&s.Spec, s.Wanted, group)
}

// CountFor is WantedCount for a spec that is not yet accepted.
func CountFor(spec *cluster.Spec, wanted map[cluster.GroupName]Wanted, group cluster.GroupName) int {
	g, ok := spec.Group(group)
	if !ok {
		return 0
	}
	if w, ok := wanted[group]; ok && w.SpecCount == g.Count {
		return w.Count
	}
	return g.Count
}

// GroupNodes returns the nodes of a group by index, the lowest first.
func (s *State) GroupNodes(group cluster.GroupName) []*cluster.Node {
	var nodes []*cluster.Node
	for _, n := range s.Nodes {
		if n.Group == group {
			nodes = append(nodes, n)
		}
	}
	slices.SortFunc(nodes, func(a, b *cluster.Node) int { return CompareNames(a.Name, b.Name) })
	return nodes
}

// NodeNames returns the names of all nodes in the order of CompareNames.
func (s *State) NodeNames() []cluster.NodeName {
	return slices.SortedFunc(maps.Keys(s.Nodes), CompareNames)
}

// Clone returns a copy that shares nothing changeable with s but Spec.
func (s *State) Clone() *State {
	c := *s
	c.Wanted = maps.Clone(s.Wanted)
	c.Notes = maps.Clone(s.Notes)
	c.Admitted = slices.Clone(s.Admitted)
	c.Nodes = make(map[cluster.NodeName]*cluster.Node, len(s.Nodes))
	backing := make([]cluster.Node, 0, len(s.Nodes))
	for name, n := range s.Nodes {
		backing = append(backing, *n)
		d := &backing[len(backing)-1]
		d.Endpoints = slices.Clone(n.Endpoints)
		d.HostKeys = slices.Clone(n.HostKeys)
		d.Facts = maps.Clone(n.Facts)
		c.Nodes[name] = d
	}
	c.Intents = slices.Clone(s.Intents)
	for i := range c.Intents {
		c.Intents[i].Nodes = slices.Clone(c.Intents[i].Nodes)
	}
	return &c
}
