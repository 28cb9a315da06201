package plan

import (
	"fmt"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Ranges names nodes in few words: "compute001-compute040, gpu001".
func Ranges(names []cluster.NodeName) string {
	var parts []string
	for _, run := range cluster.NodeRuns(names) {
		switch n := len(run); n {
		case 1:
			parts = append(parts, string(run[0]))
		case 2:
			parts = append(parts, string(run[0]), string(run[1]))
		default:
			parts = append(parts, fmt.Sprintf("%s-%s", run[0], run[n-1]))
		}
	}
	return strings.Join(parts, ", ")
}

// count reads "1 node" or "3 nodes".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
