package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/state"
)

// Facts that concern the node that set them, or the record of the cluster.
const (
	factHostKey      = "node.hostkey"
	factHostKeySaved = "node.hostkey.saved"
	factCgroup       = "slurm.cgroup"
)

// handler turns what a node says in its session into events, state and facts.
type handler struct {
	*run
	name      cluster.NodeName
	proofs    map[string]bool // steps that change nothing: "role/step"
	ready     chan struct{}   // closed when session is set
	session   *role.Session
	waiting   bool
	onServing func()
}

func newHandler(r *run, name cluster.NodeName, b *role.Bundle) *handler {
	h := &handler{run: r, name: name, proofs: map[string]bool{}, ready: make(chan struct{})}
	for _, s := range b.Steps {
		h.proofs[s.Role+"/"+s.Step] = s.Phase == role.Verify
	}
	return h
}

func (h *handler) attach(s *role.Session) {
	h.session = s
	close(h.ready)
}

// handle is called by the session, one message at a time.
func (h *handler) handle(m role.Message) {
	switch m := m.(type) {
	case role.Hello:
		h.keepFact(h.name, cluster.FactArch, m.Arch)
	case role.PhaseStarted:
		h.enter(m.Phase)
	case role.StepStarted:
		h.stopWaiting()
		h.emit(event.StepStarted{Node: h.name, Role: m.Role, Step: m.Step})
	case role.StepFinished:
		if m.Outcome != event.Unchanged && !h.proofs[m.Role+"/"+m.Step] {
			h.front.changed.Store(true)
		}
		h.emit(event.StepFinished{
			Node: h.name, Role: m.Role, Step: m.Step, Outcome: m.Outcome,
			Duration: m.Duration, Tail: m.Tail, Log: m.Log,
		})
	case role.FactSet:
		h.fact(m.Name, m.Value)
	case role.Waiting:
		if m.Fact == factAdmitted {
			h.doors.ask(h)
		}
		if m.Fact == "" {
			h.stopWaiting()
		} else if h.board.wait(h.name, m.Fact) {
			h.waiting = true
			h.emit(event.NodeWaiting{Node: h.name, For: factWords(m.Fact)})
		}
	case role.Notice:
		h.notice(m.Level, h.name, "%s", m.Text)
	case role.Serving:
		<-h.ready
		h.onServing()
	}
}

func (h *handler) stopWaiting() {
	if h.waiting {
		h.waiting = false
		h.board.wait(h.name, "")
		h.emit(event.NodeWaiting{Node: h.name})
	}
}

// enter follows the node through the phases of its roles.
func (h *handler) enter(phase role.Phase) {
	h.stopWaiting()
	switch phase {
	case role.Install:
		h.phase(h.name, cluster.Installing, "")
	case role.Configure, role.Notified:
		h.phase(h.name, cluster.Configuring, "")
	case role.Join:
		h.phase(h.name, cluster.Joining, "")
	case role.Verify:
		h.phase(h.name, cluster.Verifying, "")
	case role.Leave:
		h.phase(h.name, cluster.Draining, "")
	}
}

// fact records what concerns the record, and passes on what concerns others.
func (h *handler) fact(name, value string) {
	switch name {
	case factHostKey:
		go h.saveHostKey(value) // it waits for the disk; the node's messages must not
		return
	case factCgroup:
		h.remember(name, value)
	}
	if !isPrivate(name) {
		h.keepFact(h.name, name, value)
		h.board.set(h.name, name, value)
	}
}

func isPrivate(fact string) bool { return len(fact) > 5 && fact[:5] == "node." }

// remember keeps a fact in the state, and tells the user what is new of it.
func (h *handler) remember(name, value string) {
	var old string
	h.run.session.Update(func(st *state.State) {
		if st.Notes == nil {
			st.Notes = map[string]string{}
		}
		old = st.Notes[name]
		st.Notes[name] = value
	})
	if old != value && value != "v2" {
		h.notice(event.Info, h.name, "jobs are not confined by control groups: %s", strings.TrimPrefix(value, "disabled: "))
	}
}

// saveHostKey puts a node's own host key on disk before the node may use it.
func (h *handler) saveHostKey(key string) {
	err := h.run.session.Commit(context.Background(), func(st *state.State) error {
		n := st.Nodes[h.name]
		if n == nil {
			return fmt.Errorf("save the host key of %s: the node is not recorded", h.name)
		}
		if !slices.Contains(n.HostKeys, key) {
			// The key before it stays until the set-up is whole: the node may
			// be cut off between the two.
			n.HostKeys = append([]string{key}, firstOf(n.HostKeys)...)
		}
		return nil
	})
	<-h.ready
	if err != nil {
		h.cancels[h.name].cancel(err)
		return
	}
	_ = h.session.Fact(factHostKeySaved, key) // a broken session reports itself through Wait
}

func firstOf(keys []string) []string { return keys[:min(1, len(keys))] }
