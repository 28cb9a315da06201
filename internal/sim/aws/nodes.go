package aws

import (
	"fmt"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// nodesIn are the nodes that tags name: those of one machine, or, since all
// machines of a launch begin with the same tags, the list of their names
// (providers.NodeList). One that is too long for a tag goes on in the next.
func nodesIn(tags map[string]string) []cluster.NodeName {
	parts := []string{tags[providers.TagNode]}
	for n := 2; ; n++ {
		more, has := tags[fmt.Sprintf("%s-%d", providers.TagNode, n)]
		if !has {
			break
		}
		parts = append(parts, more)
	}
	list := strings.Join(parts, " ")
	if list == "" || !strings.ContainsAny(list, ": +") {
		return []cluster.NodeName{cluster.NodeName(list)}
	}
	return providers.ParseNodeList(list)
}

// node is the node of an instance, or "": of a list, the name at its launch
// index.
func (i *instance) node() string {
	names := nodesIn(i.tags)
	switch {
	case len(names) == 1:
		return string(names[0])
	case i.index < len(names):
		return string(names[i.index])
	}
	return ""
}
