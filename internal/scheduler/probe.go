package scheduler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// probeScript defines probe PARTITION COUNT HOSTS: one job of one minute at
// most with a task a node, as the login user, that says where it ran and had
// its home. It starts at once or is given up: it never stands in the queue
// before or behind a user's job for longer than that. Each line of the answer
// begins with the number of the probe.
const probeScript = `. /etc/ecluster/node
HOME=$(getent passwd "$LOGIN_USER" | cut -d: -f6)
export HOME
probe() {
    runuser -u "$LOGIN_USER" -- timeout 20 srun --job-name=ecluster-probe --quiet --chdir=/ \
        --immediate=10 --time=1 --mem=32 --partition="$2" \
        --nodes="$3" --ntasks-per-node=1 --nodelist="$4" --no-kill \
        sh -c 'cd "$HOME" && echo "proved $SLURMD_NODENAME"' </dev/null 2>&1 | sed -u "s/^/$1 /"
}
`

// Probe implements Client.
func (s slurm) Probe(ctx context.Context, nodes []cluster.NodeName) (map[cluster.NodeName]error, error) {
	free, causes, err := triage(ctx, s, nodes, "slurmctld does not know the node: its slurmd has not registered")
	if err != nil {
		return nil, err
	}
	idle := map[string][]cluster.NodeName{} // by partition
	for _, n := range free {
		if len(n.Queues) == 0 {
			causes[n.Name] = errors.New("the node is in no partition")
			continue
		}
		idle[n.Queues[0]] = append(idle[n.Queues[0]], n.Name)
	}

	var jobs []probeJob
	for partition, list := range idle {
		for part := range slices.Chunk(list, argMax) {
			jobs = append(jobs, probeJob{partition, part})
		}
	}
	failed, err := s.runProbes(ctx, jobs)
	if err != nil {
		return nil, err
	}
	// One bad node can keep the job of all from starting, so those that are
	// left get one each.
	var single []probeJob
	for _, job := range jobs {
		for _, name := range job.nodes {
			if cause := failed[name]; cause != nil && len(job.nodes) > 1 {
				single = append(single, probeJob{job.partition, []cluster.NodeName{name}})
			} else if cause != nil {
				causes[name] = cause
			}
		}
	}
	for part := range slices.Chunk(single, probesAtOnce) {
		failed, err := s.runProbes(ctx, part)
		if err != nil {
			return nil, err
		}
		maps.Copy(causes, failed)
	}
	return causes, nil
}

// probesAtOnce is how many jobs one script starts: each is a process on the
// frontend.
const probesAtOnce = 32

// probeJob is one job with a task on each of the nodes.
type probeJob struct {
	partition string
	nodes     []cluster.NodeName
}

// runProbes runs the jobs side by side and returns the nodes that did not
// answer, with what srun said.
func (s slurm) runProbes(ctx context.Context, jobs []probeJob) (map[cluster.NodeName]error, error) {
	failed := map[cluster.NodeName]error{}
	if len(jobs) == 0 {
		return failed, nil
	}
	var script strings.Builder
	script.WriteString(probeScript)
	for i, job := range jobs {
		fmt.Fprintf(&script, "probe %d %s %d %s &\n", i, shellQuote(job.partition), len(job.nodes), hostList(job.nodes))
	}
	script.WriteString("wait\n")
	out, err := s.exec(ctx, script.String())
	if err != nil {
		return nil, fmt.Errorf("run the probe jobs: %w", err)
	}
	proved, said := parseProbes(string(out))
	for i, job := range jobs {
		for _, name := range job.nodes {
			if !proved[name] {
				why := cmp.Or(said[i], "srun gave no answer within 20 seconds")
				failed[name] = fmt.Errorf("a job for it did not run: %s", why)
			}
		}
	}
	return failed, nil
}

// parseProbes reads lines "NUMBER proved NODE"; anything else after the number
// is what went wrong, of which the last line counts.
func parseProbes(out string) (proved map[cluster.NodeName]bool, said map[int]string) {
	proved, said = map[cluster.NodeName]bool{}, map[int]string{}
	for line := range strings.Lines(out) {
		var i int
		number, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		if _, err := fmt.Sscanf(number, "%d", &i); err != nil {
			continue
		}
		if node, ok := strings.CutPrefix(text, "proved "); ok {
			proved[cluster.NodeName(node)] = true
			continue
		}
		said[i] = strings.TrimPrefix(text, "srun: error: ")
	}
	return proved, said
}
