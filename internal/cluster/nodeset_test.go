package cluster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
)

func TestExpandNodes(t *testing.T) {
	t.Parallel()
	for set, want := range map[string]string{
		"":                               "",
		"compute001":                     "compute001",
		"compute[001-003]":               "compute001 compute002 compute003",
		"gpu001,compute[009-010,012],n1": "gpu001 compute009 compute010 compute012 n1",
		"r[1-2]n[08-09]":                 "r1n08 r1n09 r2n08 r2n09",
		"a-b[999-1001]":                  "a-b999 a-b1000 a-b1001",
		"broken[1-2":                     "broken[1-2",
		"x[2-1],y":                       "x2-1 y",
		"odd[a-b]":                       "odda-b",
		",,a,,b,":                        "a b",
	} {
		if got := joined(cluster.ExpandNodes(set)); got != want {
			t.Errorf("%q is %q, want %q", set, got, want)
		}
	}
}

func TestFoldNodes(t *testing.T) {
	t.Parallel()
	for want, names := range map[string]string{
		"":                                  "",
		"frontend001":                       "frontend001",
		"compute[001-002]":                  "compute002 compute001 compute002",
		"compute[001-003,005],frontend001":  "compute005 compute003 frontend001 compute001 compute002",
		"compute[998-1001],gpu001":          "compute1001 gpu001 compute999 compute998 compute1000",
		"compute[001,003],gpu[002-003],odd": "odd gpu003 gpu002 compute003 compute001",
	} {
		var nodes []cluster.NodeName
		for n := range strings.FieldsSeq(names) {
			nodes = append(nodes, cluster.NodeName(n))
		}
		if got := cluster.FoldNodes(nodes); got != want {
			t.Errorf("%v is %q, not %q", names, got, want)
		}
	}
}

// What is folded can be read again.
func FuzzNodeSet(f *testing.F) {
	f.Add("gpu001,compute[001-002,007]")
	f.Add("a[1-9]b[1-9]c[1-999999999]")
	f.Add("[[,]]-[0-")
	f.Fuzz(func(t *testing.T, set string) {
		names := cluster.ExpandNodes(set)
		if len(names) > cluster.MaxNodeSet {
			t.Fatalf("%d names", len(names))
		}
		var proper []cluster.NodeName
		for _, n := range names {
			if g, i, ok := n.Split(); ok && !strings.ContainsAny(string(n), "[],") && n == cluster.NewNodeName(g, i) {
				proper = append(proper, n)
			}
		}
		folded := cluster.FoldNodes(proper)
		if again := cluster.FoldNodes(cluster.ExpandNodes(folded)); again != folded {
			t.Errorf("%q was read as %q", folded, again)
		}
	})
}

func joined(names []cluster.NodeName) string { return strings.Trim(fmt.Sprint(names), "[]") }
