package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// Ranges names nodes in few words: "compute001-compute040, gpu001".
func Ranges(names []cluster.NodeName) string {
	sorted := slices.SortedFunc(slices.Values(names), state.CompareNames)
	sorted = slices.Compact(sorted)
	var parts []string
	for len(sorted) > 0 {
		n := run(sorted)
		switch n {
		case 1:
			parts = append(parts, string(sorted[0]))
		case 2:
			parts = append(parts, string(sorted[0]), string(sorted[1]))
		default:
			parts = append(parts, fmt.Sprintf("%s-%s", sorted[0], sorted[n-1]))
		}
		sorted = sorted[n:]
	}
	return strings.Join(parts, ", ")
}

// run is how many names at the beginning follow each other.
func run(names []cluster.NodeName) int {
	group, index, ok := names[0].Split()
	n := 1
	for ok && n < len(names) && names[n] == cluster.NewNodeName(group, index+n) {
		n++
	}
	return n
}

// count reads "1 node" or "3 nodes".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
