package state

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
)

// envelope writes a file of any version around a body.
func envelope(t *testing.T, version int, serial uint64, lineage string, body []byte) []byte {
	t.Helper()
	sum := sha256.Sum256(body)
	head, err := json.Marshal(header{version, serial, lineage, hex.EncodeToString(sum[:])})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(head[:len(head)-1], []byte(headerEnd), body, []byte("}\n"))
}

// oldState is a version 0 that never was: nodes were a list, and the spec a count.
type oldState struct {
	ID    cluster.ID   `json:"id"`
	Name  cluster.Name `json:"name"`
	Nodes []struct {
		Name cluster.NodeName   `json:"name"`
		VM   cluster.InstanceID `json:"vm"`
	} `json:"nodes"`
}

func decodeOld(data []byte) (*State, error) {
	h, body, err := split(data)
	if err != nil {
		return nil, err
	}
	var old oldState
	if err := json.Unmarshal(body[:len(body)-2], &old); err != nil {
		return nil, err
	}
	st := &State{ID: old.ID, Name: old.Name, Serial: h.Serial, Lineage: h.Lineage, Status: Active}
	st.fill()
	for _, n := range old.Nodes {
		group, _, _ := n.Name.Split()
		st.Nodes[n.Name] = &cluster.Node{Name: n.Name, Group: group, Phase: cluster.Ready, Instance: n.VM}
	}
	return st, nil
}

// A state of an older version is read, and written in the current one with
// the old file kept.
func TestMigrate(t *testing.T) {
	t.Parallel()
	s := OpenStore(t.TempDir())
	s.decoders = map[int]decoder{0: decodeOld, Version: decodeV1}
	old := envelope(t, 0, 41, "old-lineage", []byte(`{"id":"abc","name":"local","nodes":[{"name":"frontend001","vm":"i-1"}]}`))
	if err := os.MkdirAll(s.Dir("local"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.StatePath("local"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	st, err := s.Load("local")
	if err != nil {
		t.Fatal(err)
	}
	if n := st.Nodes["frontend001"]; n == nil || n.Instance != "i-1" || n.Group != "frontend" {
		t.Fatalf("node is %v", n)
	}

	o := open(t, s, st)
	if err := o.session.Commit(t.Context(), func(st *State) error { st.Prepared = true; return nil }); err != nil {
		t.Fatal(err)
	}
	o.close(t)
	st, err = OpenStore(s.home).Load("local")
	if err != nil || st.Version != Version || st.Serial != 42 || st.Lineage != "old-lineage" || st.Nodes["frontend001"].Instance != "i-1" {
		t.Errorf("%+v, %v", st, err)
	}
	if kept, err := os.ReadFile(filepath.Join(s.Dir("local"), backupFile)); err != nil || string(kept) != string(old) {
		t.Errorf("the old file is not kept: %q, %v", kept, err)
	}
}
