package fake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"

	"github.com/ecluster/ecluster/internal/cluster"
)

// state is everything that exists in the cloud.
type state struct {
	Serial   int                    `json:"serial"` // of the last machine
	Machines []*machine             `json:"machines"`
	Shared   map[cluster.ID]*shared `json:"shared"`
	// Requests remembers which nodes each launch token stood for.
	Requests map[string][]cluster.NodeName `json:"requests"`
}

// machine is one machine, also after its deletion.
type machine struct {
	ID       cluster.InstanceID `json:"id"`
	Cluster  cluster.ID         `json:"cluster"`
	Node     cluster.NodeName   `json:"node"`
	Group    cluster.Group      `json:"group"`
	Token    string             `json:"token"`
	Created  time.Time          `json:"created"`
	Booted   time.Time          `json:"booted"` // when it was last switched on
	Deleted  time.Time          `json:"deleted,omitzero"`
	Paused   bool               `json:"paused,omitempty"`
	Fate     Fate               `json:"fate,omitzero"`
	Address  string             `json:"address"` // inside the cluster
	Endpoint cluster.Endpoint   `json:"endpoint"`
	Shape    cluster.Shape      `json:"shape"`
}

// shared is what the machines of a cluster have in common.
type shared struct {
	Name    cluster.Name `json:"name"`
	Network bool         `json:"network"`
	Volumes []string     `json:"volumes,omitempty"`
}

func (s *shared) names(id cluster.ID) []string {
	var out []string
	if s.Network {
		out = append(out, "network ecluster-"+string(id))
	}
	for _, v := range s.Volumes {
		out = append(out, "volume ecluster-"+string(id)+"-"+v)
	}
	return out
}

func newState() *state {
	return &state{Shared: map[cluster.ID]*shared{}, Requests: map[string][]cluster.NodeName{}}
}

func (s *state) machine(id cluster.ID, instance cluster.InstanceID) *machine {
	i := slices.IndexFunc(s.Machines, func(m *machine) bool { return m.Cluster == id && m.ID == instance })
	if i < 0 {
		return nil
	}
	return s.Machines[i]
}

// requested returns the machine that a token made for a node, or nil.
func (s *state) requested(id cluster.ID, token string, node cluster.NodeName) *machine {
	i := slices.IndexFunc(s.Machines, func(m *machine) bool {
		return m.Cluster == id && m.Token == token && m.Node == node
	})
	if i < 0 {
		return nil
	}
	return s.Machines[i]
}

// instance is the machine as it is at a time.
func (m *machine) instance(now time.Time, boot time.Duration) cluster.Instance {
	i := cluster.Instance{
		ID: m.ID, Node: m.Node, Group: m.Group.Name, Attempt: m.Token,
		State: cluster.InstanceRunning, PrivateIP: m.Address, Shape: m.Shape, Created: m.Created,
	}
	switch {
	case !m.Deleted.IsZero():
		i.State = cluster.InstanceStopping
	case m.Fate.State != "":
		i.State, i.Reason = m.Fate.State, m.Fate.Reason
	case m.Paused:
		i.State, i.Reason = cluster.InstanceStopped, "it was paused"
	case now.Sub(m.Booted) < boot:
		i.State = cluster.InstancePending
	default:
		i.Endpoints = []cluster.Endpoint{m.Endpoint}
	}
	return i
}

// change runs f with the state of now, alone, and keeps what f did to it when
// f returns nil. With a File, other processes are kept out meanwhile.
func (w *World) change(f func(*state) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.o.File == "" {
		return f(w.state)
	}
	lock := flock.New(w.o.File + ".lock")
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("lock %s: %w", w.o.File, err)
	}
	s, err := load(w.o.File)
	if err == nil {
		err = f(s)
	}
	if err == nil {
		err = save(w.o.File, s)
	}
	if err == nil {
		w.state = s
	}
	return errors.Join(err, lock.Unlock())
}

func load(file string) (*state, error) {
	s := newState()
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the fake cloud: %w", err)
	}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("read the fake cloud %s: %w", file, err)
	}
	return s, nil
}

func save(file string, s *state) error {
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return fmt.Errorf("write the fake cloud: %w", err)
	}
	if err := renameio.WriteFile(file, b, 0o600); err != nil {
		return fmt.Errorf("write the fake cloud: %w", err)
	}
	return nil
}
