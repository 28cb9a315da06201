package scheduler

import (
	"context"
	"fmt"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// condorProbeScript runs one job a node, all in one submission, as the login
// user: each says that it had its home. They wait for half a minute at most and
// leave nothing behind. The output comes back by file transfer, because the
// folder is not shared. A line is "proved NODE", or "said NODE WHY".
const condorProbeScript = `. /etc/ecluster/node
dir=$(mktemp -d /tmp/ecluster-probe.XXXXXX) || exit
trap 'rm -rf "$dir"' EXIT
cat >"$dir/nodes"
cd "$dir" || exit
cat >probe.sub <<END
batch_name = ecluster-probe
universe = vanilla
executable = /bin/sh
transfer_executable = false
should_transfer_files = YES
arguments = "-c 'cd ~$LOGIN_USER && echo proved'"
output = \$(node).out
error = \$(node).err
log = log
priority = 1000
request_cpus = 1
request_memory = 32
request_disk = 1024
requirements = Machine == "\$(node)` + condorDomain + `"
periodic_remove = time() - QDate > 60
queue node from nodes
END
chown -R "$LOGIN_USER" "$dir"
as_user() { runuser -u "$LOGIN_USER" -- timeout 40 "$@" </dev/null; }
said=$(as_user condor_submit -terse probe.sub 2>&1) || { echo "said - $said" | tr '\n' ' '; exit 0; }
job=${said%%.*}
as_user condor_wait -wait 25 log >/dev/null 2>&1
# The folder is the user's, who reads it too: root would follow links in it.
as_user sh -c '
while read -r node; do
    if grep -qx proved "$node.out" 2>/dev/null; then
        echo "proved $node"
    else
        echo "said $node $(tail -n 1 "$node.err" 2>/dev/null)"
    fi
done <nodes' | while read -r word node why; do
    [ "$word" = proved ] || [ -n "$why" ] ||
        why=$(condor_q "$job" -af:, Requirements HoldReason LastRejMatchReason | grep -F "\"$node` + condorDomain + `\"" | sed 's/^.*"[^,]*,//')
    echo "$word $node $why"
done
as_user condor_rm "$job" >/dev/null 2>&1 || :
`

// Probe implements Client.
func (c condor) Probe(ctx context.Context, nodes []cluster.NodeName) (map[cluster.NodeName]error, error) {
	free, causes, err := triage(ctx, c, nodes, "HTCondor does not know the node: its startd has not told of it")
	if err != nil || len(free) == 0 {
		return causes, err
	}
	idle := namesOf(free)
	out, err := c.exec(ctx, probeNodes(idle))
	if err != nil {
		return nil, fmt.Errorf("run the probe jobs: %w", err)
	}
	proved, said := parseCondorProbe(string(out))
	for _, name := range idle {
		if !proved[name] {
			causes[name] = fmt.Errorf("a job for it did not run: %s", said(name))
		}
	}
	return causes, nil
}

// probeNodes is the script with the nodes in place of its standard input.
func probeNodes(nodes []cluster.NodeName) string {
	words := make([]string, len(nodes))
	for i, n := range nodes {
		words[i] = string(n)
	}
	return strings.Replace(condorProbeScript, `cat >"$dir/nodes"`,
		"cat >\"$dir/nodes\" <<'END'\n"+strings.Join(words, "\n")+"\nEND", 1)
}

// parseCondorProbe reads what the script says; a line about the node "-" is
// about all.
func parseCondorProbe(out string) (proved map[cluster.NodeName]bool, said func(cluster.NodeName) string) {
	proved = map[cluster.NodeName]bool{}
	why := map[cluster.NodeName]string{}
	for line := range strings.Lines(out) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		node, text, _ := strings.Cut(rest, " ")
		switch word {
		case "proved":
			proved[cluster.NodeName(node)] = true
		case "said":
			text = strings.NewReplacer("undefined,", "", ",undefined", "", "undefined", "").Replace(text)
			why[cluster.NodeName(node)] = strings.Trim(text, ", ")
		}
	}
	return proved, func(n cluster.NodeName) string {
		for _, text := range []string{why[n], why["-"]} {
			if text != "" {
				return text
			}
		}
		return "it did not start within 25 seconds"
	}
}
