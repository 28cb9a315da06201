package engine

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
)

// hostsDir is where the role names-server looks for one file a node.
const hostsDir = "/etc/ecluster/hosts.d"

// namer tells the frontend the addresses of nodes, on clouds where names don't
// resolve by themselves: as many at once as there are, and each node once.
type namer struct {
	*run
	fresh chan cluster.NodeName
	told  map[cluster.NodeName]string // the address that the frontend knows
}

func (r *run) newNamer(capacity int) *namer {
	return &namer{run: r, fresh: make(chan cluster.NodeName, capacity), told: map[cluster.NodeName]string{}}
}

// announce is called once a node has its address; it never blocks.
func (n *namer) announce(name cluster.NodeName) {
	if n.plugin.NamesResolve || n.noSetUp || name == n.spec.FrontendNode() {
		return
	}
	select {
	case n.fresh <- name:
	default: // announced more often than there are reconnects: it is known
	}
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

// tell writes a file a node; dnsmasq sees them by itself.
func (n *namer) tell(ctx context.Context, names []cluster.NodeName) error {
	var script strings.Builder
	written := map[cluster.NodeName]string{}
	fmt.Fprintf(&script, "set -eu\numask 022\nmkdir -p %s\ncd %s\n", hostsDir, hostsDir)
	for _, name := range names {
		node := n.node(name)
		if node.PrivateIP == "" || n.told[name] == node.PrivateIP {
			continue
		}
		written[name] = node.PrivateIP
		// The temporary name begins with a dot: dnsmasq passes over it.
		fmt.Fprintf(&script, "echo '%[2]s %[1]s' >.%[1]s\nmv .%[1]s %[1]s\n", name, node.PrivateIP)
	}
	if len(written) == 0 {
		return nil
	}
	if _, err := n.front.Exec(ctx, script.String()); err != nil {
		return err
	}
	maps.Copy(n.told, written)
	return nil
}
