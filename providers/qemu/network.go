package qemu

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
)

// Each cluster has a network of its own, so all have the same addresses. A
// machine has one address, on the card that joins it to the others. Its other
// card leads out, through the sockets of this user; it has no address, so that
// the one address is the source of all that the machine sends.
//
// One card for both would not do: QEMU's user network takes every packet that
// it sees for its own, and would answer what machines send each other.
var (
	subnet    = netip.MustParsePrefix("10.77.0.0/24")
	firstNode = netip.MustParseAddr("10.77.0.10")

	outside  = netip.MustParsePrefix("10.77.255.0/24")
	gateway  = netip.MustParseAddr("10.77.255.2")
	resolver = netip.MustParseAddr("10.77.255.3")
)

const maxNodes = 245

// network is what joins the machines of a cluster: a QEMU without a machine,
// whose hub has one port a node.
type network struct{ process }

func (p place) network() network { return network{process{filepath.Join(p.dir, "network")}} }

// ensure starts the network where it does not run. The caller holds the lock
// of the cluster.
func (n network) ensure(ctx context.Context, emulator string, p place) error {
	if alive, err := n.alive(); alive || err != nil {
		return err
	}
	if err := os.MkdirAll(n.dir, 0o700); err != nil {
		return err
	}
	lock, err := n.acquire(ctx)
	if err != nil {
		return err
	}
	defer lock.Close()
	// Machines that were joined by an earlier one are cut off for good.
	if err := os.WriteFile(n.path("generation"), []byte(rand.Text()), 0o600); err != nil {
		return err
	}
	return n.start(ctx, lock, emulator,
		"-name", "ecluster-"+string(p.id)+"-network", "-machine", "none")
}

// generation tells one network of a cluster from the next.
func (n network) generation() string {
	text, _ := os.ReadFile(n.path("generation"))
	return string(text)
}

// attach makes a port for a machine that does not run yet.
func (n network) attach(ctx context.Context, m machine) error {
	n.detach(ctx, m)
	id := "n" + lastByte(m.Address)
	if err := n.call(ctx, "netdev_add", map[string]any{
		"type": "stream", "id": id, "server": true,
		"addr": map[string]any{"type": "unix", "path": m.path("link")},
	}); err != nil {
		return err
	}
	if err := n.call(ctx, "netdev_add", map[string]any{"type": "hubport", "id": "h" + id, "hubid": 0, "netdev": id}); err != nil {
		return err
	}
	return os.WriteFile(m.path("generation"), []byte(n.generation()), 0o600)
}

// detach takes the port of a machine away again, as far as it is there.
func (n network) detach(ctx context.Context, m machine) {
	id := "n" + lastByte(m.Address)
	_ = n.call(ctx, "netdev_del", map[string]string{"id": "h" + id})
	_ = n.call(ctx, "netdev_del", map[string]string{"id": id})
	_ = os.Remove(m.path("link"))
}

// joins reports whether the network has the machine.
func (n network) joins(m machine) bool {
	if alive, err := n.alive(); err != nil || !alive {
		return false
	}
	text, _ := os.ReadFile(m.path("generation"))
	return string(text) == n.generation()
}

func lastByte(a netip.Addr) string { return fmt.Sprint(a.As4()[3]) }

// freePort is a port of the loopback that nobody listens at.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	addr, _ := l.Addr().(*net.TCPAddr)
	return addr.Port, nil
}
