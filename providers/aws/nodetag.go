package aws

import (
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// nodeTags puts the names of a batch into tags (see the comment of the
// package): as many as it takes, since a value has at most 256 characters.
func nodeTags(names []cluster.NodeName) map[string]string {
	tags := map[string]string{}
	for n := 1; n == 1 || len(names) > 0; n++ {
		fit := len(names)
		list := providers.NodeList(names)
		for ; len(list) > maxTagValue; list = providers.NodeList(names[:fit]) {
			fit = max(1, min(fit-1, fit*maxTagValue/len(list)))
		}
		tags[nodeTag(n)] = list
		names = names[fit:]
	}
	return tags
}

// nodeTag is the name of the n-th tag that holds names, from 1.
func nodeTag(n int) string {
	if n == 1 {
		return providers.TagNode
	}
	return providers.TagNode + "-" + strconv.Itoa(n)
}

// nodeOf is the node of the machine with that index in its launch, or "".
func nodeOf(tags map[string]string, index int) cluster.NodeName {
	var list []string
	for n := 1; ; n++ {
		value, has := tags[nodeTag(n)]
		if !has {
			break
		}
		list = append(list, value)
	}
	names := providers.ParseNodeList(strings.Join(list, " "))
	if index < 0 || index >= len(names) {
		return ""
	}
	return names[index]
}
