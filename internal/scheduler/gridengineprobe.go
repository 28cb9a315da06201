package scheduler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// gridProbeScript defines probe NODE: one job of one minute at most on the
// node, as the login user, that finds its home. One that does not start soon
// is taken out of the queue again. Each line of the answer begins with the
// name of the node.
const gridProbeScript = `. /etc/ecluster/node
home=$(getent passwd "$LOGIN_USER" | cut -d: -f6)
as_user() { runuser -u "$LOGIN_USER" -- env HOME="$home" "$@"; }
probe() {
    out=$(echo 'cd "$HOME" || exit 3' | as_user timeout 30 qsub -clear -terse -sync y -N ecluster-probe \
        -S /bin/sh -wd / -o /dev/null -e /dev/null -r n -l "hostname=$1,h_rt=0:1:0" -q "*@$1" 2>&1)
    status=$?
    id=$(echo "$out" | sed -n 's/^\([0-9][0-9]*\).*/\1/p' | head -n 1)
    case $status in
        0) echo "$1 proved" ;;
        3) echo "$1 $LOGIN_USER has no home $home on it" ;;
        124)
            why=$(qstat -j "$id" | sed -n 's/^error reason.*: *//p; s/^scheduling info: *//p' | head -n 1)
            qdel "$id" >/dev/null 2>&1
            echo "$1 it did not start within 30 seconds${why:+: $why}"
            ;;
        *)
            [ -z "$id" ] || qdel "$id" >/dev/null 2>&1
            echo "$1 $(echo "$out" | tail -n 1)"
            ;;
    esac
}
`

// Probe implements Client.
func (g gridEngine) Probe(ctx context.Context, nodes []cluster.NodeName) (map[cluster.NodeName]error, error) {
	idle, causes, err := triage(ctx, g, nodes, "qmaster does not know the node: it has not joined")
	if err != nil {
		return nil, err
	}
	for part := range slices.Chunk(namesOf(idle), probesAtOnce) {
		failed, err := g.runProbes(ctx, part)
		if err != nil {
			return nil, err
		}
		maps.Copy(causes, failed)
	}
	return causes, nil
}

// runProbes runs a job on each of the nodes side by side, and returns those
// that did not answer, with what Grid Engine said.
func (g gridEngine) runProbes(ctx context.Context, nodes []cluster.NodeName) (map[cluster.NodeName]error, error) {
	var script strings.Builder
	script.WriteString(gridProbeScript)
	for _, n := range nodes {
		fmt.Fprintf(&script, "probe %s &\n", shellQuote(string(n)))
	}
	script.WriteString("wait\n")
	out, err := g.run(ctx, script.String())
	if err != nil {
		return nil, fmt.Errorf("run the probe jobs: %w", err)
	}
	said := map[cluster.NodeName]string{}
	for line := range strings.Lines(string(out)) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		said[cluster.NodeName(name)] = text
	}
	failed := map[cluster.NodeName]error{}
	for _, n := range nodes {
		switch text := said[n]; text {
		case "proved":
		case "":
			failed[n] = errors.New("a job for it did not run: qsub gave no answer")
		default:
			failed[n] = fmt.Errorf("a job for it did not run: %s", text)
		}
	}
	return failed, nil
}
