// Package roletest is how a test says which roles it has proved, on which
// platform and in what way. internal/tools/testreport makes a table of it.
// How a role is tested does not belong here.
package roletest

import (
	"strings"
	"testing"
)

// Attr is the attribute of a test that holds a Proof.
const Attr = "role-proved"

// The ways to prove a role. The first two need real nodes: only they show that
// the software works. The last compares what a node would run with a golden
// file.
const (
	Containers = "containers"
	Machines   = "virtual machines"
	Golden     = "golden"
	Rehearsal  = "rehearsal"
)

// Ways are all of them, the strongest first.
func Ways() []string { return []string{Machines, Containers, Rehearsal, Golden} }

// Proof is one role on one platform.
type Proof struct {
	Role     string
	Platform string // "debian-13"
	How      string // one of Ways
}

// Proved notes that the test at hand, if it passes, has shown that roles work
// on a platform.
func Proved(tb testing.TB, platform, how string, roles ...string) {
	tb.Helper()
	for _, role := range roles {
		tb.Attr(Attr, Proof{role, platform, how}.String())
	}
}

// String is what stands in the attribute.
func (p Proof) String() string { return strings.Join([]string{p.Role, p.Platform, p.How}, " ") }

// Parse reads what String wrote.
func Parse(s string) (Proof, bool) {
	words := strings.SplitN(s, " ", 3)
	if len(words) < 3 {
		return Proof{}, false
	}
	return Proof{words[0], words[1], words[2]}, true
}
