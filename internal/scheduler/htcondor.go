package scheduler

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// condor is the client for HTCondor 23.9 and later. Its nodes call themselves
// NODE.ecluster, and have one slot that jobs divide, slot1, or several.
type condor struct{ exec Exec }

// condorDomain is what the role htcondor-pool puts after the name of a node.
const condorDomain = ".ecluster"

// Nodes implements Client.
func (c condor) Nodes(ctx context.Context) ([]NodeStatus, error) {
	out, err := c.exec(ctx, `date +%s
condor_status -json -attributes Machine,SlotType,State,Activity,Cpus,TotalSlotCpus,TotalSlotMemory,EclusterGroup,DrainReason,LastHeardFrom || exit
echo '`+sep+`'
`)
	if err != nil {
		return nil, fmt.Errorf("ask HTCondor for its nodes: %w", err)
	}
	text, whole := strings.CutSuffix(string(out), sep+"\n")
	if !whole {
		return nil, fmt.Errorf("ask HTCondor for its nodes: the answer was cut short")
	}
	nodes, err := parseSlots(text)
	if err != nil {
		return nil, fmt.Errorf("ask HTCondor for its nodes: %w", err)
	}
	return nodes, nil
}

// queueScript counts on the frontend: a queue may hold a hundred thousand jobs.
const queueScript = `condor_q -allusers -constraint 'JobStatus != 3 && JobStatus != 4' \
    -af JobStatus 'ifThenElse(JobStatus == 5, HoldReason, LastRejMatchReason)' | sort | uniq -c
`

// Queue implements Client.
func (c condor) Queue(ctx context.Context) (Queue, error) {
	out, err := c.exec(ctx, queueScript)
	if err != nil {
		return Queue{}, fmt.Errorf("ask HTCondor for its queue: %w", err)
	}
	return parseCondorQueue(string(out)), nil
}

// answersScript defines answers NODE: whether its HTCondor runs. A new machine
// of that name starts it when it has been admitted.
const answersScript = `answers() { timeout 5 bash -c ": <>/dev/tcp/$1/9618" 2>/dev/null; }
`

// drainScript defines drain NODE REASON. A node that can't be told, because
// its machine does not answer, is taken off the list, so that no job is sent
// there; one that lives is back on it within half a minute.
const drainScript = answersScript + `drain() {
    said=$(timeout 25 condor_drain -reason "$2" "slot1@$1` + condorDomain + `" 2>&1) && return
    if answers "$1"; then
        echo "$1: $said" >&2
        exit 1
    fi
    forget "$1"
}
`

// resumeScript defines resume NODE.
const resumeScript = `resume() {
    said=$(timeout 25 condor_drain -cancel "slot1@$1` + condorDomain + `" 2>&1) || { echo "$1: $said" >&2; exit 1; }
}
`

// Drain implements Client.
func (c condor) Drain(ctx context.Context, nodes []cluster.NodeName, reason string) error {
	return c.each(ctx, "drain", nodes, func(n NodeStatus) bool {
		return n.State == Idle || n.State == Busy
	}, forgetScript+drainScript, shellQuote("ecluster: "+reason))
}

// Resume implements Client.
func (c condor) Resume(ctx context.Context, nodes []cluster.NodeName) error {
	return c.each(ctx, "resume", nodes, func(n NodeStatus) bool {
		return n.State == Drained || n.State == Draining
	}, resumeScript, "")
}

// each runs the function of a script that is called like the verb for those of
// the nodes that HTCondor knows and that fit, some at a time.
func (c condor) each(ctx context.Context, verb string, nodes []cluster.NodeName, fits func(NodeStatus) bool, script, argument string) error {
	if len(nodes) == 0 {
		return nil
	}
	known, err := c.Nodes(ctx)
	if err != nil {
		return fmt.Errorf("%s %s: %w", verb, names(nodes), err)
	}
	var some []cluster.NodeName
	for _, n := range known {
		if slices.Contains(nodes, n.Name) && fits(n) {
			some = append(some, n.Name)
		}
	}
	if len(some) == 0 {
		return nil
	}
	if _, err := c.exec(ctx, script+inParallel(verb, some, argument)); err != nil {
		return fmt.Errorf("%s %s: %w", verb, names(some), err)
	}
	return nil
}

// callsAtOnce is how many of HTCondor's tools one script runs at a time.
const callsAtOnce = 16

// inParallel calls a function of a script for each subject, and fails where one of
// the calls does.
func inParallel[T ~string](function string, subjects []T, argument string) string {
	var b strings.Builder
	for part := range slices.Chunk(subjects, callsAtOnce) {
		b.WriteString("pids=\n")
		for _, subject := range part {
			fmt.Fprintf(&b, "(%s %s %s) & pids=\"$pids $!\"\n", function, shellQuote(string(subject)), argument)
		}
		b.WriteString("for pid in $pids; do wait \"$pid\" || failed=1; done\n")
	}
	b.WriteString("[ -z \"${failed-}\" ]\n")
	return b.String()
}
