package providers

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// NodeList writes the names of nodes in their order as one short text, for a
// cloud where one request makes machines that all carry the same tags: the
// machine with index i of the request belongs to the i-th node of the value of
// its TagNode. One node is its own name; otherwise "compute001:010" is ten of
// them, "compute001:003+007" four, and a space stands between groups. All its
// characters are allowed in the tags of every cloud.
func NodeList(names []cluster.NodeName) string {
	var b strings.Builder
	for i := 0; i < len(names); {
		group, first, ok := ours(names[i])
		if !ok { // it stands as it is
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(string(names[i]))
			i++
			continue
		}
		last := first
		n := 1
		for i+n < len(names) && names[i+n] == cluster.NewNodeName(group, last+1) {
			last, n = last+1, n+1
		}
		switch {
		case i == 0:
			b.WriteString(string(group))
		case isOf(names[i-1], group):
			b.WriteByte('+')
		default:
			b.WriteString(" " + string(group))
		}
		fmt.Fprintf(&b, "%03d", first)
		if last > first {
			fmt.Fprintf(&b, ":%03d", last)
		}
		i += n
	}
	return b.String()
}

// ParseNodeList returns the names that NodeList wrote; what it did not write
// gives no names, or fewer.
func ParseNodeList(s string) []cluster.NodeName {
	var names []cluster.NodeName
	for word := range strings.FieldsSeq(s) {
		head, rest, more := strings.Cut(word, "+")
		head, last, ranged := strings.Cut(head, ":")
		name := cluster.NodeName(head)
		group, first, ok := ours(name)
		if !ok || !more && !ranged {
			names = append(names, name)
			continue
		}
		names = appendRun(names, group, first, last)
		for more {
			var run string
			run, rest, more = strings.Cut(rest, "+")
			from, last, _ := strings.Cut(run, ":")
			first, err := strconv.Atoi(from)
			if err != nil {
				break
			}
			names = appendRun(names, group, first, last)
		}
	}
	return names
}

// ours splits a name that NewNodeName made.
func ours(n cluster.NodeName) (cluster.GroupName, int, bool) {
	group, index, ok := n.Split()
	return group, index, ok && n == cluster.NewNodeName(group, index)
}

func isOf(n cluster.NodeName, g cluster.GroupName) bool {
	group, _, ok := ours(n)
	return ok && group == g
}

// maxRun bounds what a tag that somebody else wrote may cost.
const maxRun = 10_000

func appendRun(names []cluster.NodeName, g cluster.GroupName, first int, last string) []cluster.NodeName {
	end := first
	if n, err := strconv.Atoi(last); err == nil {
		end = min(n, first+maxRun)
	}
	for i := first; i <= end; i++ {
		names = append(names, cluster.NewNodeName(g, i))
	}
	return names
}
