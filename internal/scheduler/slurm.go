package scheduler

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// slurm is the client for SLURM 22.05 and later with dynamic nodes.
type slurm struct{ exec Exec }

// sep stands between the answers of two commands of one script. It begins
// with a character that no host name, state or key of SLURM contains.
const sep = "%%"

// Nodes implements Client.
func (s slurm) Nodes(ctx context.Context) ([]NodeStatus, error) {
	out, err := s.exec(ctx, `scontrol --oneliner show nodes || exit
echo '`+sep+`'
squeue --noheader --states=running,completing,suspended,configuring --format=%N
`)
	if err != nil {
		return nil, fmt.Errorf("ask slurmctld for its nodes: %w", err)
	}
	nodes, jobs, found := strings.Cut("\n"+string(out), "\n"+sep+"\n")
	if !found {
		return nil, fmt.Errorf("ask slurmctld for its nodes: the answer was cut short")
	}
	list, err := parseNodes(nodes)
	if err != nil {
		return nil, fmt.Errorf("ask slurmctld for its nodes: %w", err)
	}
	count := jobsByNode(jobs)
	for i := range list {
		list[i].Jobs = count[list[i].Name]
	}
	return list, nil
}

// Queue implements Client.
func (s slurm) Queue(ctx context.Context) (Queue, error) {
	out, err := s.exec(ctx, "squeue --noheader --array --format='%T|%r'\n")
	if err != nil {
		return Queue{}, fmt.Errorf("ask slurmctld for its queue: %w", err)
	}
	return parseQueue(string(out)), nil
}

// Drain implements Client.
func (s slurm) Drain(ctx context.Context, nodes []cluster.NodeName, reason string) error {
	return s.update(ctx, "drain", nodes, anyState,
		"State=DRAIN Reason="+shellQuote("ecluster: "+reason))
}

// Resume implements Client.
func (s slurm) Resume(ctx context.Context, nodes []cluster.NodeName) error {
	return s.update(ctx, "resume", nodes, func(n NodeStatus) bool {
		return (n.State == Drained || n.State == Draining) && !strings.HasPrefix(n.Reason, reserved)
	}, "State=RESUME")
}

// update changes those of the nodes that slurmctld knows and that fit: it
// refuses unknown nodes, and RESUME for one that is not drained.
func (s slurm) update(ctx context.Context, verb string, nodes []cluster.NodeName, fits func(NodeStatus) bool, change string) error {
	if len(nodes) == 0 {
		return nil
	}
	some, err := s.among(ctx, nodes, fits)
	if err != nil {
		return fmt.Errorf("%s %s: %w", verb, names(nodes), err)
	}
	var script strings.Builder
	for part := range slices.Chunk(some, argMax) {
		fmt.Fprintf(&script, "scontrol update NodeName=%s %s || exit\n", hostList(part), change)
	}
	if script.Len() == 0 {
		return nil
	}
	if _, err := s.exec(ctx, script.String()); err != nil {
		return fmt.Errorf("%s %s: %w", verb, names(some), err)
	}
	return nil
}

func anyState(NodeStatus) bool { return true }

// among returns those of the nodes that slurmctld knows and that fit.
func (s slurm) among(ctx context.Context, nodes []cluster.NodeName, fits func(NodeStatus) bool) ([]cluster.NodeName, error) {
	known, err := s.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	wanted := map[cluster.NodeName]bool{}
	for _, name := range nodes {
		wanted[name] = true
	}
	var some []cluster.NodeName
	for _, n := range known {
		if wanted[n.Name] && fits(n) {
			some = append(some, n.Name)
		}
	}
	return some, nil
}

// requeueSlurmScript defines requeue HOSTLIST. Only batch jobs can go back; what
// was started with srun or salloc ends. A job gets half a minute (KillWait) to
// end by itself. Where squeue fails nothing is known of jobs, and so does requeue.
const requeueSlurmScript = `running() {
    said=$(squeue --noheader --states=running,completing,suspended,configuring --nodelist="$1" --format=%A) || return
    echo "$said" | sort -u
}
requeue() {
    jobs=$(running "$1") || return
    for job in $jobs; do
        scontrol requeue "$job" >/dev/null 2>&1 || scancel "$job" || :
    done
    tries=0
    while [ "$tries" -lt 200 ]; do
        jobs=$(running "$1") || return
        [ -n "$jobs" ] || return 0
        tries=$((tries + 1))
        sleep 0.2
    done
}
`

// Requeue implements Client.
func (s slurm) Requeue(ctx context.Context, nodes []cluster.NodeName) error {
	if len(nodes) == 0 {
		return nil
	}
	var script strings.Builder
	script.WriteString(requeueSlurmScript)
	for part := range slices.Chunk(nodes, argMax) {
		fmt.Fprintf(&script, "requeue %s || exit\n", hostList(part))
	}
	if _, err := s.exec(ctx, script.String()); err != nil {
		return fmt.Errorf("requeue the jobs of %s: %w", names(nodes), err)
	}
	return nil
}

// removeScript forgets the nodes $1, a host list. A job that can't be requeued
// ends when its node is set down. slurmctld deletes no node while a job is
// still leaving it, which takes moments, so the deletion is tried for a while.
const removeScript = `forget() {
    for job in $(squeue --noheader --states=running,completing,suspended,configuring --nodelist="$1" --format=%A | sort -u); do
        scontrol requeue "$job" 2>/dev/null || :
    done
    scontrol update NodeName="$1" State=DOWN Reason='ecluster: removed' || return
    tries=0
    until scontrol delete NodeName="$1" >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -ge 100 ]; then
            scontrol delete NodeName="$1"
            return
        fi
        sleep 0.1
    done
}
`

// Remove implements Client.
func (s slurm) Remove(ctx context.Context, nodes []cluster.NodeName) error {
	if len(nodes) == 0 {
		return nil
	}
	some, err := s.among(ctx, nodes, anyState)
	if err != nil {
		return fmt.Errorf("remove %s from SLURM: %w", names(nodes), err)
	}
	if len(some) == 0 {
		return nil
	}
	var script strings.Builder
	script.WriteString(removeScript)
	for part := range slices.Chunk(some, argMax) {
		fmt.Fprintf(&script, "forget %s || exit\n", hostList(part))
	}
	if _, err := s.exec(ctx, script.String()); err != nil {
		return fmt.Errorf("remove %s from SLURM: %w", names(some), err)
	}
	return nil
}

// argMax is how many names go into one argument: Linux allows 128 KiB, and a
// name has at most 64 bytes.
const argMax = 1000

// hostList quotes names as one argument for SLURM's commands.
func hostList(nodes []cluster.NodeName) string {
	words := make([]string, len(nodes))
	for i, n := range nodes {
		words[i] = string(n)
	}
	return shellQuote(strings.Join(words, ","))
}

// shellQuote makes one word of s for a POSIX shell.
func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// names lists nodes for a message: all of a few, the first of many.
func names(nodes []cluster.NodeName) string {
	const few = 4
	words := make([]string, 0, few)
	for _, n := range nodes[:min(few, len(nodes))] {
		words = append(words, string(n))
	}
	list := strings.Join(words, ", ")
	if more := len(nodes) - few; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}
