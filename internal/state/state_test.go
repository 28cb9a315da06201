package state

import (
	"crypto/rand"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
)

func TestNewID(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[a-hjkmnp-tv-z][0-9a-hjkmnp-tv-z]{7}$`)
	seen := map[cluster.ID]bool{}
	for range 1000 {
		id := NewID(rand.Reader)
		if !form.MatchString(string(id)) || seen[id] {
			t.Fatalf("bad ID %s", id)
		}
		seen[id] = true
	}
	if token := NewToken(rand.Reader); len(token) != 16 {
		t.Errorf("token is %q", token)
	}
}

func TestNewIsNobodyElse(t *testing.T) {
	t.Parallel()
	a, b := testState(0), testState(0)
	if a.ID == b.ID || a.Lineage == b.Lineage || a.SpecHash != b.SpecHash || a.SpecHash == "" {
		t.Errorf("%+v\n%+v", a, b)
	}
}

func TestWantedCount(t *testing.T) {
	t.Parallel()
	st := testState(0)
	st.Wanted["compute"] = Wanted{Count: 7, SpecCount: 2}
	for group, want := range map[cluster.GroupName]int{"frontend": 1, "compute": 7, "gpu": 0} {
		if got := st.WantedCount(group); got != want {
			t.Errorf("%s: %d, not %d", group, got, want)
		}
	}
	st.Spec.Groups[1].Count = 3
	if got := st.WantedCount("compute"); got != 3 {
		t.Errorf("a changed count does not end the resize: %d", got)
	}
}

func TestClone(t *testing.T) {
	t.Parallel()
	st := full()
	c := st.Clone()
	if diff := cmp.Diff(st, c); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	c.Nodes["compute001"].Endpoints[0].Port = 1
	c.Nodes["compute001"].Phase = cluster.Failed
	c.Intents[0].Nodes[0] = "x"
	c.Wanted["compute"], c.Notes["a"] = Wanted{}, "b"
	delete(c.Nodes, "compute002")
	if diff := cmp.Diff(full().Nodes["compute001"].Endpoints, st.Nodes["compute001"].Endpoints); diff != "" {
		t.Error(diff)
	}
	if st.Nodes["compute001"].Phase != cluster.Ready || st.Intents[0].Nodes[0] != "compute001" ||
		st.Wanted["compute"].Count != 5 || st.Notes["a"] != "" || len(st.Nodes) != 3 {
		t.Error("the clone shares something")
	}
}

func TestIntents(t *testing.T) {
	t.Parallel()
	st := testState(0)
	now := time.Unix(100, 0)
	for i := range 100 {
		token := string(rune('A' + i))
		st.Intend(Intent{Token: token, Kind: IntentLaunch})
		if i != 50 {
			st.Settle(token, now)
		}
	}
	st.Settle("unknown", now)
	if open := st.OpenIntents(); len(open) != 1 || open[0].Token != string(rune('A'+50)) {
		t.Errorf("open: %v", open)
	}
	if len(st.Intents) != settledKept+1 || st.Intents[len(st.Intents)-1].Token != string(rune('A'+99)) {
		t.Errorf("%d intents are kept: %v", len(st.Intents), st.Intents)
	}
}

func TestGroupNodesAndNames(t *testing.T) {
	t.Parallel()
	st := testState(0)
	for _, name := range []cluster.NodeName{"compute1000", "compute002", "gpu001", "compute999"} {
		group, _, _ := name.Split()
		st.Nodes[name] = &cluster.Node{Name: name, Group: group}
	}
	var got []cluster.NodeName
	for _, n := range st.GroupNodes("compute") {
		got = append(got, n.Name)
	}
	if diff := cmp.Diff([]cluster.NodeName{"compute002", "compute999", "compute1000"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]cluster.NodeName{"compute002", "compute999", "compute1000", "gpu001"}, st.NodeNames()); diff != "" {
		t.Error(diff)
	}
}
