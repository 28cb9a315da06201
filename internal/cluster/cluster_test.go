package cluster_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
)

func TestNodeNamesSplitAsTheyWereMade(t *testing.T) {
	for _, index := range []int{1, 42, 999, 1000, 10000} {
		name := cluster.NewNodeName("big-mem", index)
		if group, n, ok := name.Split(); !ok || group != "big-mem" || n != index {
			t.Errorf("%s splits into %q and %d (%v)", name, group, n, ok)
		}
	}
	for _, name := range []cluster.NodeName{"", "compute", "compute01", "compute000", "001"} {
		if group, n, ok := name.Split(); ok {
			t.Errorf("%q splits into %q and %d", name, group, n)
		}
	}
}

func TestCheckLabel(t *testing.T) {
	for name, good := range map[string]bool{
		"a": true, "my-cluster2": true, "": false, "A": false, "-a": false, "a-": false, "2a": false,
		strings.Repeat("a", 40): true, strings.Repeat("a", 41): false,
	} {
		if err := cluster.CheckLabel(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestParseBytes(t *testing.T) {
	for text, want := range map[string]cluster.Bytes{
		"4096": 4096, "512MB": 512 * cluster.MiB, "1.5 GiB": 1536 * cluster.MiB, "2g": 2 * cluster.GiB,
	} {
		if got, err := cluster.ParseBytes(text); err != nil || got != want {
			t.Errorf("%q is %d, not %d (%v)", text, got, want, err)
		}
	}
	for _, text := range []string{"", "GB", "-1GB", "1PB", "much"} {
		if got, err := cluster.ParseBytes(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func TestSecretIsNeverShown(t *testing.T) {
	s := cluster.Secret("hunter2")
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if shown := fmt.Sprintf("%v %s %#v %q", s, s, s, string(data)); strings.Contains(shown, "hunter2") {
		t.Errorf("it shows as %s", shown)
	}
}
