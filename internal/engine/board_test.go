package engine

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// notebook records what a node was told.
type notebook struct {
	mu    sync.Mutex
	facts map[string]string
}

func (n *notebook) Fact(name, value string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.facts == nil {
		n.facts = map[string]string{}
	}
	n.facts[name] = value
	return nil
}

func (n *notebook) knows(name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.facts[name]
}

func joinAll(b *board, nodes ...cluster.NodeName) map[cluster.NodeName]chan error {
	abandoned := map[cluster.NodeName]chan error{}
	for _, n := range nodes {
		c := make(chan error, 1)
		abandoned[n] = c
		b.join(n, func(err error) { c <- err })
	}
	return abandoned
}

func TestBoardPassesFactsOn(t *testing.T) {
	b := newBoard()
	joinAll(b, "frontend001", "compute001", "compute002")
	early, late := &notebook{}, &notebook{}
	if err := b.attach("compute001", early); err != nil {
		t.Fatal(err)
	}
	b.set("frontend001", "slurm.controller", "frontend001")
	if err := b.attach("compute002", late); err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]*notebook{"who was there": early, "who came later": late} {
		if got := n.knows("slurm.controller"); got != "frontend001" {
			t.Errorf("%s was told %q", name, got)
		}
	}
	if b.wait("compute001", "slurm.controller") {
		t.Error("a node waits for a fact that is known")
	}
}

func TestBoardGivesUpDeadWaits(t *testing.T) {
	b := newBoard()
	abandoned := joinAll(b, "frontend001", "compute001", "compute002")
	b.wait("compute001", "slurm.controller")
	b.wait("compute002", "slurm.controller")
	select {
	case err := <-abandoned["compute001"]:
		t.Fatalf("given up while the frontend is at work: %v", err)
	default:
	}
	b.finish("frontend001", errors.New("no disk"))
	for _, n := range []cluster.NodeName{"compute001", "compute002"} {
		select {
		case err := <-abandoned[n]:
			if !strings.Contains(err.Error(), "frontend001 failed") || !strings.Contains(err.Error(), "SLURM controller") {
				t.Errorf("%s was given up because: %v", n, err)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s waits for ever", n)
		}
	}
}

func TestBoardWaitsWhileSomebodyWorks(t *testing.T) {
	b := newBoard()
	abandoned := joinAll(b, "compute001", "compute002")
	b.wait("compute001", "share.home")
	b.finish("compute001", nil) // it found another way
	b.wait("compute002", "share.home")
	select {
	case <-abandoned["compute002"]:
	case <-time.After(5 * time.Second):
		t.Error("the last node waits for ever")
	}
}

func TestBoardHoldsPrivateWaits(t *testing.T) {
	b := newBoard()
	abandoned := joinAll(b, "compute001")
	b.wait("compute001", factHostKeySaved) // the engine itself answers this
	select {
	case err := <-abandoned["compute001"]:
		t.Errorf("given up: %v", err)
	default:
	}
}
