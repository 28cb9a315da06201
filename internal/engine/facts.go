package engine

import (
	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// keepFact writes down what a node told the others, for runs in which it takes
// no part. The frontend takes part in all of them.
func (r *run) keepFact(node cluster.NodeName, name, value string) {
	if node == r.spec.FrontendNode() {
		return
	}
	known := false
	r.session.View(func(st *state.State) {
		n := st.Nodes[node]
		known = n == nil || n.Facts[name] == value
	})
	if known {
		return
	}
	r.session.Node(node, func(n *cluster.Node) {
		if n.Facts == nil {
			n.Facts = map[string]string{}
		}
		n.Facts[name] = value
	})
}

// recallFacts puts on the board what nodes told that take no part in the run: a
// newcomer mounts the share of a server that is not asked again.
func (r *run) recallFacts() {
	r.session.View(func(st *state.State) {
		for name, n := range st.Nodes {
			if r.cancels[name] != nil || n.Phase == cluster.Deleting || n.Phase == cluster.Gone {
				continue
			}
			for fact, value := range n.Facts {
				r.board.set(name, fact, value)
			}
		}
	})
}
