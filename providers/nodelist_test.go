package providers_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

func TestNodeList(t *testing.T) {
	for want, names := range map[string][]cluster.NodeName{
		"":                      nil,
		"frontend001":           {"frontend001"},
		"compute001:003":        {"compute001", "compute002", "compute003"},
		"compute001:002+007":    {"compute001", "compute002", "compute007"},
		"gpu-a007+003:004+1000": {"gpu-a007", "gpu-a003", "gpu-a004", "gpu-a1000"},
		"c998:1001":             {"c998", "c999", "c1000", "c1001"},
		"compute001 gpu002:003": {"compute001", "gpu002", "gpu003"},
		"odd compute001 x1 y":   {"odd", "compute001", "x1", "y"},
		"compute0001":           {"compute0001"},
	} {
		if got := providers.NodeList(names); got != want {
			t.Errorf("NodeList(%q) = %q, want %q", names, got, want)
		}
		if diff := cmp.Diff(names, providers.ParseNodeList(want)); diff != "" {
			t.Errorf("ParseNodeList(%q) (-want +got)\n%s", want, diff)
		}
	}
}

func FuzzParseNodeList(f *testing.F) {
	f.Add("compute001:003+007 gpu001")
	f.Add("a001+:+b")
	f.Add("a001:999999999999+4:2")
	f.Fuzz(func(t *testing.T, s string) {
		names := providers.ParseNodeList(s)
		for _, n := range names {
			if cluster.CheckLabel(string(n)) != nil {
				return // nobody calls a node that
			}
		}
		again := providers.ParseNodeList(providers.NodeList(names))
		if diff := cmp.Diff(names, again); diff != "" {
			t.Errorf("%q gives names that do not survive (-first +second)\n%s", s, diff)
		}
	})
}
