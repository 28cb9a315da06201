package docker

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
)

// open returns machines of a world of the test's own. Where no engine answers
// the test is skipped, unless ECLUSTER_REQUIRE_ENGINE=1 says that one must.
func open(t *testing.T) *Machines {
	t.Helper()
	m, err := Open(t.Context(), Options{
		World:  "test-" + strings.ToLower(rand.Text()[:10]),
		Report: func(task, message string) { t.Log(task + ": " + message) },
	})
	if err != nil && os.Getenv("ECLUSTER_REQUIRE_ENGINE") != "1" {
		t.Skipf("not possible here: no Docker engine answers; 'make engine' starts one: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if left := leftovers(t, m); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
	})
	return m
}

func leftovers(t *testing.T, m *Machines) []string {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	var left []string
	containers, err := m.cli.ContainerList(ctx, client.ContainerListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range containers.Items {
		left = append(left, c.Names...)
	}
	networks, err := m.cli.NetworkList(ctx, client.NetworkListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range networks.Items {
		left = append(left, n.Name)
	}
	var ours []string
	for _, name := range left {
		if strings.Contains(name, m.options.World) {
			ours = append(ours, name)
		}
	}
	return ours
}

func newKey(t *testing.T) remote.KeyPair {
	t.Helper()
	key, err := remote.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// visitor logs in to machines.
type visitor struct {
	m    *Machines
	user remote.KeyPair
	name string
}

// dial accepts no host key but those that are known before.
func (v visitor) dial(t *testing.T, id string, addr sim.Address, hostKeys ...string) *remote.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dialer := &remote.Dialer{Key: v.user.PrivatePEM}
	conn, err := dialer.DialWait(ctx, remote.Target{
		Node: cluster.NodeName(id), User: v.name, HostKeys: hostKeys,
		Endpoints: []cluster.Endpoint{{Host: addr.PublicIP, Port: 22}},
	}, func(int, error) {})
	if err != nil {
		console, _ := v.m.Console(context.WithoutCancel(ctx), id)
		t.Fatalf("%v; its console:\n%s", err, console)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func run(t *testing.T, conn *remote.Conn, command string) string {
	t.Helper()
	out, said, err := conn.Run(t.Context(), command, nil)
	if err != nil {
		t.Fatalf("%s: %s: %v\n%s%s", conn.Node(), command, err, out, said)
	}
	return strings.TrimSpace(string(out))
}

// metadata tells how a connection to the metadata service ends: EACCES (13)
// where a policy rule forbids it.
const metadata = `python3 -c '
import socket
s = socket.socket()
s.settimeout(0.5)
print("errno", s.connect_ex(("169.254.169.254", 80)))'`

func TestCloudInit(t *testing.T) {
	t.Parallel()
	m := open(t)
	v := visitor{m: m, user: newKey(t), name: bootdata.AdminUser}
	host := newKey(t)
	data, err := bootdata.CloudInit(bootdata.Config{
		Access:   providers.Access{AuthorizedKey: v.user.Authorized, HostKey: host.PrivatePEM, HostKeyPublic: host.Authorized},
		UserData: "#cloud-config\nruncmd:\n  - [touch, /var/tmp/theirs]\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	addr, err := m.Boot(t.Context(), sim.Boot{
		ID: "i-0abc", Image: "debian-13", Hostname: "ip-10-0-0-7", UserData: data, Network: "vpc-1",
		Labels: map[string]string{"who": "test"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("booted: %s", time.Since(began))
	conn := v.dial(t, "i-0abc", addr, host.Authorized)
	t.Logf("logged in: %s", time.Since(began))

	run(t, conn, "cloud-init status --wait || { sudo -n cloud-init schema --system; exit 1; }")
	t.Logf("all done: %s", time.Since(began))
	for command, want := range map[string]string{
		"hostname":                            "ip-10-0-0-7",
		"sudo -n id -u":                       "0",
		"ls /etc/ssh/ssh_host_*_key":          "/etc/ssh/ssh_host_ed25519_key",
		"sudo -n ls /root/.ssh/ 2>&1 | wc -l": "1",
		"ls /var/tmp/theirs":                  "/var/tmp/theirs",
		"systemctl is-system-running --wait":  "running",
		metadata:                              "errno 13",
	} {
		if got := run(t, conn, command); got != want {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}
	if got := run(t, conn, "sudo -n "+metadata); got == "errno 13" {
		t.Error("root can't reach the metadata either")
	}
	if keys, err := m.HostKeys(t.Context(), "i-0abc"); err != nil || len(keys) > 0 {
		t.Errorf("host keys %q, %v, of a machine without an agent", keys, err)
	}
	console, err := m.Console(t.Context(), "i-0abc")
	if err != nil || !strings.Contains(string(console), host.Authorized) {
		t.Errorf("%v; the console does not show the host key:\n%s", err, console)
	}

	if err := m.Stop(t.Context(), "i-0abc"); err != nil {
		t.Fatal(err)
	}
	if addr, err = m.Start(t.Context(), "i-0abc"); err != nil {
		t.Fatal(err)
	}
	conn = v.dial(t, "i-0abc", addr, host.Authorized)
	run(t, conn, "sudo -n ls /var/tmp/theirs")
	for range 2 {
		if err := m.Delete(t.Context(), "i-0abc"); err != nil {
			t.Error(err)
		}
	}
}

func TestAgent(t *testing.T) {
	t.Parallel()
	m := open(t)
	v := visitor{m: m, user: newKey(t), name: bootdata.AdminUser}
	boot := sim.Boot{ID: "vm-1", Image: "debian-13", Hostname: "compute001", Network: "default", Agent: &sim.Agent{
		Users:         []sim.AgentUser{{Name: v.name, AuthorizedKey: v.user.Authorized}},
		StartupScript: bootdata.Script(bootdata.Config{Expires: time.Now().Add(time.Hour)}) + "echo boot >>/var/lib/boots\n",
	}}
	addr, err := m.Boot(t.Context(), boot)
	if err != nil {
		t.Fatal(err)
	}
	keys := hostKeys(t, m, "vm-1")
	if len(keys) != 2 {
		t.Errorf("host keys %q, want an ECDSA and an ED25519 one", keys)
	}
	conn := v.dial(t, "vm-1", addr, keys...)
	run(t, conn, "systemctl is-system-running --wait")
	for command, want := range map[string]string{
		"hostname":                       "compute001",
		"sudo -n id -u":                  "0",
		"id -nG":                         bootdata.AdminUser + " google-sudoers",
		"cat /var/lib/boots":             "boot",
		"systemctl is-active cloud-init": "inactive",
		metadata:                         "errno 13",
	} {
		if got, _, _ := conn.Run(t.Context(), command, nil); strings.TrimSpace(string(got)) != want {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}

	if err := m.Stop(t.Context(), "vm-1"); err != nil {
		t.Fatal(err)
	}
	if addr, err = m.Start(t.Context(), "vm-1"); err != nil {
		t.Fatal(err)
	}
	conn = v.dial(t, "vm-1", addr, keys...)
	run(t, conn, "systemctl is-system-running --wait")
	if got := run(t, conn, "wc -l </var/lib/boots"); got != "2" {
		t.Errorf("the startup script does not run at every boot: %q", got)
	}
	if _, err := m.Boot(t.Context(), boot); err == nil {
		t.Error("a machine of this name was booted twice")
	}
}

// hostKeys waits until the agent has published them.
func hostKeys(t *testing.T, m *Machines, id string) []string {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-tick.C {
		keys, err := m.HostKeys(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if len(keys) > 0 {
			return keys
		}
	}
	t.Fatalf("%s publishes no host keys", id)
	return nil
}

// TestNetworks boots a machine that never answers next to one that does, and a
// third on another network.
func TestNetworks(t *testing.T) {
	t.Parallel()
	m := open(t)
	v := visitor{m: m, user: newKey(t), name: bootdata.AdminUser}
	agent := &sim.Agent{Users: []sim.AgentUser{{Name: v.name, AuthorizedKey: v.user.Authorized}}}
	address := map[string]sim.Address{}
	for id, b := range map[string]sim.Boot{
		"one":  {Network: "a/b", Agent: agent},
		"mute": {Network: "a/b", Agent: agent, Silent: true},
		"far":  {Network: "c", Agent: agent},
	} {
		b.ID, b.Hostname, b.Image = id, id, "debian-13"
		addr, err := m.Boot(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		address[id] = addr
	}
	hostKeys(t, m, "far")
	conn := v.dial(t, "one", address["one"], hostKeys(t, m, "one")...)
	reach := func(host string) bool {
		_, _, err := conn.Run(t.Context(), "timeout 1 bash -c 'exec 3<>/dev/tcp/"+host+"/22'", nil)
		return err == nil
	}
	if !reach(address["one"].PrivateIP) {
		t.Error("a machine does not reach its own sshd")
	}
	if reach(address["far"].PrivateIP) {
		t.Error("machines of two networks reach each other")
	}
	run(t, conn, "timeout 5 python3 -c '"+ping+"' "+address["mute"].PrivateIP)
	if reach(address["mute"].PrivateIP) {
		t.Error("a silent machine answers")
	}
	if reach("mute") {
		t.Error("machines find each other by name")
	}
}

// ping sees that a machine is up although its port is closed.
const ping = `
import socket, sys
s = socket.socket()
s.settimeout(2)
sys.exit(s.connect_ex((sys.argv[1], 22)) != 111)`

func TestRefused(t *testing.T) {
	t.Parallel()
	m := open(t)
	for says, b := range map[string]sim.Boot{
		"debian-12 or debian-13": {ID: "x", Image: "rocky-9"},
		"a key is one line":      {ID: "x", Image: "debian-13", Agent: &sim.Agent{Users: []sim.AgentUser{{Name: "a", AuthorizedKey: "b\nc"}}}},
	} {
		if _, err := m.Boot(t.Context(), b); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	if _, err := m.Start(t.Context(), "nobody"); err == nil {
		t.Error("a machine that does not exist was started")
	}
	if _, err := Open(t.Context(), Options{World: "Not_A_Label"}); err == nil {
		t.Error("a world of any name was opened")
	}
}
