package scheduler

import (
	"context"
	"fmt"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// gridEngine is the client for Grid Engine 8.1 as the roles gridengine-* set
// it up. To qmaster a host is a name that may carry a domain; to us it has
// none.
type gridEngine struct{ exec Exec }

// gridEnvironment saves the search for the cell that Debian's wrappers in
// /usr/bin make before each command.
const gridEnvironment = `export SGE_ROOT=/var/lib/gridengine SGE_CELL=default SGE_SINGLE_LINE=1
PATH=/usr/lib/gridengine:$PATH
`

// run runs a script on the frontend.
func (g gridEngine) run(ctx context.Context, script string) ([]byte, error) {
	return g.exec(ctx, gridEnvironment+script)
}

// Nodes implements Client.
func (g gridEngine) Nodes(ctx context.Context) ([]NodeStatus, error) {
	out, err := g.run(ctx, "qhost -q -j -F "+memoryComplex+",slots -xml\n")
	if err != nil {
		return nil, fmt.Errorf("ask qmaster for its nodes: %w", err)
	}
	nodes, err := parseHosts(out)
	if err != nil {
		return nil, fmt.Errorf("ask qmaster for its nodes: %w", err)
	}
	return nodes, nil
}

// Queue implements Client.
func (g gridEngine) Queue(ctx context.Context) (Queue, error) {
	out, err := g.run(ctx, "qstat -u '*' -s prs -xml\n")
	if err != nil {
		return Queue{}, fmt.Errorf("ask qmaster for its jobs: %w", err)
	}
	q, err := parseJobs(out)
	if err != nil {
		return Queue{}, fmt.Errorf("ask qmaster for its jobs: %w", err)
	}
	return q, nil
}

// Admit implements Admitter: only what the frontend has named may speak to
// qmaster. The name must lead somewhere by now, or qconf refuses it.
func (g gridEngine) Admit(ctx context.Context, nodes []cluster.NodeName) error {
	return g.each(ctx, "admit", admitScript, nodes)
}

// Drain implements Client. Grid Engine keeps no reason.
func (g gridEngine) Drain(ctx context.Context, nodes []cluster.NodeName, _ string) error {
	return g.switchQueues(ctx, "drain", "-d", nodes)
}

// Resume implements Client.
func (g gridEngine) Resume(ctx context.Context, nodes []cluster.NodeName) error {
	return g.switchQueues(ctx, "resume", "-e", nodes)
}

// switchQueues disables or enables what queues there are on the nodes; for a
// node that is in none qmod fails, which is no error here.
func (g gridEngine) switchQueues(ctx context.Context, verb, option string, nodes []cluster.NodeName) error {
	return g.each(ctx, verb, `each() { qmod `+option+` "*@$1" || ! known "$1"; }
`, nodes)
}

// Remove implements Client.
func (g gridEngine) Remove(ctx context.Context, nodes []cluster.NodeName) error {
	return g.each(ctx, "remove", vacateScript+removeHostScript, nodes)
}

// Requeue implements Client.
func (g gridEngine) Requeue(ctx context.Context, nodes []cluster.NodeName) error {
	return g.each(ctx, "requeue the jobs of", vacateScript+"each() { ! known \"$1\" || vacate \"$1\"; }\n", nodes)
}

// each runs one script on the frontend, which defines each NODE, for all nodes.
// A node that fails keeps no other from its turn; its error is the script's.
func (g gridEngine) each(ctx context.Context, verb, script string, nodes []cluster.NodeName) error {
	if len(nodes) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString(hostScript + script + "status=0\n")
	for _, n := range nodes {
		fmt.Fprintf(&b, "each %s || status=$?\n", shellQuote(string(n)))
	}
	b.WriteString("exit \"$status\"\n")
	if _, err := g.run(ctx, b.String()); err != nil {
		return fmt.Errorf("%s %s in Grid Engine: %w", verb, names(nodes), err)
	}
	return nil
}

// hostScript waits for qmaster, which starts again with the name service, and
// defines known NODE: whether it is an execution host, and also whether nobody
// can say, so that the command after it fails.
const hostScript = `answering() { qconf -sh >/dev/null 2>&1; }
known() { ! answering || qconf -sel 2>/dev/null | sed 's/\..*//' | grep -qxF "$1"; }
tries=0
until answering; do
    tries=$((tries + 1))
    if [ "$tries" -ge 60 ]; then
        qconf -sh >&2
        exit 1
    fi
    sleep 1
done
`

// admitScript makes a host known by name. qmaster knows a caller by the name
// that its address leads to, so both ways must be right; for a newcomer that
// takes the name service a moment.
const admitScript = `leads() {
    address=$(getent ahostsv4 "$1" | awk 'NR == 1 { print $1 }')
    back=$(getent hosts "${address:-0.0.0.0}" | awk 'NR == 1 { print $2 }')
    [ -n "$address" ] && [ "${back%%.*}" = "$1" ]
}
each() {
    tries=0
    until leads "$1"; do
        tries=$((tries + 1))
        if [ "$tries" -ge 50 ]; then
            echo "$(uname -n) takes $1 for ${address:-no address}, and that address for ${back:-no name}: name service and scheduler must agree on the names of nodes" >&2
            return 1
        fi
        sleep 0.1
    done
    said=$(qconf -ah "$1" 2>&1 && qconf -as "$1" 2>&1) || {
        echo "$said" >&2
        return 1
    }
}
`

// vacateScript defines vacate NODE: its jobs run again elsewhere, unless their
// owners forbade it: those end. A line of qstat is counted from its end, because
// names of jobs may have blanks: the task of an array follows MASTER or SLAVE.
const vacateScript = `left() {
    qstat -s rs -g t -u '*' -q "*@$1" | awk '$1 ~ /^[0-9]+$/ { print ($NF ~ /^(MASTER|SLAVE)$/ ? $1 : $1 "." $NF) }' | sort -u
}
vacate() {
    answering || return
    for job in $(qmod -rq "*@$1" 2>&1 | sed -n 's/.* \([0-9][0-9.]*\) is not restartable.*/\1/p'); do
        qdel -f "$job" >/dev/null 2>&1
    done
    tries=0
    while [ -n "$(left "$1")" ]; do
        tries=$((tries + 1))
        if [ "$tries" -ge 50 ]; then
            # What has a part of its processes here, or does not let go.
            for job in $(left "$1"); do
                qmod -f -rj "$job" >/dev/null 2>&1
            done
            break
        fi
        sleep 0.1
    done
}
`

// removeHostScript forgets a host, after vacateScript. A host whose name leads
// nowhere any more is given an address for the moment, because qconf looks at
// nothing it can't resolve.
const removeHostScript = `each() {
    lost=
    if ! getent hosts "$1" >/dev/null; then
        lost=1
        echo "127.255.255.254 $1 # removed by ecluster" >>/etc/hosts
    fi
    forget "$1"
    forgot=$?
    if [ -n "$lost" ]; then
        rest=$(sed "/ $1 # removed by ecluster\$/d" /etc/hosts)
        echo "$rest" >/etc/hosts
    fi
    return "$forgot"
}
forget() {
    if known "$1"; then
        qmod -d "*@$1" >/dev/null 2>&1
        vacate "$1"
        for group in $(qconf -shgrpl); do
            qconf -dattr hostgroup hostlist "$1" "$group" >/dev/null 2>&1
        done
        for queue in $(qconf -sql); do
            qconf -purge queue '*' "$queue@$1" >/dev/null 2>&1
        done
        qconf -ke "$1" >/dev/null 2>&1
        qconf -de "$1" >/dev/null || return
    fi
    qconf -ds "$1" >/dev/null 2>&1
    qconf -dh "$1" >/dev/null 2>&1
    return 0
}
`
