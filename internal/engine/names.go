package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
)

// hostsDir is where the role names-server looks for one file a node.
const hostsDir = "/etc/ecluster/hosts.d"

// namer tells the frontend the addresses of nodes, where it answers for their
// names: as many at once as there are, and each node once.
type namer struct {
	*run
	fresh   chan cluster.NodeName
	awoken  bool // machines may have booted with other addresses than before
	telling sync.Mutex
	told    map[cluster.NodeName]string // the address that the frontend knows
}

func (r *run) newNamer(capacity int, awoken bool) *namer {
	return &namer{run: r, fresh: make(chan cluster.NodeName, capacity), awoken: awoken, told: map[cluster.NodeName]string{}}
}

// announce is called once a node has its address; it never blocks.
func (n *namer) announce(name cluster.NodeName) {
	if n.noSetUp || name == n.spec.FrontendNode() || !n.answered() {
		return
	}
	select {
	case n.fresh <- name:
	default: // announced more often than there are reconnects: it is known
	}
}

// answered reports whether the frontend answers for the names of nodes.
func (n *namer) answered() bool {
	group, known := n.spec.Group(n.spec.Frontend)
	return known && slices.ContainsFunc(group.Roles, func(u cluster.RoleUse) bool { return u.Name == "names-server" })
}

// serve runs until fresh is closed, or the frontend can't be told any more.
func (n *namer) serve(ctx context.Context) {
	for name := range n.fresh {
		batch := gather(name, n.fresh)
		if err := n.tell(ctx, batch); err != nil && ctx.Err() == nil && n.front.failure() == nil {
			n.notice(event.Warning, "", "the frontend does not know the addresses of %s: %v; 'ecluster setup %s' tells it again", joinNames(batch), err, n.name)
		}
	}
}

// nameScript writes the lines "ADDRESS NAME" that follow it, a file each. The
// temporary names begin with a dot: dnsmasq passes over them, and sees new
// files by itself. An address that another node had before must not go on
// leading to that one: dnsmasq starts again, and with it who is a part of the
// name service (PartOf=) because it keeps answers for long. They also do when
// machines woke up with other addresses, and at no other time: users notice it.
// The file .again is there until that has been done.
const nameScript = `set -eu
umask 022
mkdir -p %[1]s
cd %[1]s
cat >.new <<'END'
%[2]sEND
others() { awk 'FNR == NR { now[$1] = $2; next } $1 in now && $2 != now[$1] { print FILENAME }' .new *; }
again=$(others 2>/dev/null || true) # there may be no file yet
if %[3]t; then
    while read -r address name; do
        [ ! -e "$name" ] || [ "$(cat "$name")" = "$address $name" ] || again=yes
    done <.new
fi
[ -z "$again" ] || : >.again
while read -r address name; do
    echo "$address $name" >".$name"
    mv ".$name" "$name"
done <.new
rm -f $(others)
if [ -e .again ]; then
    systemctl restart ecluster-names.service
    rm .again
fi
`

// tell makes the addresses of nodes known to the frontend.
func (n *namer) tell(ctx context.Context, names []cluster.NodeName) error {
	n.telling.Lock()
	defer n.telling.Unlock()
	var lines strings.Builder
	written := map[cluster.NodeName]string{}
	for _, name := range names {
		node := n.node(name)
		if node.PrivateIP == "" || n.told[name] == node.PrivateIP {
			continue
		}
		written[name] = node.PrivateIP
		fmt.Fprintf(&lines, "%s %s\n", node.PrivateIP, name)
	}
	if len(written) == 0 {
		return nil
	}
	if _, err := n.front.Exec(ctx, fmt.Sprintf(nameScript, hostsDir, lines.String(), n.awoken)); err != nil {
		return err
	}
	maps.Copy(n.told, written)
	return nil
}
