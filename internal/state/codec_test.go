package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
)

func full() *State {
	st := testState(3)
	st.Status, st.Prepared, st.SpecFrom = Stopping, true, "/home/a/ecluster.hcl"
	st.Wanted["compute"] = Wanted{Count: 5, SpecCount: 2}
	st.Notes["slurm.cgroup"] = "v2"
	st.Bill = Bill{Currency: "USD", Gone: 1.5}
	st.Nodes["compute001"].Meter = cluster.Meter{PerHour: 0.25, Spent: 0.5, Since: st.Created}
	st.Intend(Intent{Token: "t1", Kind: IntentLaunch, Nodes: []cluster.NodeName{"compute001"}, Since: st.Created})
	st.Intend(Intent{Token: "t2", Kind: IntentDestroy, Since: st.Created, Settled: st.Created.Add(time.Second)})
	return st
}

func TestEncodeDecode(t *testing.T) {
	t.Parallel()
	st := full()
	data := encode(t, st)
	got, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(st, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !json.Valid(data) {
		t.Error("the file is not JSON")
	}
}

// A file that ends anywhere before its end is recognised; only the line feed
// at the very end may be missing.
func TestDecodeTruncated(t *testing.T) {
	t.Parallel()
	data := encode(t, full())
	for n := range len(data) - 1 {
		st, err := Decode(data[:n])
		var damage *damageError
		if st != nil || !errors.As(err, &damage) || damage.damage != Truncated {
			t.Fatalf("after %d of %d bytes: %v, %v", n, len(data), st, err)
		}
	}
}

// Whatever single byte changes, the state is refused or is the same.
func TestDecodeChangedByte(t *testing.T) {
	t.Parallel()
	st := full()
	data := encode(t, st)
	for i := range data {
		for _, b := range []byte{data[i] ^ 1, '"', '}'} {
			changed := bytes.Clone(data)
			changed[i] = b
			if got, err := Decode(changed); err == nil && !cmp.Equal(got, st) {
				t.Fatalf("byte %d as %q makes another state", i, b)
			}
		}
	}
}

func TestDecodeBad(t *testing.T) {
	t.Parallel()
	good := string(encode(t, full()))
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(good), "", "  "); err != nil {
		t.Fatal(err)
	}
	wrong := func(change func(*State)) string {
		st := full()
		change(st)
		return string(encode(t, st))
	}
	tests := []struct {
		name, data string
		damage     Damage
		reason     string
	}{
		{"empty", "", Truncated, "it is empty"},
		{"blank", " \n", Truncated, "it is empty"},
		{"binary", "\x7fELF\x00\x01", Malformed, "it is not JSON"},
		{"another object", `{"a":1}`, Malformed, "it has no version"},
		{"a list", `[1]`, Malformed, "it has no version"},
		{"a version that never was", `{"version":0}`, Malformed, "its version is 0"},
		{"a version that is no number", `{"version":"new"}`, Malformed, "it has no version"},
		{"reformatted", pretty.String(), Edited, "its first line was changed"},
		{"a value changed", strings.Replace(good, "compute001", "compute002", 1), Edited, "its checksum"},
		{"the serial changed", strings.Replace(good, `"serial":1`, `"serial":2`, 1), Edited, "its first line was changed"},
		{"something after the end", good + "x", Malformed, "it is not JSON"},
		{"no id", wrong(func(s *State) { s.ID = "" }), Malformed, "it has no cluster ID"},
		{"no lineage", wrong(func(s *State) { s.Lineage = "" }), Malformed, "it has no lineage"},
		{"an odd name", wrong(func(s *State) { s.Name = "../x" }), Malformed, "its cluster name is impossible"},
		{"an odd status", wrong(func(s *State) { s.Status = "odd" }), Malformed, `its status "odd" is unknown`},
		{"an odd phase", wrong(func(s *State) { s.Nodes["compute001"].Phase = "odd" }), Malformed, `node compute001 is in the unknown phase "odd"`},
		{"an empty node", wrong(func(s *State) { s.Nodes["compute001"] = nil }), Malformed, "node compute001 is empty"},
		{"two names", wrong(func(s *State) { s.Nodes["compute001"].Name = "x" }), Malformed, `node compute001 calls itself "x"`},
		{"an odd intent", wrong(func(s *State) { s.Intents[0].Kind = "odd" }), Malformed, `is of the unknown kind "odd"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st, err := Decode([]byte(tt.data))
			var damage *damageError
			if st != nil || !errors.As(err, &damage) {
				t.Fatalf("got %v, %v", st, err)
			}
			if damage.damage != tt.damage || !strings.Contains(damage.reason, tt.reason) {
				t.Errorf("%s: %s", damage.damage, damage.reason)
			}
		})
	}
}

func TestDecodeNewer(t *testing.T) {
	t.Parallel()
	_, err := Decode([]byte(`{"version":7,"state":{"tool":"ecluster 9.1","unheard":["of"]}}`))
	var newer *versionError
	if !errors.As(err, &newer) || newer.version != 7 || newer.tool != "ecluster 9.1" {
		t.Errorf("got %v", err)
	}
}

// A field of a newer minor change must not be lost by writing the state again.
func TestDecodeUnknownField(t *testing.T) {
	t.Parallel()
	var body map[string]any
	_, raw, err := split(encode(t, full()))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(bytes.TrimSuffix(raw, []byte("}\n")), &body); err != nil {
		t.Fatal(err)
	}
	body["novelty"] = true
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Decode(envelope(t, 1, 1, body["lineage"].(string), data))
	if err == nil || !strings.Contains(err.Error(), "novelty") {
		t.Errorf("got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(f, full()))
	f.Add([]byte(`{"version":1,"serial":1,"lineage":"a","sha256":"","state":` + "\n{}}"))
	f.Add([]byte(`{"version":2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		st, err := Decode(data)
		if err != nil {
			if st != nil {
				t.Error("a state with an error")
			}
			return
		}
		again, err := Decode(encode(t, st))
		if err != nil || !cmp.Equal(st, again) {
			t.Errorf("it does not survive another write: %v", err)
		}
	})
}

func BenchmarkDecode1000(b *testing.B) {
	data := encode(b, testState(1000))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode10000(b *testing.B) {
	st := testState(10000)
	for b.Loop() {
		if _, err := Encode(st.Clone()); err != nil {
			b.Fatal(err)
		}
	}
}
