package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ecluster/ecluster/internal/cluster"
)

// board is where the nodes of one run learn from each other. A fact that one
// node sets is passed on to every other session, now or when it opens. The
// board also notices when nobody is left who could provide what is waited for.
type board struct {
	mu      sync.Mutex
	facts   map[string]string
	members map[cluster.NodeName]*member
	reasons []string // why nodes ended badly, for the message of a dead wait
}

// listener is the part of a session that the board needs.
type listener interface {
	Fact(name, value string) error
}

type member struct {
	session listener // nil while there is no connection
	waiting string   // the fact that it waits for, or ""
	done    bool     // it will set no more facts
	abandon func(error)
}

func newBoard() *board {
	return &board{facts: map[string]string{}, members: map[cluster.NodeName]*member{}}
}

// join announces a node that will take part. Every node must be announced
// before the first of them can wait, or a wait may be given up too early.
// abandon is called at most once, when what the node waits for can't come.
func (b *board) join(node cluster.NodeName, abandon func(error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.members[node] = &member{abandon: abandon}
}

// connecting says that a node's session is about to begin, for the first time
// or again: what an earlier one waited for is past.
func (b *board) connecting(node cluster.NodeName) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.members[node]
	m.session, m.waiting, m.done = nil, "", false
}

// attach connects a node's session and tells it what is known.
func (b *board) attach(node cluster.NodeName, s listener) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.members[node].session = s
	for _, name := range slices.Sorted(maps.Keys(b.facts)) {
		if err := s.Fact(name, b.facts[name]); err != nil {
			return err
		}
	}
	return nil
}

// set records a fact of a node and passes it on. A session that can't be told
// is about to report its broken connection itself.
func (b *board) set(from cluster.NodeName, name, value string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if old, known := b.facts[name]; known && old == value {
		return
	}
	b.facts[name] = value
	for node, m := range b.members {
		if m.waiting == name {
			m.waiting = ""
		}
		if node != from && m.session != nil && !m.done {
			_ = m.session.Fact(name, value)
		}
	}
}

// wait says that a node waits for a fact ("" ends the wait). It reports
// whether the node really has to wait.
func (b *board) wait(node cluster.NodeName, fact string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.facts[fact]; known || fact == factHostKeySaved || fact == factAdmitted { // that one we answer ourselves
		fact = ""
	}
	b.members[node].waiting = fact
	b.abandonDeadWaits()
	return fact != ""
}

// finish says that a node will set no more facts. err is why it ended badly.
func (b *board) finish(node cluster.NodeName, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.members[node]
	if m.done {
		return
	}
	m.done, m.waiting = true, ""
	if err != nil {
		b.reasons = append(b.reasons, fmt.Sprintf("%s failed", node))
	}
	b.abandonDeadWaits()
}

// abandonDeadWaits gives up the waits that can never end: when every node that
// is not done waits, nobody is left to set a fact.
func (b *board) abandonDeadWaits() {
	waiting := 0
	for _, m := range b.members {
		switch {
		case m.done:
		case m.waiting == "":
			return
		default:
			waiting++
		}
	}
	if waiting == 0 {
		return
	}
	why := strings.Join(b.reasons, ", ")
	if why == "" {
		why = "no node of this run provides it"
	}
	for _, m := range b.members {
		if !m.done && m.abandon != nil {
			abandon := m.abandon
			m.abandon = nil
			go abandon(&deadWaitError{fact: m.waiting, why: why})
		}
	}
}

// deadWaitError says that what a node waited for will not come.
type deadWaitError struct{ fact, why string }

func (e *deadWaitError) Error() string {
	return fmt.Sprintf("it waited for %s, which will not come: %s", factWords(e.fact), e.why)
}

// factWords says in the user's words what a fact stands for.
func factWords(fact string) string {
	for kind, words := range shareWords() {
		if label, is := strings.CutPrefix(fact, kind); is {
			return words + label
		}
	}
	switch fact {
	case "names.server":
		return "the address of the frontend"
	case "slurm.controller":
		return "the SLURM controller"
	case "htcondor.manager":
		return "the central manager of HTCondor"
	case "gridengine.master":
		return "Grid Engine's master"
	case factAdmitted:
		return "the frontend to admit it to the scheduler"
	case "slurm.accounting":
		return "the accounting database"
	case "cephfs.mon":
		return "the first monitor of Ceph"
	case "cephfs.server":
		return "the Ceph file system"
	case "monitoring.server":
		return "Prometheus on the frontend (role monitoring)"
	case "node.hostkey.saved":
		return "its new host key to be recorded"
	}
	return fmt.Sprintf("%q", fact)
}

// shareWords are the facts of shares, whose names end in the label of the share.
func shareWords() map[string]string {
	return map[string]string{
		"nfs.server.":       "the NFS server of the share ",
		"glusterfs.server.": "the GlusterFS volume of the share ",
		"sshfs.server.":     "the SSHFS server of the share ",
	}
}
