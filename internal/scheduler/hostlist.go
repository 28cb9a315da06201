package scheduler

import (
	"fmt"
	"strconv"
	"strings"
)

// maxHosts bounds what one host list may stand for.
const maxHosts = 100_000

// expandHosts returns the names that a SLURM host list stands for:
// "gpu001,compute[001-002,007]" has four. What is not well formed stands for
// itself; a list of more than maxHosts names is cut there.
func expandHosts(list string) []string {
	var hosts []string
	for _, word := range splitHosts(list) {
		hosts = appendHosts(hosts, "", word)
	}
	return hosts
}

// splitHosts cuts a list at the commas that stand outside brackets.
func splitHosts(list string) []string {
	var words []string
	depth, start := 0, 0
	for i, c := range list {
		switch c {
		case '[':
			depth++
		case ']':
			depth--
		case ',':
			if depth == 0 {
				words = append(words, list[start:i])
				start = i + 1
			}
		}
	}
	words = append(words, list[start:])
	kept := words[:0]
	for _, w := range words {
		if w != "" {
			kept = append(kept, w)
		}
	}
	return kept
}

// appendHosts appends what prefix+word stands for; prefix is already expanded.
func appendHosts(hosts []string, prefix, word string) []string {
	before, rest, open := strings.Cut(word, "[")
	ranges, after, closed := strings.Cut(rest, "]")
	if !open || !closed {
		if len(hosts) < maxHosts {
			hosts = append(hosts, prefix+word)
		}
		return hosts
	}
	for r := range strings.SplitSeq(ranges, ",") {
		first, last, isRange := strings.Cut(r, "-")
		from, err1 := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if !isRange || err1 != nil || err2 != nil || from < 0 || to < from {
			hosts = appendHosts(hosts, prefix+before+r, after)
			continue
		}
		for i := from; i <= to && len(hosts) < maxHosts; i++ {
			hosts = appendHosts(hosts, prefix+before+fmt.Sprintf("%0*d", len(first), i), after)
		}
	}
	return hosts
}
