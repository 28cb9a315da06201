package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// parseCounts reads "5:compute,2:gpu", once or several times.
func parseCounts(flag string, values []string) (map[cluster.GroupName]int, error) {
	counts := map[cluster.GroupName]int{}
	for _, value := range values {
		for item := range strings.SplitSeq(value, ",") {
			number, group, ok := strings.Cut(strings.TrimSpace(item), ":")
			n, err := strconv.Atoi(number)
			if !ok || err != nil || n < 0 || group == "" {
				return nil, &usageError{err: fmt.Errorf("%s %q: write a number, a colon and a node group, as in 5:compute", flag, item)}
			}
			counts[cluster.GroupName(group)] += n
		}
	}
	return counts, nil
}
