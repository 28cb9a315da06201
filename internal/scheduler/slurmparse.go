package scheduler

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// parseNodes reads what `scontrol --oneliner show nodes` prints: a line a
// node, of KEY=VALUE pairs between spaces. Three values may contain spaces:
// OS, which is not needed, Comment and Reason, after which only the name of a
// reservation may follow.
func parseNodes(out string) ([]NodeStatus, error) {
	var nodes []NodeStatus
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "NodeName=") {
			continue // "No nodes in the system"
		}
		n, err := parseNode(line)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	slices.SortFunc(nodes, func(a, b NodeStatus) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return nodes, nil
}

func parseNode(line string) (NodeStatus, error) {
	line, reservation := cutLast(line, " ReservationName=")
	pairs, reason, _ := strings.Cut(line, " Reason=")
	pairs, _, _ = strings.Cut(pairs, " Comment=")
	value := map[string]string{}
	for word := range strings.FieldsSeq(pairs) {
		if key, v, ok := strings.Cut(word, "="); ok {
			value[key] = v
		}
	}
	n := NodeStatus{
		Name:   cluster.NodeName(value["NodeName"]),
		Reason: trimStamp(reason),
	}
	if n.Name == "" || value["State"] == "" {
		return n, fmt.Errorf("a node without a name or a state: %.80q", line)
	}
	var memory int
	for key, field := range map[string]*int{"CPUTot": &n.CPUs, "CPUAlloc": &n.AllocCPUs, "RealMemory": &memory} {
		i, err := strconv.Atoi(value[key])
		if err != nil || i < 0 || i > 1<<40 {
			return n, fmt.Errorf("node %s: %s is %q, which is no number", n.Name, key, value[key])
		}
		*field = i
	}
	n.Memory = cluster.Bytes(memory) * cluster.MiB
	if p := value["Partitions"]; p != "" {
		n.Queues = strings.Split(p, ",")
	}
	n.State = nodeState(value["State"])
	if reservation != "" && !drained(value["State"]) && (n.State == Drained || n.State == Draining) {
		n.Reason = reserved + reservation // an older reason stays with a node
	}
	if n.Reason == "" && (n.State == Unknown || n.State == Down) {
		n.Reason = "SLURM calls it " + strings.ToLower(value["State"])
	}
	return n, nil
}

// reserved begins the reason of a node that is not drained but kept for
// somebody: it comes back when the reservation ends.
const reserved = "reservation "

// drained reports whether a node takes no jobs for another reason than a
// reservation.
func drained(state string) bool {
	for _, flag := range []string{"DRAIN", "FAIL", "INVALID_REG", "REBOOT_ISSUED"} {
		if strings.Contains(strings.ToUpper(state), flag) {
			return true
		}
	}
	return false
}

// cutLast is strings.Cut at the last sep.
func cutLast(s, sep string) (before, after string) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i+len(sep):]
}

// trimStamp takes "[root@2026-11-22T17:48:12]", who wrote a reason and when,
// off its end.
func trimStamp(reason string) string {
	if i := strings.LastIndex(reason, " ["); i >= 0 && strings.HasSuffix(reason, "]") {
		reason = reason[:i]
	}
	return strings.TrimSpace(reason)
}

// nodeState reads SLURM's state, a base state and flags: "IDLE+DRAIN". Some
// versions mark a node that does not answer by a star at the end.
func nodeState(s string) NodeState {
	words := strings.Split(strings.ToUpper(strings.TrimRight(s, "*~#$@!%^-")), "+")
	base, flags := words[0], words[1:]
	has := func(flag string) bool { return slices.Contains(flags, flag) }

	switch {
	case base == "DOWN", base == "ERROR", has("NOT_RESPONDING"), strings.HasSuffix(s, "*"):
		return Down
	case has("POWERED_DOWN"), has("POWERING_DOWN"), has("POWERING_UP"), has("POWER_DOWN"):
		return Unknown
	}
	busy := base == "ALLOCATED" || base == "MIXED" || has("COMPLETING")
	stopped := has("DRAIN") || has("FAIL") || has("MAINTENANCE") || has("RESERVED") || has("REBOOT_ISSUED") || has("INVALID_REG")
	switch {
	case busy && stopped:
		return Draining
	case busy:
		return Busy
	case base == "IDLE" && stopped:
		return Drained
	case base == "IDLE":
		return Idle
	default: // FUTURE, UNKNOWN, or what a later SLURM invents
		return Unknown
	}
}

// jobsByNode counts jobs; each line is the host list of one.
func jobsByNode(out string) map[cluster.NodeName]int {
	count := map[cluster.NodeName]int{}
	for line := range strings.Lines(out) {
		for _, n := range cluster.ExpandNodes(strings.TrimSpace(line)) {
			count[n]++
		}
	}
	return count
}

// parseQueue reads lines of STATE|REASON.
func parseQueue(out string) Queue {
	q := Queue{Reasons: map[string]int{}}
	for line := range strings.Lines(out) {
		state, reason, ok := strings.Cut(strings.TrimSpace(line), "|")
		switch {
		case !ok:
		case state == "PENDING":
			q.Pending++
			q.Reasons[reason]++
		default: // RUNNING, COMPLETING, SUSPENDED, ...: squeue lists no job that has ended
			q.Running++
		}
	}
	return q
}
