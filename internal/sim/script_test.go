package sim

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestStrike(t *testing.T) {
	type ask struct {
		op    string
		nodes []string
	}
	run := ask{op: "Run"}
	for name, test := range map[string]struct {
		faults []Fault
		asks   []ask
		want   string // which of the asks fail, by the code; "." for none
	}{
		"the next":         {[]Fault{{Op: "Run", Code: "A"}}, []ask{run, run}, "A."},
		"another op":       {[]Fault{{Op: "Stop", Code: "A"}}, []ask{run}, "."},
		"the third":        {[]Fault{{Op: "Run", Call: 3, Code: "A"}}, []ask{run, {op: "Stop"}, run, run, run}, "...A."},
		"from the second":  {[]Fault{{Op: "Run", Call: 2, Times: 2, Code: "A"}}, []ask{run, run, run, run}, ".AA."},
		"all":              {[]Fault{{Op: "Run", Times: -1, Code: "A"}}, []ask{run, run, run}, "AAA"},
		"one node":         {[]Fault{{Op: "Run", Node: "c2", Code: "A"}}, []ask{{"Run", []string{"c1"}}, {"Run", []string{"c1", "c2"}}, {"Run", []string{"c2"}}}, ".A."},
		"one after other":  {[]Fault{{Op: "Run", Code: "A"}, {Op: "Run", Times: 2, Code: "B"}}, []ask{run, run, run, run}, "ABB."},
		"third of one":     {[]Fault{{Op: "Run", Call: 2, Node: "c2", Code: "A"}}, []ask{{"Run", []string{"c2"}}, {"Run", []string{"c1"}}, {"Run", []string{"c2"}}}, "..A"},
		"nothing at fault": {nil, []ask{run}, "."},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewScript()
			s.Inject(test.faults...)
			var got strings.Builder
			for _, a := range test.asks {
				if f := s.Strike(a.op, a.nodes...); f != nil {
					got.WriteString(f.Code)
				} else {
					got.WriteString(".")
				}
			}
			if got.String() != test.want {
				t.Errorf("struck %q, want %q", got.String(), test.want)
			}
		})
	}
}

func TestFate(t *testing.T) {
	s := NewScript()
	s.Doom(Fate{Node: "c1", Event: Mute, Times: 2}, Fate{Node: "c2", Event: Break, Times: -1})
	var got []Event
	for _, node := range []string{"c1", "c3", "c1", "c1", "c2", "c2", "c2"} {
		if f := s.Fate(node); f != nil {
			got = append(got, f.Event)
		} else {
			got = append(got, "")
		}
	}
	want := []Event{Mute, "", Mute, "", Break, Break, Break}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("fates %q, want %q", got, want)
		}
	}
}

func TestParseScript(t *testing.T) {
	s, err := ParseScript([]byte(`{"faults": [{"op": "Run", "code": "X", "retry_after": "20s", "lands": true}],
		"fates": [{"node": "c1", "event": "reclaim", "after": "1m30s"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if f := s.Strike("Run"); f == nil || time.Duration(f.RetryAfter) != 20*time.Second || !f.Lands {
		t.Errorf("fault %+v", f)
	}
	f := s.Fate("c1")
	if f == nil || time.Duration(f.After) != 90*time.Second || f.Event != Reclaim {
		t.Errorf("fate %+v", f)
	}
	if out, err := json.Marshal(f); err != nil || string(out) != `{"node":"c1","event":"reclaim","after":"1m30s"}` {
		t.Errorf("written as %s, %v", out, err)
	}
	for data, says := range map[string]string{
		`{"faults": [{"operation": "Run"}]}`:              `unknown field "operation"`,
		`{"faults": [{"code": "X"}]}`:                     "fault 1 names no op",
		`{"fates": [{"node": "c1", "event": "explode"}]}`: `fate 1: unknown event "explode"`,
		`{"fates": [{"event": "die"}]}`:                   "names no node",
		`{"fates": [{"node": "c1", "after": "soon"}]}`:    `invalid duration "soon"`,
		`{} {}`: "more than one value",
		`[]`:    "read script",
	} {
		if _, err := ParseScript([]byte(data)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", data, err, says)
		}
	}
}
