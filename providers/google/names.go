package google

import (
	"crypto/sha1" //nolint:gosec // UUIDs of version 5 are made of it; nothing secret is
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// longest is what a name of a resource may have in characters (RFC 1035).
const longest = 63

// resourceName is what something of a cluster is called. A name that would be
// too long is cut and made unique again.
func resourceName(id cluster.ID, suffix string) string {
	name := prefix(id) + suffix
	if len(name) <= longest {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return strings.TrimRight(name[:longest-9], "-") + "-" + hex.EncodeToString(sum[:4])
}

// prefix begins the name of everything that belongs to a cluster.
func prefix(id cluster.ID) string { return "ecluster-" + string(id) + "-" }

// tag is the network tag by which firewall rules know the machines.
func tag(id cluster.ID) string { return "ecluster-" + string(id) }

// byName is a filter for the names of a cluster's resources.
func byName(id cluster.ID) string { return fmt.Sprintf("name eq %q", prefix(id)+".*") }

// byLabel is a filter for what carries the label of a cluster.
func byLabel(id cluster.ID) string {
	return fmt.Sprintf("labels.%s = %q", providers.TagCluster, string(id))
}

// describe is the description of resources that can't have labels; owner reads it.
func describe(id cluster.ID, name cluster.Name) string {
	return fmt.Sprintf("Made by ecluster. %s=%s %s=%s", providers.TagCluster, id, providers.TagName, name)
}

// owner returns the cluster that a description names; the ID is empty when it
// was not written by describe.
func owner(description string) (cluster.ID, cluster.Name) {
	var id, name string
	for word := range strings.FieldsSeq(description) {
		if v, is := strings.CutPrefix(word, providers.TagCluster+"="); is {
			id = v
		}
		if v, is := strings.CutPrefix(word, providers.TagName+"="); is {
			name = v
		}
	}
	return cluster.ID(id), cluster.Name(name)
}

// instanceID names a machine: "us-central1-a/ecluster-x-compute001".
func instanceID(zone, name string) cluster.InstanceID { return cluster.InstanceID(zone + "/" + name) }

func splitID(id cluster.InstanceID) (zone, name string, ok bool) {
	zone, name, ok = strings.Cut(string(id), "/")
	return zone, name, ok && zone != "" && name != "" && !strings.Contains(name, "/")
}

// last is the last part of a link: the name of what it leads to.
func last(link string) string {
	if link == "" {
		return ""
	}
	return path.Base(link)
}

// regionOf is the region of a zone: "us-central1" of "us-central1-a".
func regionOf(zone string) string {
	i := strings.LastIndexByte(zone, '-')
	if i < 0 {
		return zone
	}
	return zone[:i]
}

// regionsOf are the regions of zones, sorted.
func regionsOf(zones []string) []string {
	var out []string
	for _, z := range zones {
		out = append(out, regionOf(z))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// requestID makes the same UUID of the same words: a request that is sent
// again under it has no second effect.
func requestID(words ...string) string {
	h := sha1.New() //nolint:gosec // see above
	h.Write([]byte("ecluster"))
	for _, w := range words {
		h.Write([]byte{0})
		h.Write([]byte(w))
	}
	u := h.Sum(nil)[:16]
	u[6] = u[6]&0x0f | 0x50 // version 5
	u[8] = u[8]&0x3f | 0x80 // variant of RFC 9562
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
