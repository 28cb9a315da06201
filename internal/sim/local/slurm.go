package local

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// slurms are the schedulers of all clusters, by the cluster's ID.
type slurms struct {
	mu       sync.Mutex
	clusters map[string]*slurm
}

// slurm answers the scripts of internal/scheduler: it knows the nodes that
// have joined, and no jobs.
type slurm struct {
	nodes map[string]*worker
}

type worker struct {
	machine string // its ID
	group   string
	cpus    string
	memory  string // in MB
	up      bool
	left    bool   // slurmd was stopped for good
	drained string // the reason, or empty
}

// join is the start of slurmd on a node. What an administrator did to a node
// of the same machine stays.
func (s *slurms) join(id, node string, w worker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.clusters[id]
	if c == nil {
		c = &slurm{nodes: map[string]*worker{}}
		s.clusters[id] = c
	}
	if old := c.nodes[node]; old != nil && old.machine == w.machine {
		old.up, old.left = true, false
		return
	}
	w.up = true
	c.nodes[node] = &w
}

// leave is the end of slurmd on a node.
func (s *slurms) leave(id, node string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.clusters[id]; c != nil && c.nodes[node] != nil {
		c.nodes[node].up, c.nodes[node].left = false, true
	}
}

// boot starts slurmd with a machine that has one.
func (s *slurms) boot(machine string) { s.turn(machine, true) }

// down is the end of a machine, for now or for good.
func (s *slurms) down(machine string) { s.turn(machine, false) }

func (s *slurms) turn(machine string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clusters {
		for _, w := range c.nodes {
			if w.machine == machine {
				w.up = on && !w.left
			}
		}
	}
}

// answer is what a script prints on the frontend of a cluster. Commands that
// mean nothing to a scheduler print nothing.
func (s *slurms) answer(id, script string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.clusters[id]
	if c == nil {
		c = &slurm{}
	}
	var out strings.Builder
	for _, words := range shellLines(script) {
		switch {
		case slices.Equal(words[:min(4, len(words))], call{"scontrol", "--oneliner", "show", "nodes"}):
			c.show(&out)
		case words[0] == "echo" && len(words) == 2:
			fmt.Fprintln(&out, words[1])
		case words[0] == "scontrol" && len(words) > 3 && words[1] == "update":
			c.update(words[2:])
		case words[0] == "probe" && len(words) > 4:
			for node := range strings.SplitSeq(words[4], ",") {
				if w := c.nodes[node]; w != nil && w.up && w.drained == "" {
					fmt.Fprintln(&out, words[1], "proved", node)
				}
			}
		case words[0] == "forget" && len(words) > 1 && words[1] != "{":
			for node := range strings.SplitSeq(words[1], ",") {
				delete(c.nodes, node)
			}
		}
	}
	return out.String()
}

// show prints the nodes as "scontrol --oneliner show nodes" does.
func (c *slurm) show(out *strings.Builder) {
	for _, node := range slices.Sorted(maps.Keys(c.nodes)) {
		w := c.nodes[node]
		state, reason := "IDLE", ""
		if !w.up {
			state = "DOWN+NOT_RESPONDING"
		}
		if w.drained != "" {
			state, reason = state+"+DRAIN", " Reason="+w.drained+" [root@2026-01-01T00:00:00]"
		}
		fmt.Fprintf(out, "NodeName=%s CPUAlloc=0 CPUTot=%s RealMemory=%s State=%s+DYNAMIC_NORM Partitions=%s%s\n",
			node, w.cpus, w.memory, state, w.group, reason)
	}
}

// update is "scontrol update NodeName=a,b State=DRAIN Reason=...".
func (c *slurm) update(words []string) {
	fields := map[string]string{}
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		fields[name] = value
	}
	for node := range strings.SplitSeq(fields["NodeName"], ",") {
		w := c.nodes[node]
		switch {
		case w == nil:
		case fields["State"] == "DRAIN":
			w.drained = fields["Reason"]
		case fields["State"] == "RESUME":
			w.drained = ""
		}
	}
}
