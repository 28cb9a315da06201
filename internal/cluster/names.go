package cluster

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// ID identifies one cluster for ever: two clusters that were both called
// "local" have different IDs. It is a DNS label of at most 20 characters, so
// that it fits into the tags, labels and name prefixes of every cloud.
type ID string

// Name is what the user calls a cluster. It is a DNS label.
type Name string

// GroupName names a node group; a DNS label that does not end in a digit.
type GroupName string

// NodeName names a node within its cluster: group name and three digits or
// more, as in "compute001". It is the host name of the node.
type NodeName string

// InstanceID is the provider's own identifier of a machine.
type InstanceID string

var label = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$`)

// CheckLabel reports why s can't be the name of a cluster or a node group:
// both become parts of host names, so they must be DNS labels (RFC 1035) of
// at most 40 characters.
func CheckLabel(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("a name can't be empty")
	case len(s) > 40:
		return fmt.Errorf("%q has %d characters; at most 40 fit into a host name", s, len(s))
	case !label.MatchString(s):
		return fmt.Errorf("%q is not a DNS label: lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen", s)
	}
	return nil
}

// NewNodeName returns the name of the index-th node of a group; the first is 1.
func NewNodeName(g GroupName, index int) NodeName {
	return NodeName(fmt.Sprintf("%s%03d", g, index))
}

// Split returns the group and the index that NewNodeName was given, and false
// when n was not made by it.
func (n NodeName) Split() (GroupName, int, bool) {
	s := string(n)
	i := len(strings.TrimRight(s, "0123456789"))
	if i == 0 || len(s)-i < 3 {
		return "", 0, false
	}
	index, err := strconv.Atoi(s[i:])
	if err != nil || index < 1 {
		return "", 0, false
	}
	return GroupName(s[:i]), index, true
}

// Group returns the group of a node whose name was made by NewNodeName;
// for any other name it returns "".
func (n NodeName) Group() GroupName {
	g, _, _ := n.Split()
	return g
}
