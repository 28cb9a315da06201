package scheduler

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// slot is what condor_status says of a slot: the whole of a node that jobs
// divide (Partitionable), a part that a job took (Dynamic), or a Static one.
type slot struct {
	Machine         string
	SlotType        string
	State           string
	Activity        string
	Cpus            int
	TotalSlotCpus   int
	TotalSlotMemory int // MB
	EclusterGroup   string
	DrainReason     string
	LastHeardFrom   int64
}

// silence is after how many seconds without a word, of which there should be
// one every 30 seconds, a node counts as down.
const silence = 100

// parseSlots reads the time in seconds, and the slots as JSON; where there are
// none, there is no JSON.
func parseSlots(text string) ([]NodeStatus, error) {
	clock, list, _ := strings.Cut(text, "\n")
	now, err := strconv.ParseInt(strings.TrimSpace(clock), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("no time before the slots: %.40q", clock)
	}
	var slots []slot
	if list = strings.TrimSpace(list); list != "" {
		if err := json.Unmarshal([]byte(list), &slots); err != nil {
			return nil, fmt.Errorf("read the slots: %w", err)
		}
	}
	byName := map[cluster.NodeName]*NodeStatus{}
	for _, s := range slots {
		name := nodeOf(s.Machine)
		if name == "" || s.Cpus < 0 || s.TotalSlotCpus < 0 || s.TotalSlotMemory < 0 || s.TotalSlotMemory > 1<<40 {
			return nil, fmt.Errorf("a slot without sense: %+v", s)
		}
		n := byName[name]
		if n == nil {
			n = &NodeStatus{Name: name, State: Idle}
			byName[name] = n
		}
		n.take(s, now)
	}
	nodes := make([]NodeStatus, 0, len(byName))
	for _, n := range byName {
		nodes = append(nodes, n.settled())
	}
	slices.SortFunc(nodes, func(a, b NodeStatus) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return nodes, nil
}

// nodeOf is the node of a slot or machine: "slot1_2@compute001.ecluster".
func nodeOf(machine string) cluster.NodeName {
	name, _, _ := strings.Cut(machine[strings.LastIndex(machine, "@")+1:], ".")
	return cluster.NodeName(name)
}

// take adds one slot to what is known of its node.
func (n *NodeStatus) take(s slot, now int64) {
	if s.SlotType != "Dynamic" {
		n.CPUs += s.TotalSlotCpus
		n.Memory += cluster.Bytes(s.TotalSlotMemory) * cluster.MiB
	}
	if s.State == "Claimed" || s.State == "Preempting" {
		n.AllocCPUs += s.Cpus
		if s.Activity != "Idle" {
			n.Jobs++
		}
	}
	if s.EclusterGroup != "" && len(n.Queues) == 0 {
		n.Queues = []string{s.EclusterGroup}
	}
	switch silent := now - s.LastHeardFrom; {
	case s.SlotType == "Dynamic":
	case silent > silence:
		n.State, n.Reason = Down, fmt.Sprintf("HTCondor has heard nothing of it for %d seconds", silent)
	case s.State == "Drained":
		n.State, n.Reason = Drained, s.DrainReason
		if n.Reason == "" {
			n.Reason = "HTCondor drains it"
		}
	case s.State == "Owner":
		n.State, n.Reason = Drained, "its START expression lets no job in"
	case slices.Contains([]string{"Unclaimed", "Claimed", "Matched", "Preempting"}, s.State):
	default:
		n.State, n.Reason = Unknown, "HTCondor calls it "+strings.ToLower(s.State)
	}
}

// settled returns the node with a state that tells whether jobs run on it.
func (n *NodeStatus) settled() NodeStatus {
	switch {
	case n.State == Down: // what ran there is lost, whatever its last word was
		n.Jobs = 0
	case n.State == Idle && n.Jobs > 0:
		n.State = Busy
	case n.State == Drained && n.Jobs > 0:
		n.State = Draining
	}
	return *n
}

// The states of a job that count.
const (
	jobIdle      = "1"
	jobRunning   = "2"
	jobHeld      = "5"
	jobSends     = "6" // its output
	jobSuspended = "7"
)

// parseCondorQueue reads lines of COUNT STATE REASON. A reason, which users may
// write, can have several lines: those that begin with no state are left out.
func parseCondorQueue(out string) Queue {
	q := Queue{Reasons: map[string]int{}}
	for line := range strings.Lines(out) {
		number, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		count, err := strconv.Atoi(number)
		if err != nil || count < 0 {
			continue
		}
		state, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
		switch state {
		case jobIdle:
			q.Pending += count
			if reason == "undefined" || reason == "" {
				reason = "waits for the negotiator"
			}
			q.Reasons[reason] += count
		case jobHeld:
			q.Pending += count
			q.Reasons["held: "+reason] += count
		case jobRunning, jobSends, jobSuspended:
			q.Running += count
		}
	}
	return q
}
