package sim

import (
	"slices"
	"testing"
	"time"
)

func TestLog(t *testing.T) {
	now := time.Unix(1000, 0)
	l := NewLog(func() time.Time { return now })
	nodes := []string{"c1"}
	first := l.Begin(Entry{Op: "Run", Nodes: nodes, Count: 1})
	second := l.Begin(Entry{Op: "Run"})
	stop := l.Begin(Entry{Op: "Stop"})
	now = now.Add(2 * time.Second)
	first(503, "Throttled", "unknown field x")
	second(200, "")
	third := l.Begin(Entry{Op: "Run"})

	list := l.Entries("Run")
	if len(list) != 3 || list[0].N != 1 || list[1].N != 2 || list[2].N != 4 {
		t.Fatalf("entries %+v", list)
	}
	if e := list[0]; e.Status != 503 || e.Code != "Throttled" || e.Took != 2*time.Second || !e.At.Equal(time.Unix(1000, 0)) {
		t.Errorf("entry %+v", e)
	}
	if e := list[2]; e.Status != 0 || e.Flying != 1 {
		t.Errorf("an entry without an answer: %+v", e)
	}
	if l.Highest("Run") != 2 || l.Highest("Stop") != 1 || l.Highest("none") != 0 {
		t.Errorf("highest: %d Run, %d Stop", l.Highest("Run"), l.Highest("Stop"))
	}
	if p := l.Problems(); len(p) != 1 || p[0].N != 1 {
		t.Errorf("problems %+v", p)
	}
	list[0].Nodes[0] = "changed"
	if !slices.Equal(l.Entries()[0].Nodes, nodes) {
		t.Error("the log can be changed through what it returned")
	}
	stop(200, "")
	third(200, "")
	if len(l.Entries()) != 4 {
		t.Errorf("entries %+v", l.Entries())
	}
}
