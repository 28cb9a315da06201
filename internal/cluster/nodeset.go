package cluster

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// MaxNodeSet bounds what one node set may stand for.
const MaxNodeSet = 100_000

// ExpandNodes returns the names that a node set stands for, in the form that
// SLURM and clush share: "gpu001,compute[001-002,007]" has four. What is not
// well formed stands for itself; a set of more than MaxNodeSet names is cut
// there.
func ExpandNodes(set string) []NodeName {
	var names []NodeName
	for _, word := range splitSet(set) {
		names = appendSet(names, "", word)
	}
	return names
}

// splitSet cuts a set at the commas that stand outside brackets.
func splitSet(set string) []string {
	depth := 0
	return strings.FieldsFunc(set, func(c rune) bool {
		switch c {
		case '[':
			depth++
		case ']':
			depth--
		}
		return c == ',' && depth == 0
	})
}

// appendSet appends what prefix+word stands for; prefix is already expanded.
func appendSet(names []NodeName, prefix, word string) []NodeName {
	before, rest, open := strings.Cut(word, "[")
	ranges, after, closed := strings.Cut(rest, "]")
	if !open || !closed {
		if len(names) < MaxNodeSet {
			names = append(names, NodeName(prefix+word))
		}
		return names
	}
	for r := range strings.SplitSeq(ranges, ",") {
		first, last, isRange := strings.Cut(r, "-")
		from, err1 := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if !isRange || err1 != nil || err2 != nil || from < 0 || to < from {
			names = appendSet(names, prefix+before+r, after)
			continue
		}
		for i := from; i <= to && len(names) < MaxNodeSet; i++ {
			names = appendSet(names, prefix+before+fmt.Sprintf("%0*d", len(first), i), after)
		}
	}
	return names
}

// FoldNodes names nodes in few words, as ExpandNodes reads them:
// "compute[001-010,012],frontend001".
func FoldNodes(names []NodeName) string {
	var words []string
	var group GroupName
	var ranges []string
	flush := func() {
		switch {
		case len(ranges) == 1 && !strings.Contains(ranges[0], "-"):
			words = append(words, string(group)+ranges[0])
		case len(ranges) > 0:
			words = append(words, string(group)+"["+strings.Join(ranges, ",")+"]")
		}
		ranges = nil
	}
	for _, run := range NodeRuns(names) {
		g, _, ok := run[0].Split()
		if !ok {
			flush()
			words = append(words, string(run[0]))
			continue
		}
		if g != group {
			flush()
			group = g
		}
		digits := strings.TrimPrefix(string(run[0]), string(g))
		if len(run) > 1 {
			digits += "-" + strings.TrimPrefix(string(run[len(run)-1]), string(g))
		}
		ranges = append(ranges, digits)
	}
	flush()
	return strings.Join(words, ",")
}

// NodeRuns sorts names and cuts them into runs of nodes that follow each
// other. Each run has at least one name; doubles are dropped.
func NodeRuns(names []NodeName) [][]NodeName {
	sorted := slices.Compact(slices.SortedFunc(slices.Values(names), CompareNodes))
	var runs [][]NodeName
	for len(sorted) > 0 {
		group, index, ok := sorted[0].Split()
		n := 1
		for ok && n < len(sorted) && sorted[n] == NewNodeName(group, index+n) {
			n++
		}
		runs = append(runs, sorted[:n])
		sorted = sorted[n:]
	}
	return runs
}

// CompareNodes orders nodes for people: by group, then by index as a number.
func CompareNodes(a, b NodeName) int {
	ga, ia, oka := a.Split()
	gb, ib, okb := b.Split()
	if !oka || !okb {
		return cmp.Compare(a, b)
	}
	return cmp.Or(cmp.Compare(ga, gb), cmp.Compare(ia, ib))
}
